// Shapes of panels that more than one place of the boards needs.
import { type Query, type SeriesPanel, type StatPanel, green, red } from "./board.js";
import { metric, quantile } from "./promql.js";

type Said = Pick<SeriesPanel, "title" | "description" | "runbook">;

export function ofEachPc(expr: string): Query {
  return { expr, legend: "{{instance}}" };
}

// The slowest hundredth of what a histogram saw; dashed red from `limit` on.
export function p99(panel: Said & { histogram: string; over: string; limit?: number }): SeriesPanel {
  const { histogram, over, limit, ...said } = panel;
  const steps = limit === undefined ? {} : { steps: [green, red(limit)] };
  const queries: SeriesPanel["queries"] = [{ expr: quantile(0.99, histogram, over), legend: "p99" }];
  return { kind: "series", ...said, unit: "s", queries, ...steps, min: 0 };
}

// How many there are, over time: whole numbers that hold until the next scrape.
export function count(panel: Said & { query: Query }): SeriesPanel {
  const { query, ...said } = panel;
  return { kind: "series", ...said, unit: "none", queries: [query], stepped: true, min: 0, decimals: 0 };
}

// A gauge of each ward PC whose values are shown as words.
export function inWords(panel: Said & { gauge: string; words: NonNullable<StatPanel["words"]> }): StatPanel {
  const { gauge, words, ...said } = panel;
  return { kind: "stat", ...said, unit: "none", queries: [ofEachPc(metric(gauge))], words };
}
