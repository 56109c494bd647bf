// Alert rules, each with the test that shows when it fires and when it does not.
//
// Prometheus is later than magwatch and knows less: these alerts tell engineers that magwatch does not work, or that
// nobody answers it. They page nobody for a patient, and their texts hold no value and no name.

export type Severity = "critical" | "warning" | "info" | "none";
export type Labels = Record<string, string>;

export interface Case {
  // Series as promtool writes them: selector -> values, one a 15 s.
  series: Record<string, string>;
  // When it is looked at, and with which labels it fires then: [] = not.
  at: readonly (readonly [time: string, fires: readonly Labels[]])[];
}

export interface Alert {
  // In PromQL: fires for each series that is left.
  expr: string;
  hold: string;
  severity: Severity;
  // One line; {{ $labels.x }} is replaced.
  summary: string;
  description: string;
  tests: readonly [Case, ...Case[]];
}

const ward: Labels = { job: "magwatch", instance: "ward" };
const clinical: Labels = { job: "magwatch-clinical", instance: "ward" };
const w = 'job="magwatch",instance="ward"';
const k = 'job="magwatch-clinical",instance="ward"';
const certificate = "magwatch_certificate_expiry_timestamp_seconds";

// A gauge that is fine, and at 5 min is not.
function gauge(name: string, good: number, bad: number, matchers = w): Record<string, string> {
  return { [`${name}{${matchers}}`]: `${String(good)}x19 ${String(bad)}x300` };
}

// A histogram whose every observation lies above `under` and at most `to`: one a second.
function histogram(name: string, buckets: readonly string[], above: string, matchers = w): Record<string, string> {
  const at = buckets.indexOf(above);
  const made: Record<string, string> = {};
  [...buckets, "+Inf"].forEach((le, index) => {
    made[`${name}_bucket{${matchers},le="${le}"}`] = index > at ? "0+15x400" : "0x400";
  });
  return made;
}

function quantile(q: number, name: string, over: string, by = ""): string {
  return `histogram_quantile(${String(q)}, sum by (job, instance, ${by}le) (rate(${name}_bucket[${over}])))`;
}

