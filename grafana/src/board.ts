// A dashboard from a list of panels: places them left to right, names their queries, and adds what every one has.
import type { AlertName } from "./alerts.js";
import type {
  DashboardJson,
  PanelJson,
  PrometheusQuery,
  StatJson,
  TextJson,
  TimeSeriesFieldJson,
  TimeSeriesJson,
  VariableJson,
} from "./json.js";

// Where the manuals stand. Sites put their own address here: docs/OBSERVABILITY.md.
export const manuals = "https://magwatch.example/docs";
export function runbook(name: string): string {
  return `${manuals}/runbooks/${name}.html`;
}

// Units as Grafana names them.
export type Unit =
  | "none" | "short" | "s" | "percentunit" | "percent" | "bytes" | "dateTimeFromNow" | "bool_yes_no" | "celsius"
  | "pressuremmhg" | "suffix:/min" | "suffix:g/h" | "suffix:g" | "suffix:mmol/L";

export interface Query {
  expr: string;
  legend: string;
}
type Step = NonNullable<NonNullable<NonNullable<PanelJson["fieldConfig"]>["defaults"]["thresholds"]>["steps"]>[number];

interface Common {
  title: string;
  description: string;
  unit: Unit;
  // What to read when the panel looks wrong.
  runbook: AlertName;
  queries: readonly [Query, ...Query[]];
  // Colours from a value on; the first holds below all others.
  steps?: Step[];
  width?: number;
  height?: number;
  decimals?: number;
  min?: number;
  max?: number;
}
export interface StatPanel extends Common {
  kind: "stat";
  words?: Record<string, { text: string; color: string }>;
}
export interface SeriesPanel extends Common {
  kind: "series";
  stacked?: boolean;
  stepped?: boolean;
  // Names of two series between which the graph is filled: from the first up to the second.
  band?: readonly [string, string];
}
export interface TextPanel {
  kind: "text";
  title: string;
  description: string;
  runbook: AlertName;
  content: string;
  height?: number;
}
export type PanelSpec = StatPanel | SeriesPanel | TextPanel;

export interface BoardSpec {
  uid: string;
  title: string;
  description: string;
  tags: string[];
  // A metric that every instance of the job has.
  labelsFrom: string;
  // Adds the variable "bed", and lets everything be chosen once.
  oneBed?: boolean;
  from: string;
  refresh: string;
  panels: readonly PanelSpec[];
}

export const green: Step = { color: "green", value: null };
export function orange(value: number): Step {
  return { color: "orange", value };
}
export function red(value: number): Step {
  return { color: "red", value };
}

const source = { type: "prometheus", uid: "${datasource}" } as const;
const columns = 24;

function targets(spec: StatPanel | SeriesPanel): PrometheusQuery[] {
  return spec.queries.map((query, index) => ({
    refId: String.fromCharCode("A".charCodeAt(0) + index),
    datasource: source,
    expr: query.expr,
    legendFormat: query.legend,
    instant: spec.kind === "stat",
    range: spec.kind === "series",
  }));
}

function statOptions(): StatJson {
  return {
    colorMode: "background",
    graphMode: "none",
    justifyMode: "auto",
    orientation: "auto",
    percentChangeColorMode: "standard",
    reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false },
    showPercentChange: false,
    textMode: "value_and_name",
    wideLayout: true,
  };
}

function seriesOptions(): TimeSeriesJson {
  return {
    legend: { calcs: ["lastNotNull", "max"], displayMode: "table", placement: "bottom", showLegend: true },
    tooltip: { mode: "multi", sort: "desc" },
  };
}

function seriesField(spec: SeriesPanel): TimeSeriesFieldJson {
  return {
    drawStyle: "line",
    lineInterpolation: spec.stepped === true ? "stepAfter" : "linear",
    lineWidth: 1,
    fillOpacity: spec.stacked === true ? 30 : 0,
    // A gap is a gap: nothing is drawn over what nobody measured.
    spanNulls: false,
    showPoints: "auto",
    stacking: { mode: spec.stacked === true ? "normal" : "none", group: "A" },
    thresholdsStyle: { mode: spec.steps === undefined ? "off" : "dashed" },
  };
}

