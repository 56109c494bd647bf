// Grafana's types as they stand in a file: their string enums are literals there.
import type { Dashboard, Panel, VariableModel } from "@grafana/schema";
import type {
  Options as StatOptions,
} from "@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen";
import type {
  Options as TextOptions,
} from "@grafana/schema/dist/esm/raw/composable/text/panelcfg/x/TextPanelCfg_types.gen";
import type {
  FieldConfig as TimeSeriesFieldConfig,
  Options as TimeSeriesOptions,
} from "@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen";

export type Json<T> = T extends string
  ? `${T}`
  : T extends number | boolean | null | undefined
    ? T
    : T extends readonly (infer Item)[]
      ? Json<Item>[]
      : T extends object
        ? { [Key in keyof T]: Json<T[Key]> }
        : T;

export type DashboardJson = Json<Dashboard>;
export type PanelJson = Json<Panel>;
export type VariableJson = Json<VariableModel>;
export type StatJson = Json<StatOptions>;
export type TextJson = Json<TextOptions>;
export type TimeSeriesJson = Json<TimeSeriesOptions>;
export type TimeSeriesFieldJson = Json<TimeSeriesFieldConfig>;

// What the schema package leaves open: one query of the Prometheus data source.
export interface PrometheusQuery {
  refId: string;
  datasource: { type: "prometheus"; uid: "${datasource}" };
  expr: string;
  legendFormat: string;
  instant: boolean;
  range: boolean;
}
