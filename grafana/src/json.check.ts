// Proves that the types refuse what Grafana would not understand: each line below must be an error, or `tsc` fails.
import type { DashboardJson, PanelJson, StatJson, TimeSeriesFieldJson } from "./json.js";

export const board: DashboardJson = {
  schemaVersion: 39,
  // @ts-expect-error no such key of a dashboard
  tittle: "a board",
};
export const panel: PanelJson = {
  type: "stat",
  // @ts-expect-error no such mode of thresholds
  fieldConfig: { defaults: { thresholds: { mode: "absolut", steps: [] } }, overrides: [] },
};
// @ts-expect-error no such way to draw a line
export const field: TimeSeriesFieldJson = { lineInterpolation: "curvy" };
// @ts-expect-error not a number
export const title: DashboardJson = { schemaVersion: "39" };
// @ts-expect-error a stat needs more than this
export const options: StatJson = { colorMode: "background" };