function fieldConfig(spec: StatPanel | SeriesPanel): NonNullable<PanelJson["fieldConfig"]> {
  const words = spec.kind === "stat" ? spec.words : undefined;
  const band = spec.kind === "series" ? spec.band : undefined;
  return {
    defaults: {
      unit: spec.unit,
      ...(spec.decimals === undefined ? {} : { decimals: spec.decimals }),
      ...(spec.min === undefined ? {} : { min: spec.min }),
      ...(spec.max === undefined ? {} : { max: spec.max }),
      color: { mode: spec.kind === "stat" ? "thresholds" : "palette-classic" },
      thresholds: { mode: "absolute", steps: spec.steps ?? [green] },
      ...(words === undefined ? {} : { mappings: [{ type: "value", options: words }] }),
      ...(spec.kind === "series" ? { custom: { ...seriesField(spec) } } : {}),
    },
    overrides:
      band === undefined
        ? []
        : [
            {
              matcher: { id: "byName", options: band[1] },
              properties: [
                { id: "custom.fillBelowTo", value: band[0] },
                { id: "custom.fillOpacity", value: 20 },
              ],
            },
          ],
  };
}

function panel(spec: PanelSpec, id: number, gridPos: { x: number; y: number; w: number; h: number }): PanelJson {
  const common = {
    id,
    title: spec.title,
    description: spec.description,
    gridPos,
    links: [
      {
        title: "Runbook",
        type: "link" as const,
        url: runbook(spec.runbook),
        icon: "doc",
        tooltip: "What it means and what to do",
        tags: [],
        asDropdown: false,
        targetBlank: true,
        includeVars: false,
        keepTime: false,
      },
    ],
  };
  if (spec.kind === "text") {
    const options: TextJson = { mode: "markdown", content: spec.content };
    return { ...common, type: "text", options: { ...options } };
  }
  const options = spec.kind === "stat" ? statOptions() : seriesOptions();
  return {
    ...common,
    type: spec.kind === "stat" ? "stat" : "timeseries",
    datasource: source,
    targets: targets(spec).map((target) => ({ ...target })),
    fieldConfig: fieldConfig(spec),
    options: { ...options },
  };
}

function size(spec: PanelSpec): { w: number; h: number } {
  if (spec.kind === "text") return { w: columns, h: spec.height ?? 3 };
  if (spec.kind === "stat") return { w: spec.width ?? 6, h: spec.height ?? 4 };
  return { w: spec.width ?? 12, h: spec.height ?? 8 };
}

function place(specs: readonly PanelSpec[]): PanelJson[] {
  let x = 0;
  let y = 0;
  let tallest = 0;
  return specs.map((spec, index) => {
    const { w, h } = size(spec);
    if (x + w > columns) {
      x = 0;
      y += tallest;
      tallest = 0;
    }
    const made = panel(spec, index + 1, { x, y, w, h });
    x += w;
    tallest = Math.max(tallest, h);
    return made;
  });
}

function labelVariable(name: string, label: string, description: string, query: string, one: boolean): VariableJson {
  return {
    name,
    label,
    description,
    type: "query",
    datasource: source,
    query: { query, refId: `variable-${name}` },
    refresh: 2,
    sort: 1,
    hide: 0,
    ...(one
      ? { includeAll: false, multi: false }
      : {
          includeAll: true,
          multi: true,
          allValue: ".+",
          current: { selected: true, text: ["All"], value: ["$__all"] },
        }),
  };
}

function variables(spec: BoardSpec): VariableJson[] {
  const from = spec.labelsFrom;
  // Two beds in one graph are two patients mixed up: there one of each is chosen.
  const oneBed = spec.oneBed === true;
  const list: VariableJson[] = [
    {
      name: "datasource",
      label: "Data source",
      description: "The Prometheus that scrapes magwatch",
      type: "datasource",
      query: "prometheus",
      refresh: 1,
      includeAll: false,
      multi: false,
      hide: 0,
    },
    labelVariable("job", "Job", "Job of the scrape", `label_values(${from}, job)`, oneBed),
    labelVariable("instance", "Ward PC", "One magwatchd", `label_values(${from}{job=~"$job"}, instance)`, oneBed),
  ];
  if (oneBed)
    list.push(labelVariable("bed", "Bed", "A bed by its alias",
      `label_values(${from}{job=~"$job",instance=~"$instance"}, bed)`, true));
  return list;
}

export function dashboard(spec: BoardSpec): DashboardJson {
  return {
    uid: spec.uid,
    title: spec.title,
    description: spec.description,
    tags: ["magwatch", ...spec.tags],
    schemaVersion: 39,
    editable: false,
    graphTooltip: 1,
    refresh: spec.refresh,
    time: { from: spec.from, to: "now" },
    timezone: "browser",
    templating: { list: variables(spec) },
    annotations: { list: [] },
    links: [
      {
        title: "magwatch",
        type: "dashboards",
        tags: ["magwatch"],
        icon: "external link",
        tooltip: "The other boards of magwatch",
        url: "",
        asDropdown: true,
        targetBlank: false,
        includeVars: false,
        keepTime: true,
      },
    ],
    panels: place(spec.panels),
  };
}
