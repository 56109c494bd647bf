// Board 2: what comes in, and what the machine has left.
import { type BoardSpec, green, orange, red } from "../board.js";
import { p99 } from "../panels.js";
import { metric, rate } from "../promql.js";

const polls = "magwatch_device_polls_total";
const bad = `sum by (driver) (${rate(polls, 'result!="ok"')})`;
const refused = `sum by (source) (${rate("magwatch_observations_total", 'result="refused"')})`;
const httpErrors = `sum(${rate("magwatch_http_requests_total", 'code=~"5.."')})`;
const free = metric("magwatch_store_free_bytes");

export const devices: BoardSpec = {
  uid: "magwatch-devices",
  title: "magwatch 2: Devices and polling",
  description: "Devices, sources, delays inside the daemon, and the disk.",
  tags: ["devices"],
  labelsFrom: "magwatch_build_info",
  from: "now-6h",
  refresh: "10s",
  panels: [
    {
      kind: "series",
      title: "Sample age per device",
      description: "Time since the newest sample of each polled device. A device that was never heard shows decades.",
      unit: "s",
      runbook: "MagwatchDeviceSilent",
      queries: [
        {
          expr: `(time() - ${metric("magwatch_device_last_sample_timestamp_seconds")}) `
            + `* on (job, instance, device) group_left (bed) ${metric("magwatch_device_info")}`,
          legend: "{{device}} ({{bed}})",
        },
      ],
      steps: [green, orange(30), red(60)],
      min: 0,
    },
    {
      kind: "series",
      title: "Poll error ratio by driver",
      description: "Polls that did not give a whole, good answer.",
      unit: "percentunit",
      runbook: "MagwatchPollErrors",
      queries: [{ expr: `${bad} / sum by (driver) (${rate(polls)})`, legend: "{{driver}}" }],
      steps: [green, red(0.2)],
      min: 0,
    },
    {
      kind: "series",
      title: "Poll results",
      description: "Polls per second by how they ended.",
      unit: "short",
      runbook: "MagwatchPollErrors",
      queries: [{ expr: `sum by (result) (${rate(polls)})`, legend: "{{result}}" }],
      stacked: true,
      min: 0,
    },
    {
      kind: "series",
      title: "Values refused, by source",
      description:
        "Share of a source's values that magwatch refused: unknown unit, code or bed, "
        + "implausible, too late.",
      unit: "percentunit",
      runbook: "MagwatchValuesRefused",
      queries: [
        { expr: `${refused} / sum by (source) (${rate("magwatch_observations_total")})`, legend: "{{source}}" },
      ],
      steps: [green, red(0.1)],
      min: 0,
    },
    {
      kind: "series",
      title: "Refusals, by reason",
      description: "Why values were refused, per second.",
      unit: "short",
      runbook: "MagwatchValuesRefused",
      queries: [{ expr: `sum by (reason) (${rate("magwatch_refused_total")})`, legend: "{{reason}}" }],
      stacked: true,
      min: 0,
    },
    {
      kind: "series",
      title: "HL7 messages and acknowledgements",
      description: "Messages per second, those seen before, and acknowledgements by code. AE and AR are refusals.",
      unit: "short",
      runbook: "MagwatchHl7Rejected",
      queries: [
        { expr: `sum(${rate("magwatch_hl7_messages_total")})`, legend: "messages" },
        { expr: `sum(${rate("magwatch_hl7_duplicates_total")})`, legend: "seen before" },
        { expr: `sum by (code) (${rate("magwatch_hl7_acks_total")})`, legend: "{{code}}" },
      ],
      min: 0,
    },
    {
      kind: "series",
      title: "Connections",
      description: "Open connections of HL7 senders, of HTTP clients, and of gateways that call back.",
      unit: "none",
      runbook: "MagwatchHl7Rejected",
      queries: [
        { expr: `sum(${metric("magwatch_hl7_connections")})`, legend: "HL7" },
        { expr: `sum(${metric("magwatch_http_connections")})`, legend: "HTTP" },
        { expr: `sum(${metric("magwatch_callback_connections")})`, legend: "callbacks" },
      ],
      stepped: true,
      min: 0,
    },
    p99({
      title: "Rule pass p99",
      description: "Time of one step of the ward: every rule that one input touches.",
      runbook: "MagwatchRulesSlow",
      histogram: "magwatch_rule_evaluation_duration_seconds",
      over: "5m",
      limit: 0.01,
    }),
    p99({
      title: "Main loop late p99",
      description: "How much later than due a turn of the main loop came.",
      runbook: "MagwatchLoopSlow",
      histogram: "magwatch_loop_lag_seconds",
      over: "5m",
      limit: 0.5,
    }),
    p99({
      title: "Journal commit p99",
      description: "Time of one commit of the journal. Above 200 ms a page goes out before its record is on disk.",
      runbook: "MagwatchCommitSlow",
      histogram: "magwatch_journal_commit_duration_seconds",
      over: "5m",
      limit: 0.2,
    }),
    {
      kind: "series",
      title: "HTTP 5xx ratio",
      description: "Requests that magwatchd itself could not answer.",
      unit: "percentunit",
      runbook: "MagwatchHttpErrors",
      queries: [{ expr: `${httpErrors} / sum(${rate("magwatch_http_requests_total")})`, legend: "5xx" }],
      steps: [green, red(0.05)],
      min: 0,
    },
    {
      kind: "series",
      title: "Connections and callbacks turned away",
      description:
        "Requests and HL7 connections turned away or closed, by reason, and callbacks by result, per second.",
      unit: "short",
      runbook: "MagwatchCallbacksRefused",
      queries: [
        { expr: `sum by (reason) (${rate("magwatch_http_refused_total")})`, legend: "HTTP: {{reason}}" },
        { expr: `sum by (reason) (${rate("magwatch_hl7_refused_total")})`, legend: "HL7: {{reason}}" },
        { expr: `sum by (result) (${rate("magwatch_callbacks_total")})`, legend: "callback: {{result}}" },
      ],
      min: 0,
    },
    {
      kind: "stat",
      title: "Disk free",
      description: "Share of the journal's file system that is free. Below 10 % the history shrinks.",
      unit: "percentunit",
      runbook: "MagwatchStoreLow",
      queries: [{ expr: `${free} / ${metric("magwatch_store_size_bytes")}`, legend: "{{instance}}" }],
      steps: [{ color: "red", value: null }, orange(0.1), { color: "green", value: 0.2 }],
    },
    {
      kind: "stat",
      title: "Disk in 4 days",
      description: "Free space in four days if it goes on as in the last six hours; red below nothing.",
      unit: "bytes",
      runbook: "MagwatchStoreFillsUp",
      queries: [{ expr: `predict_linear(${free}[6h], 4*24*3600)`, legend: "{{instance}}" }],
      steps: [{ color: "red", value: null }, { color: "green", value: 0 }],
    },
    {
      kind: "stat",
      title: "Running since",
      description: "When this process started.",
      unit: "dateTimeFromNow",
      runbook: "MagwatchRestarting",
      queries: [{ expr: `${metric("process_start_time_seconds")} * 1000`, legend: "{{instance}}" }],
      steps: [{ color: "blue", value: null }],
    },
    {
      kind: "stat",
      title: "Values and log lines dropped",
      description: "Values that a newer one of the same bed and signal replaced unseen in the last hour, and log "
        + "entries that did not fit or came too often.",
      unit: "short",
      runbook: "MagwatchLoopSlow",
      queries: [
        { expr: `sum(increase(${metric("magwatch_inbox_dropped_total")}[1h]))`, legend: "values" },
        { expr: `sum(increase(${metric("magwatch_log_dropped_total")}[1h]))`, legend: "log" },
      ],
      steps: [green, orange(1)],
      decimals: 0,
    },
    {
      kind: "series",
      title: "Memory and files",
      description: "Resident memory of magwatchd.",
      unit: "bytes",
      runbook: "MagwatchRestarting",
      queries: [{ expr: metric("process_resident_memory_bytes"), legend: "{{instance}}" }],
      min: 0,
    },
    {
      kind: "series",
      title: "Processor",
      description: "Share of one core that magwatchd takes.",
      unit: "percentunit",
      runbook: "MagwatchLoopSlow",
      queries: [{ expr: rate("process_cpu_seconds_total"), legend: "{{instance}}" }],
      min: 0,
    },
    {
      kind: "series",
      title: "Open files",
      description: "Open file descriptors, as a share of the limit.",
      unit: "percentunit",
      runbook: "MagwatchHttpErrors",
      queries: [{ expr: `${metric("process_open_fds")} / ${metric("process_max_fds")}`, legend: "{{instance}}" }],
      min: 0,
      max: 1,
    },
    {
      kind: "series",
      title: "Heartbeats",
      description: "Heartbeats that outside receivers took, and those that failed, per second.",
      unit: "short",
      runbook: "MagwatchHeartbeatFailing",
      queries: [
        { expr: `sum(${rate("magwatch_heartbeats_taken_total")})`, legend: "taken" },
        { expr: `sum(${rate("magwatch_heartbeats_failed_total")})`, legend: "failed" },
      ],
      min: 0,
    },
  ],
};
