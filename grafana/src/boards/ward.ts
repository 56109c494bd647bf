// Board 1: is the ward safe? What staff would feel first.
import { type BoardSpec, green, orange, red } from "../board.js";
import { count, inWords, ofEachPc } from "../panels.js";
import { metric } from "../promql.js";

export const ward: BoardSpec = {
  uid: "magwatch-ward",
  title: "magwatch 1: Ward safety",
  description: "Whether magwatch watches, rings and is answered. No value of a patient.",
  tags: ["ward"],
  labelsFrom: "magwatch_build_info",
  from: "now-6h",
  refresh: "10s",
  panels: [
    {
      kind: "text",
      title: "What this is",
      description: "Why nobody may wait for this board.",
      runbook: "MagwatchDown",
      content:
        "magwatch is a **second** alarm system: the bedside monitor's own alarms stay primary. This board is for the "
        + "people who look after magwatch. It pages nobody, and it is as late as the scrape.",
    },
    {
      kind: "stat",
      title: "Scraped",
      description: "Whether Prometheus reaches magwatchd. Down: nothing on these boards is true any more.",
      unit: "none",
      runbook: "MagwatchDown",
      queries: [{ expr: metric("up"), legend: "{{instance}}" }],
      words: { 0: { text: "DOWN", color: "red" }, 1: { text: "up", color: "green" } },
      steps: [{ color: "red", value: null }, { color: "green", value: 1 }],
    },
    {
      kind: "stat",
      title: "Evaluation age",
      description: "Time since the rules were last evaluated; the loop never sleeps more than 1 s. Alert above 15 s.",
      unit: "s",
      runbook: "MagwatchNotEvaluating",
      queries: [
        { expr: `time() - ${metric("magwatch_rule_last_evaluation_timestamp_seconds")}`, legend: "{{instance}}" },
      ],
      steps: [green, orange(10), red(15)],
      decimals: 0,
    },
    inWords({
      title: "Configuration",
      description: "Whether the last reload was accepted.",
      runbook: "MagwatchConfigRefused",
      gauge: "magwatch_config_last_reload_successful",
      words: { 0: { text: "REFUSED", color: "red" }, 1: { text: "ok", color: "green" } },
    }),
    inWords({
      title: "Fallback configuration",
      description: "1 while the last good or the built-in configuration runs instead of the present one.",
      runbook: "MagwatchConfigFallback",
      gauge: "magwatch_config_fallback",
      words: { 0: { text: "no", color: "green" }, 1: { text: "FALLBACK", color: "red" } },
    }),
    {
      kind: "stat",
      title: "Calls unanswered",
      description: "Open calls that nobody has answered yet.",
      unit: "none",
      runbook: "MagwatchCallsUnanswered",
      queries: [{ expr: `max(${metric("magwatch_pages_unanswered")})`, legend: "calls" }],
      steps: [green, red(1)],
    },
    {
      kind: "stat",
      title: "Beds watched",
      description: "Beds that are watched, and beds of the configuration.",
      unit: "none",
      runbook: "MagwatchTechnicalAlarm",
      queries: [
        { expr: `sum(${metric("magwatch_beds_watched")})`, legend: "watched" },
        { expr: `sum(${metric("magwatch_beds")})`, legend: "configured" },
      ],
      steps: [{ color: "blue", value: null }],
    },
    inWords({
      title: "Simulation",
      description: "Whether what is scraped is a demo or a replay: then nobody here is a patient.",
      runbook: "MagwatchDown",
      gauge: "magwatch_simulation",
      words: { 0: { text: "ward", color: "green" }, 1: { text: "SIMULATION", color: "purple" } },
    }),
    {
      kind: "stat",
      title: "Version",
      description: "What runs where.",
      unit: "none",
      runbook: "MagwatchDown",
      queries: [{ expr: metric("magwatch_build_info"), legend: "{{instance}}: {{version}}" }],
      words: { 1: { text: "running", color: "blue" } },
    },
    count({
      title: "Open physiological alarms",
      description: "Open alarms of all beds by priority.",
      runbook: "MagwatchBedHighAlarm",
      query: {
        expr: `sum by (priority) (${metric("magwatch_alarms_active", 'kind="physiological"')})`,
        legend: "{{priority}}",
      },
    }),
    count({
      title: "Open technical alarms",
      description: "What magwatch cannot tell, by priority.",
      runbook: "MagwatchTechnicalAlarm",
      query: {
        expr: `sum by (priority) (${metric("magwatch_alarms_active", 'kind="technical"')})`,
        legend: "{{priority}}",
      },
    }),
    count({
      title: "Calls unanswered over time",
      description: "Open calls that nobody has answered, over time.",
      runbook: "MagwatchCallsUnanswered",
      query: ofEachPc(metric("magwatch_pages_unanswered")),
    }),
    count({
      title: "Charted checks overdue",
      description: "Reflexes, urine and other checks that are overdue, over all watched beds.",
      runbook: "MagwatchChecksOverdue",
      query: { expr: `sum by (check) (${metric("magwatch_checks_overdue")})`, legend: "{{check}}" },
    }),
    count({
      title: "Boards with and without sound",
      description: "Boards by whether their browser plays sound, of those that said so in the last 90 s.",
      runbook: "MagwatchBoardSilent",
      query: {
        expr: `sum by (sound) (${metric("magwatch_boards_sound")})`,
        legend: "sound {{sound}}",
      },
    }),
    count({
      title: "Screens and tools connected",
      description: "Open connections to magwatchd's HTTP server: boards, command lines, scrapers.",
      runbook: "MagwatchHttpErrors",
      query: ofEachPc(metric("magwatch_http_connections")),
    }),
    count({
      title: "Outside receivers that hear nothing",
      description: "Receivers of heartbeats that took none of the last three: they will ring.",
      runbook: "MagwatchHeartbeatFailing",
      query: ofEachPc(metric("magwatch_heartbeat_receivers_failing")),
    }),
  ],
};
