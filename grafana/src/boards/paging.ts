// Board 3: how good alarms and pages are, over days.
import { type BoardSpec, green, orange, red } from "../board.js";
import { p99 } from "../panels.js";
import { increase, metric, quantile } from "../promql.js";

const acknowledged = "magwatch_alarm_acknowledge_delay_seconds_bucket";

export const paging: BoardSpec = {
  uid: "magwatch-paging",
  title: "magwatch 3: Alarms and paging quality",
  description: "Too many alarms are as dangerous as too few: how many, how soon somebody came, and what channels do.",
  tags: ["paging"],
  labelsFrom: "magwatch_build_info",
  from: "now-7d",
  refresh: "1m",
  panels: [
    {
      kind: "series",
      title: "Time to acknowledge p95",
      description: "From an alarm raised to its first acknowledgement, over a day. An acknowledgement of a high alarm "
        + "is asked for within 3 min.",
      unit: "s",
      runbook: "MagwatchAcknowledgeSlow",
      queries: [
        {
          expr: `histogram_quantile(0.95, sum by (le, priority) (${increase(acknowledged, "1d")}))`,
          legend: "{{priority}}",
        },
      ],
      steps: [green, red(180)],
      min: 0,
    },
    {
      kind: "series",
      title: "Alarms per rule and day",
      description: "How often each rule rang in the last 24 h. A rule that rings all day is not believed any more.",
      unit: "short",
      runbook: "MagwatchAlarmFlood",
      queries: [{ expr: `sum by (rule) (${increase("magwatch_alarms_raised_total", "1d")})`, legend: "{{rule}}" }],
      min: 0,
    },
    {
      kind: "series",
      title: "Alarms in 10 min",
      description: "More than ten in ten minutes are more than one person can work through (ISA-18.2).",
      unit: "short",
      runbook: "MagwatchAlarmFlood",
      queries: [
        { expr: `sum by (kind) (${increase("magwatch_alarms_raised_total", "10m")})`, legend: "{{kind}}" },
      ],
      steps: [green, red(10)],
      stacked: true,
      min: 0,
    },
    {
      kind: "series",
      title: "Alarms per watched bed and day",
      description: "Alarms that page (medium and high) in the last 24 h, for each bed that is watched now.",
      unit: "short",
      runbook: "MagwatchAlarmFlood",
      queries: [
        {
          expr: `sum by (kind) (${increase("magwatch_alarms_raised_total", "1d", 'priority!="low"')}) `
            + `/ on () group_left () clamp_min(sum(${metric("magwatch_beds_watched")}), 1)`,
          legend: "{{kind}}",
        },
      ],
      min: 0,
    },
    {
      kind: "series",
      title: "Pages by result",
      description: "Pages of the last hour by channel and what became of them.",
      unit: "short",
      runbook: "MagwatchPagesFailing",
      queries: [
        {
          expr: `sum by (channel, result) (${increase("magwatch_pages_total", "1h")})`,
          legend: "{{channel}}: {{result}}",
        },
      ],
      stacked: true,
      min: 0,
    },
    {
      kind: "series",
      title: "Page delivery p95",
      description: "From a page decided to the channel's word that it took it.",
      unit: "s",
      runbook: "MagwatchPageDeliverySlow",
      queries: [
        { expr: quantile(0.95, "magwatch_page_delivery_duration_seconds", "1h", ["channel"]), legend: "{{channel}}" },
      ],
      steps: [green, red(30)],
      min: 0,
    },
    p99({
      title: "Page hand-over p99",
      description: "From a value read or received to the page that it caused handed to its channel.",
      runbook: "MagwatchCommitSlow",
      histogram: "magwatch_page_handoff_duration_seconds",
      over: "1h",
    }),
    {
      kind: "stat",
      title: "Calcium gluconate steps, 7 days",
      description: "Steps of the calcium gluconate checklist that were done, and that staff marked as not done.",
      unit: "short",
      runbook: "MagwatchAcknowledgeSlow",
      queries: [
        {
          expr: `sum by (outcome) (${increase("magwatch_prompt_steps_total", "7d", 'prompt="calcium_gluconate"')})`,
          legend: "{{outcome}}",
        },
      ],
      steps: [{ color: "blue", value: null }],
      width: 12,
      height: 8,
      decimals: 0,
    },
    {
      kind: "stat",
      title: "Calls unanswered now",
      description: "Open calls that nobody has answered.",
      unit: "none",
      runbook: "MagwatchCallsUnanswered",
      queries: [{ expr: metric("magwatch_pages_unanswered"), legend: "{{instance}}" }],
      steps: [green, orange(1)],
      width: 12,
    },
    {
      kind: "stat",
      title: "Certificates of peers end in",
      description: "Time until the certificate of each peer of pages and heartbeats ends. None: nothing is encrypted.",
      unit: "s",
      runbook: "MagwatchCertificateEnds",
      queries: [
        { expr: `${metric("magwatch_certificate_expiry_timestamp_seconds")} - time()`, legend: "{{host}}" },
      ],
      steps: [{ color: "red", value: null }, orange(24 * 3600), { color: "green", value: 14 * 24 * 3600 }],
      width: 12,
    },
    {
      kind: "stat",
      title: "Callbacks not proven, 1 day",
      description:
        "Callbacks that were not proven to come from their gateway, or came from an "
        + "address that is not listed.",
      unit: "short",
      runbook: "MagwatchCallbacksRefused",
      queries: [
        {
          expr: `sum by (result) (${increase("magwatch_callbacks_total", "1d", 'result=~"proof|peer"')})`,
          legend: "{{result}}",
        },
      ],
      steps: [green, orange(1)],
      width: 12,
      decimals: 0,
    },
  ],
};