export const alerts = {
  MagwatchWatchdog: {
    expr: "vector(1)",
    hold: "0s",
    severity: "none",
    summary: "Prometheus, Alertmanager and the way out of here work",
    description:
      "Always firing. Send it to a dead-man check outside of this hospital's network that rings when it stops coming.",
    tests: [{ series: {}, at: [["0s", [{}]], ["1h", [{}]]] }],
  },
  MagwatchDown: {
    expr: 'up{job="magwatch"} == 0',
    hold: "30s",
    severity: "critical",
    summary: "magwatchd on {{ $labels.instance }} cannot be reached",
    description:
      "Two scrapes failed: the daemon, its PC or the network is gone. The bedside monitors' own "
      + "alarms are all there is.",
    tests: [
      {
        series: { [`up{${w}}`]: "1x19 0x40" },
        at: [["4m45s", []], ["5m15s", []], ["5m45s", [ward]]],
      },
      { series: { [`up{${w}}`]: "1x19 0 1x40" }, at: [["6m", []]] },
    ],
  },
  MagwatchAbsent: {
    expr: 'absent(up{job="magwatch"})',
    hold: "1m",
    severity: "critical",
    summary: "Prometheus does not scrape any magwatchd",
    description: "No target of the job \"magwatch\" is known: the configuration of Prometheus lost it.",
    tests: [
      { series: { [`up{${w}}`]: "1x19 _x60" }, at: [["10m30s", []], ["12m", [{ job: "magwatch" }]]] },
      // Down is another alert.
      { series: { [`up{${w}}`]: "0x60" }, at: [["12m", []]] },
    ],
  },
  MagwatchNotEvaluating: {
    expr: "time() - magwatch_rule_last_evaluation_timestamp_seconds > 15",
    hold: "10s",
    severity: "critical",
    summary: "magwatchd on {{ $labels.instance }} answers but has not evaluated its rules for 15 s",
    description: "The main loop stands still: no alarm is decided and none escalates.",
    tests: [
      {
        series: { [`magwatch_rule_last_evaluation_timestamp_seconds{${w}}`]: "0+15x20 300x40" },
        at: [["5m15s", []], ["5m30s", []], ["5m45s", [ward]]],
      },
    ],
  },
  MagwatchTrialAlarmLate: {
    // A daemon without this metric never shows that its pages would leave.
    expr:
      "time() - magwatch_canary_last_success_timestamp_seconds > 180"
      + ' or up{job="magwatch"} == 1 unless on(job, instance) magwatch_canary_last_success_timestamp_seconds',
    hold: "1m",
    severity: "critical",
    summary: "magwatchd on {{ $labels.instance }} does not carry its own trial alarm to where pages leave",
    description: "The way of a page is tried once a minute by an alarm about nobody. Three of them did not come out.",
    tests: [
      {
        series: {
          [`up{${w}}`]: "1x60",
          [`magwatch_canary_last_success_timestamp_seconds{${w}}`]: "0+15x20 300x40",
        },
        at: [["8m", []], ["8m45s", []], ["9m15s", [ward]]],
      },
      { series: { [`up{${w}}`]: "1x60" }, at: [["45s", []], ["1m15s", [ward]]] },
      // Down is another alert.
      { series: { [`up{${w}}`]: "0x60" }, at: [["12m", []]] },
    ],
  },
  MagwatchCallsUnanswered: {
    expr: "magwatch_pages_unanswered > 0",
    hold: "5m",
    severity: "critical",
    summary: "A call of {{ $labels.instance }} has gone unanswered for 5 min",
    description: "magwatch rings the last rung again and again, and nobody says that they come.",
    tests: [
      {
        series: gauge("magwatch_pages_unanswered", 0, 1),
        at: [["9m45s", []], ["10m15s", [ward]]],
      },
    ],
  },
  MagwatchBedCallUnanswered: {
    expr: "magwatch_clinical_calls_unanswered > 0",
    hold: "3m",
    severity: "critical",
    summary: "Nobody has answered the call of {{ $labels.bed }} for 3 min",
    description: "Go or send somebody. Only where /metrics/clinical is scraped.",
    tests: [
      {
        series: {
          ...gauge("magwatch_clinical_calls_unanswered", 0, 1, `${k},bed="bed-3"`),
          ...gauge("magwatch_clinical_calls_unanswered", 0, 0, `${k},bed="bed-4"`),
        },
        at: [["7m45s", []], ["8m15s", [{ ...clinical, bed: "bed-3" }]]],
      },
    ],
  },
  MagwatchBedHighAlarm: {
    expr: 'magwatch_clinical_alarms_active{kind="physiological",priority="high"} > 0',
    hold: "15m",
    severity: "warning",
    summary: "A high alarm of {{ $labels.bed }} has been open for 15 min",
    description: "Somebody may be at the bed: ask. Only where /metrics/clinical is scraped.",
    tests: [
      {
        series: {
          ...gauge("magwatch_clinical_alarms_active", 0, 1, `${k},bed="bed-3",kind="physiological",priority="high"`),
          ...gauge("magwatch_clinical_alarms_active", 0, 1, `${k},bed="bed-4",kind="technical",priority="high"`),
          ...gauge("magwatch_clinical_alarms_active", 0, 1, `${k},bed="bed-5",kind="physiological",priority="medium"`),
        },
        at: [
          ["19m45s", []],
          ["20m15s", [{ ...clinical, bed: "bed-3", kind: "physiological", priority: "high" }]],
        ],
      },
    ],
  },
  MagwatchChecksOverdue: {
    expr: "magwatch_checks_overdue > 0",
    hold: "15m",
    severity: "warning",
    summary: "The check \"{{ $labels.check }}\" has been overdue on {{ $labels.instance }} for 15 min",
    description: "Without charted checks magwatch cannot see weak reflexes or low urine: is the ward short of staff?",
    tests: [
      {
        series: gauge("magwatch_checks_overdue", 0, 2, `${w},check="reflex"`),
        at: [["19m45s", []], ["20m15s", [{ ...ward, check: "reflex" }]]],
      },
    ],
  },
  MagwatchTechnicalAlarm: {
    expr: 'sum by (job, instance) (magwatch_alarms_active{kind="technical",priority=~"medium|high"}) > 0',
    hold: "10m",
    severity: "warning",
    summary: "A technical alarm of {{ $labels.instance }} has been open for 10 min",
    description: "magwatch says that it cannot tell something, and nobody has mended it.",
    tests: [
      {
        series: gauge("magwatch_alarms_active", 0, 1, `${w},kind="technical",priority="medium"`),
        at: [["14m45s", []], ["15m15s", [ward]]],
      },
      {
        series: {
          ...gauge("magwatch_alarms_active", 0, 1, `${w},kind="technical",priority="low"`),
          ...gauge("magwatch_alarms_active", 0, 1, `${w},kind="physiological",priority="high"`),
        },
        at: [["20m", []]],
      },
    ],
  },
  MagwatchDeviceSilent: {
    expr:
      "(time() - magwatch_device_last_sample_timestamp_seconds > 60) "
      + "* on (job, instance, device) group_left (bed) magwatch_device_info",
    hold: "30s",
    severity: "warning",
    summary: "{{ $labels.device }} of {{ $labels.bed }} has given no sample for 60 s",
    description: "magwatch raises a technical alarm of its own. Cable, power, network, or the device's own interface.",
    tests: [
      {
        series: {
          [`magwatch_device_last_sample_timestamp_seconds{${w},device="monitor-3"}`]: "0+15x20 300x60",
          [`magwatch_device_last_sample_timestamp_seconds{${w},device="monitor-4"}`]: "0+15x80",
          [`magwatch_device_info{${w},device="monitor-3",driver="modbus",bed="bed-3"}`]: "1x80",
          [`magwatch_device_info{${w},device="monitor-4",driver="modbus",bed="bed-4"}`]: "1x80",
        },
        at: [
          ["6m", []],
          ["6m30s", []],
          ["6m45s", [{ ...ward, device: "monitor-3", bed: "bed-3" }]],
        ],
      },
    ],
  },
  MagwatchPollErrors: {
    expr:
      'sum by (job, instance, driver) (rate(magwatch_device_polls_total{result!="ok"}[5m])) '
      + "/ sum by (job, instance, driver) (rate(magwatch_device_polls_total[5m])) > 0.2",
    hold: "10m",
    severity: "warning",
    summary: "More than one in five polls by {{ $labels.driver }} of {{ $labels.instance }} fails",
    description: "Devices answer badly or not at all. Values become rare before they are lost.",
    tests: [
      {
        series: {
          [`magwatch_device_polls_total{${w},device="m",driver="modbus",result="ok"}`]: "0+15x200",
          [`magwatch_device_polls_total{${w},device="m",driver="modbus",result="timeout"}`]: "0x20 0+5x180",
        },
        at: [["15m", []], ["25m", [{ ...ward, driver: "modbus" }]]],
      },
      {
        series: {
          [`magwatch_device_polls_total{${w},device="m",driver="modbus",result="ok"}`]: "0+15x200",
          [`magwatch_device_polls_total{${w},device="m",driver="modbus",result="timeout"}`]: "0+2x200",
        },
        at: [["25m", []]],
      },
    ],
  },
  MagwatchValuesRefused: {
    expr:
      'sum by (job, instance, source) (rate(magwatch_observations_total{result="refused"}[15m])) '
      + "/ sum by (job, instance, source) (rate(magwatch_observations_total[15m])) > 0.1",
    hold: "15m",
    severity: "warning",
    summary: "More than one in ten values of {{ $labels.source }} is refused",
    description:
      "Unknown unit, code or bed, an implausible value, or too late: the reason is in "
      + "magwatch_refused_total.",
    tests: [
      {
        series: {
          [`magwatch_observations_total{${w},source="gateway",result="accepted"}`]: "0+15x300",
          [`magwatch_observations_total{${w},source="gateway",result="refused"}`]: "0x20 0+3x280",
        },
        at: [["15m", []], ["40m", [{ ...ward, source: "gateway" }]]],
      },
      {
        series: {
          [`magwatch_observations_total{${w},source="gateway",result="accepted"}`]: "0+15x300",
          [`magwatch_observations_total{${w},source="gateway",result="refused"}`]: "0+1x300",
        },
        at: [["40m", []]],
      },
    ],
  },
  MagwatchPagesFailing: {
    expr: 'sum by (job, instance, channel) (increase(magwatch_pages_total{result="failed"}[10m])) > 0',
    hold: "0s",
    severity: "critical",
    summary: "Pages by {{ $labels.channel }} fail on {{ $labels.instance }}",
    description:
      "magwatch goes on with the person's next channel and the next rung. Test it: "
      + "magwatch page test --to PERSON.",
    tests: [
      {
        series: {
          [`magwatch_pages_total{${w},channel="smtp",result="failed"}`]: "0x19 1x100",
          [`magwatch_pages_total{${w},channel="webhook",result="accepted"}`]: "0+1x120",
        },
        at: [["4m45s", []], ["5m15s", [{ ...ward, channel: "smtp" }]], ["20m", []]],
      },
    ],
  },
  MagwatchPageDeliverySlow: {
    expr: `${quantile(0.95, "magwatch_page_delivery_duration_seconds", "1h", "channel, ")} > 30`,
    hold: "5m",
    severity: "warning",
    summary: "Pages by {{ $labels.channel }} take more than 30 s to be taken",
    description: "The channel is slow to say that it has a page. After 20 s magwatch uses the person's next channel.",
    tests: [
      {
        series: histogram("magwatch_page_delivery_duration_seconds", ["20", "30", "60"], "30", `${w},channel="smtp"`),
        at: [["4m", []], ["10m", [{ ...ward, channel: "smtp" }]]],
      },
      {
        series: histogram("magwatch_page_delivery_duration_seconds", ["20", "30", "60"], "20", `${w},channel="smtp"`),
        at: [["10m", []]],
      },
    ],
  },
  MagwatchAcknowledgeSlow: {
    expr:
      "histogram_quantile(0.95, sum by (job, instance, le) "
      + '(increase(magwatch_alarm_acknowledge_delay_seconds_bucket{priority="high"}[1d]))) > 180',
    hold: "1h",
    severity: "info",
    summary: "High alarms of {{ $labels.instance }} wait more than 3 min for an acknowledgement",
    description: "One in twenty of the last day. Too many alarms, too few people, or channels that nobody hears.",
    tests: [
      {
        series: histogram("magwatch_alarm_acknowledge_delay_seconds", ["120", "180", "300"], "180",
          `${w},priority="high"`),
        at: [["30m", []], ["70m", [ward]]],
      },
      {
        series: histogram("magwatch_alarm_acknowledge_delay_seconds", ["120", "180", "300"], "180",
          `${w},priority="low"`),
        at: [["70m", []]],
      },
    ],
  },
  MagwatchAlarmFlood: {
    expr: "sum by (job, instance) (increase(magwatch_alarms_raised_total[10m])) > 10",
    hold: "0s",
    severity: "warning",
    summary: "More than ten alarms in 10 min on {{ $labels.instance }}",
    description: "More than one person can work through (ISA-18.2). Which rule: board 3, alarms per rule.",
    tests: [
      {
        series: {
          [`magwatch_alarms_raised_total{${w},rule="a",kind="technical",priority="medium"}`]: "0x19 0+1x12 12x200",
        },
        at: [["5m", []], ["6m", []], ["9m", [ward]], ["30m", []]],
      },
    ],
  },
  MagwatchConfigRefused: {
    expr: "magwatch_config_last_reload_successful == 0",
    hold: "1m",
    severity: "warning",
    summary: "The last reload of {{ $labels.instance }} was refused",
    description: "The running ward is unchanged. Every mistake: magwatch config check /etc/magwatch/magwatch.toml.",
    tests: [
      {
        series: gauge("magwatch_config_last_reload_successful", 1, 0),
        at: [["5m45s", []], ["6m15s", [ward]]],
      },
    ],
  },
  MagwatchConfigFallback: {
    expr: "magwatch_config_fallback == 1",
    hold: "1m",
    severity: "critical",
    summary: "{{ $labels.instance }} runs an old or built-in configuration",
    description:
      "Its present configuration was refused at the start: beds, limits and people may "
      + "not be the present ones.",
    tests: [
      {
        series: gauge("magwatch_config_fallback", 0, 1),
        at: [["5m45s", []], ["6m15s", [ward]]],
      },
    ],
  },
  MagwatchLoopSlow: {
    expr: `${quantile(0.99, "magwatch_loop_lag_seconds", "5m")} > 0.5`,
    hold: "5m",
    severity: "warning",
    summary: "The main loop of {{ $labels.instance }} comes late",
    description:
      "One turn in a hundred is more than half a second late: the PC is too busy, or "
      + "something in it blocks.",
    tests: [
      {
        series: histogram("magwatch_loop_lag_seconds", ["0.25", "0.5", "1"], "0.5"),
        at: [["4m", []], ["10m", [ward]]],
      },
      { series: histogram("magwatch_loop_lag_seconds", ["0.25", "0.5", "1"], "0.25"), at: [["10m", []]] },
    ],
  },
  MagwatchRulesSlow: {
    expr: `${quantile(0.99, "magwatch_rule_evaluation_duration_seconds", "5m")} > 0.01`,
    hold: "10m",
    severity: "warning",
    summary: "Rules of {{ $labels.instance }} take more than 10 ms for one input",
    description: "A thousand times more than usual: a pack with very wide windows, or a PC that is too slow.",
    tests: [
      {
        series: histogram("magwatch_rule_evaluation_duration_seconds", ["0.001", "0.01", "0.1"], "0.01"),
        at: [["9m", []], ["15m", [ward]]],
      },
      {
        series: histogram("magwatch_rule_evaluation_duration_seconds", ["0.001", "0.01", "0.1"], "0.001"),
        at: [["15m", []]],
      },
    ],
  },
  MagwatchCommitSlow: {
    expr: `${quantile(0.99, "magwatch_journal_commit_duration_seconds", "5m")} > 0.2`,
    hold: "5m",
    severity: "warning",
    summary: "The disk of {{ $labels.instance }} takes more than 200 ms for a commit",
    description: "Pages go out before their record is on disk, and entries are confirmed late.",
    tests: [
      {
        series: histogram("magwatch_journal_commit_duration_seconds", ["0.1", "0.2", "0.5"], "0.2"),
        at: [["4m", []], ["10m", [ward]]],
      },
      {
        series: histogram("magwatch_journal_commit_duration_seconds", ["0.1", "0.2", "0.5"], "0.1"),
        at: [["10m", []]],
      },
    ],
  },
  MagwatchStoreLow: {
    expr: "magwatch_store_free_bytes / magwatch_store_size_bytes < 0.1",
    hold: "5m",
    severity: "warning",
    summary: "Less than a tenth of the journal's disk on {{ $labels.instance }} is free",
    description: "The history shrinks now; below 2 % only the journal writes. No page ever waits for the disk.",
    tests: [
      {
        series: {
          ...gauge("magwatch_store_free_bytes", 50, 9),
          [`magwatch_store_size_bytes{${w}}`]: "100x320",
        },
        at: [["9m45s", []], ["10m15s", [ward]]],
      },
    ],
  },
  MagwatchStoreFillsUp: {
    expr: "predict_linear(magwatch_store_free_bytes[6h], 4*24*3600) < 0",
    hold: "1h",
    severity: "warning",
    summary: "The journal's disk on {{ $labels.instance }} will be full within 4 days",
    description: "If it goes on as in the last six hours. Usually something else on the PC writes.",
    tests: [
      // 1 GB free, and 75 kB gone each 15 s: full after 2 days and 7 hours.
      {
        series: { [`magwatch_store_free_bytes{${w}}`]: "1000000000-75000x400" },
        at: [["50m", []], ["70m", [ward]]],
      },
      { series: { [`magwatch_store_free_bytes{${w}}`]: "1000000000-7500x400" }, at: [["70m", []]] },
    ],
  },
  MagwatchBackupOld: {
    expr:
      "magwatch_backup_within_seconds > 0 and " +
      "time() - magwatch_backup_last_success_timestamp_seconds > magwatch_backup_within_seconds",
    hold: "1h",
    severity: "warning",
    summary: "The last good backup of {{ $labels.instance }} is too old",
    description: "If its disk breaks now, more than that is lost.",
    tests: [
      // The clock of a test begins in 1970.
      {
        series: {
          [`magwatch_backup_within_seconds{${w}}`]: "172800x12000",
          [`magwatch_backup_last_success_timestamp_seconds{${w}}`]: "0x12000",
        },
        at: [["48h30m", []], ["49h5m", [ward]]],
      },
      {
        series: {
          [`magwatch_backup_within_seconds{${w}}`]: "0x12000",
          [`magwatch_backup_last_success_timestamp_seconds{${w}}`]: "0x12000",
        },
        at: [["49h5m", []]],
      },
    ],
  },
  MagwatchHeartbeatFailing: {
    expr: "magwatch_heartbeat_receivers_failing > 0",
    hold: "1m",
    severity: "critical",
    summary: "An outside receiver does not take the heartbeats of {{ $labels.instance }}",
    description: "If magwatch fails now, that receiver rings too early or not at all.",
    tests: [
      {
        series: gauge("magwatch_heartbeat_receivers_failing", 0, 1),
        at: [["5m45s", []], ["6m15s", [ward]]],
      },
    ],
  },
  MagwatchCertificateEnds: {
    expr: `${certificate} - time() < 14 * 24 * 3600`,
    hold: "1h",
    severity: "warning",
    summary: "The certificate of {{ $labels.host }}, to which {{ $labels.instance }} sends, ends within 14 days",
    description:
      "Whoever renews it has not. After its end magwatch sends no page and no heartbeat there: an encrypted channel "
      + "has no way around it.",
    tests: [
      {
        // 14 days before the end are 10 min from the start; one of two is renewed within the hour.
        series: {
          [`${certificate}{${w},host="sms.example:443"}`]: "1210200x400",
          [`${certificate}{${w},host="hospital.example:9093"}`]: "1210200x200 9999999x200",
          [`${certificate}{${w},host="mail.example:25"}`]: "9999999x400",
        },
        at: [["69m45s", []], ["70m30s", [{ ...ward, host: "sms.example:443" }]]],
      },
    ],
  },
  MagwatchHttpErrors: {
    expr:
      'sum by (job, instance) (rate(magwatch_http_requests_total{code=~"5.."}[5m])) '
      + "/ sum by (job, instance) (rate(magwatch_http_requests_total[5m])) > 0.05",
    hold: "10m",
    severity: "warning",
    summary: "magwatchd on {{ $labels.instance }} cannot answer one in twenty requests",
    description: "Entries may not be confirmed: staff write on the paper chart and send again.",
    tests: [
      {
        series: {
          [`magwatch_http_requests_total{${w},route="status",code="200"}`]: "0+15x200",
          [`magwatch_http_requests_total{${w},route="status",code="503"}`]: "0x20 0+2x180",
        },
        at: [["9m", []], ["25m", [ward]]],
      },
      {
        series: {
          [`magwatch_http_requests_total{${w},route="status",code="200"}`]: "0+15x200",
          [`magwatch_http_requests_total{${w},route="status",code="404"}`]: "0+15x200",
        },
        at: [["25m", []]],
      },
    ],
  },
  MagwatchBoardSilent: {
    expr: 'sum by (job, instance) (magwatch_boards_sound{sound="off"}) > 0',
    hold: "5m",
    severity: "warning",
    summary: "A ward board of {{ $labels.instance }} makes no sound",
    description: "Its browser plays nothing until somebody touches the red bar, or it has no sound device.",
    tests: [
      {
        series: gauge("magwatch_boards_sound", 0, 1, `${w},sound="off"`),
        at: [["9m30s", []], ["10m30s", [ward]]],
      },
      { series: gauge("magwatch_boards_sound", 0, 3, `${w},sound="on"`), at: [["15m", []]] },
    ],
  },
  MagwatchHl7Rejected: {
    expr: 'sum by (job, instance, code) (increase(magwatch_hl7_acks_total{code!="AA"}[15m])) > 0',
    hold: "5m",
    severity: "warning",
    summary: "magwatchd on {{ $labels.instance }} answers HL7 messages with {{ $labels.code }}",
    description: "A gateway or laboratory sends what magwatch cannot take; many senders stop their queue then.",
    tests: [
      {
        series: {
          [`magwatch_hl7_acks_total{${w},code="AE"}`]: "0x19 1x200",
          [`magwatch_hl7_acks_total{${w},code="AA"}`]: "0+1x220",
        },
        at: [["9m45s", []], ["10m15s", [{ ...ward, code: "AE" }]], ["30m", []]],
      },
    ],
  },
  MagwatchCallbacksRefused: {
    expr: 'sum by (job, instance, result) (increase(magwatch_callbacks_total{result=~"proof|peer"}[15m])) > 0',
    hold: "0s",
    severity: "warning",
    summary: "Callbacks to {{ $labels.instance }} are refused: {{ $labels.result }}",
    description:
      "A gateway's secret or address changed, or somebody else tries to answer calls. "
      + "Nothing was changed by it.",
    tests: [
      {
        series: {
          [`magwatch_callbacks_total{${w},result="proof"}`]: "0x19 1x200",
          [`magwatch_callbacks_total{${w},result="status"}`]: "0+1x220",
          [`magwatch_callbacks_total{${w},result="repeated"}`]: "0+1x220",
        },
        at: [["4m45s", []], ["5m15s", [{ ...ward, result: "proof" }]], ["30m", []]],
      },
    ],
  },
  MagwatchRestarting: {
    expr: 'changes(process_start_time_seconds{job="magwatch"}[30m]) > 2',
    hold: "0s",
    severity: "warning",
    summary: "magwatchd on {{ $labels.instance }} started again three times within 30 min",
    description:
      "Each start brings the state back and says how long nobody watched; something ends "
      + "it again and again.",
    tests: [
      {
        series: { [`process_start_time_seconds{${w}}`]: "100x19 400x10 600x10 800x200" },
        at: [["9m", []], ["10m45s", [ward]], ["50m", []]],
      },
    ],
  },
  MagwatchClinicalDown: {
    expr: 'up{job="magwatch-clinical"} == 0',
    hold: "5m",
    severity: "warning",
    summary: "/metrics/clinical of {{ $labels.instance }} cannot be scraped",
    description: "Boards 4 and 5 are empty. It is off in mode \"ward\" unless the site says [metrics] clinical = true.",
    tests: [
      { series: { [`up{${k}}`]: "1x19 0x100" }, at: [["9m45s", []], ["10m15s", [clinical]]] },
      { series: { [`up{${w}}`]: "0x100" }, at: [["15m", []]] },
    ],
  },
} as const satisfies Record<string, Alert>;

export type AlertName = keyof typeof alerts;
