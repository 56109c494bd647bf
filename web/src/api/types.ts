// What the daemon says, as docs/API.md names it. Times are RFC 3339 in UTC; a value that is not fresh is null.

export type Priority = "high" | "medium" | "low";
export type Kind = "physiological" | "technical";

export interface Quantity {
  value: number;
  unit: string;
}

export interface Signal {
  signal: string;
  title: string;
  value: number | null;
  unit: string;
  word?: string;
  last: { value: number; at: string } | null;
  source: string | null;
}

export interface Check {
  id: string;
  title: string;
  due: string;
  overdue: boolean;
}

export interface RateChange {
  at: string;
  by: string;
  second_person: string | null;
  second_check_missing: boolean;
}

export interface Infusion {
  running: boolean | null;
  rate: Quantity | null;
  rate_unknown_since: string | null;
  dose_total: Quantity | null;
  /** The newest change of the rate of an infusion that ran; null: there was none. */
  rate_change?: RateChange | null;
  magnesium_on_board: string;
}

export interface Screened {
  question: string;
  ask: string;
  concern: string;
  answer: string | null;
  at: string | null;
  by: string | null;
}

export interface Level {
  value: number;
  unit: string;
  drawn_at: string;
  near_bolus: boolean | null;
  from_infusion_arm: boolean | null;
  repeat: boolean;
}

export interface Happening {
  event: string;
  drug: string | null;
  at: string;
  by: string | null;
}

export interface Bed {
  alias: string;
  place: string;
  watched: boolean;
  watched_by: string | null;
  watched_since: string | null;
  association_confirmed: boolean;
  signals: Signal[];
  checks: Check[];
  symptoms: { symptom: string; group: string; at: string; by: string | null }[];
  screening: Screened[];
  screened: boolean;
  session: Session | null;
  after_stop: AfterStop | null;
  levels: Level[];
  checklist: Checklist | null;
  events: Happening[];
  inhibited: { rule: string; reason?: string }[];
  infusion: Infusion;
  audio_paused: boolean;
  audio_paused_until: string | null;
  no_symptoms_at: string | null;
  uncommissioned?: string[];
  alarms: Alarm[];
  /** Changes when the chart of this stay changes: then it is read again. */
  chart_count?: number;
  /** Somebody said so without a name. It stops nothing. */
  somebody_here?: { at: string; station: string | null } | null;
  /** Somebody looks at her and is concerned; null: nobody, or it was said to be over. */
  concerned?: { at: string; by: string; note: string | null } | null;
}

/** What was charted of this stay. A corrected one stays, struck through. */
export interface Charted {
  id: string;
  kind: string;
  text: string;
  at: string;
  entered_at: string;
  by: string | null;
  /** The device or laboratory that it came from: corrected there, not here. */
  source: string | null;
  note: string | null;
  corrects: string | null;
  struck: { by: string | null; at: string; reason: string; instead: string | null } | null;
}

export interface ChartOfStay {
  count: number;
  /** More than so many are not listed. */
  most: number;
  entries: Charted[];
}

/** A limit of a rule that is in force at a bed, as a plot draws it. */
export interface Limit {
  signal: string;
  side: "below" | "above";
  value: number;
  unit: string;
  inclusive: boolean;
  priority: Priority;
  rule: string;
  /** Enough for the alarm by itself; else something more must be wrong. */
  alone: boolean;
  /** Set for this patient alone. */
  own: boolean;
}

export interface Session {
  indication: string;
  title: string;
  setting: string;
  dose: Quantity | null;
  rate: Quantity | null;
  since: string;
  expected_end: string | null;
  watch_until: string | null;
  by: string | null;
}

export interface AfterStop {
  stopped: string;
  decision_due: string;
  decided: boolean;
  watch_until: string;
}

export interface Shelved {
  by: string;
  reason: string;
  note: string | null;
  until: string;
}

/** Why an open alarm rang. */
export interface AlarmRule {
  rule: string;
  title: string;
  since: string;
  pack: string;
  version: string | null;
  text: string | null;
  source: string | null;
  fields: { key: string; value: string; from: string }[];
  limits: { name: string; value: string; source: string | null; from: string; own: boolean }[];
  inputs: Signal[];
}

export interface Alarm {
  id: string;
  bed: string | null;
  rule: string;
  title: string;
  message: string;
  prompt: string;
  kind: Kind;
  priority: Priority;
  grade: number;
  condition: boolean;
  latched: boolean;
  acknowledged: boolean;
  acknowledged_by: string | null;
  acknowledged_until: string | null;
  /** A technical one that is known for a while: no sound and no page until then. */
  shelved?: Shelved | null;
  since: string;
  call: string | null;
}

export interface Told {
  person: string;
  rung: number;
  at: string;
  answer: string;
  answered: string | null;
  by_phone?: boolean;
}

export interface Call {
  id: string;
  number: number;
  bed: string | null;
  kind: Kind;
  priority: Priority;
  grade: number;
  state: "waiting" | "calling" | "accepted" | "attended";
  sounding: boolean;
  rung: number;
  person: string | null;
  since: string;
  next_page: string | null;
  alarms: string[];
  told: Told[];
}

export interface Page {
  key: string;
  number: number;
  call: string;
  bed: string | null;
  place: string;
  priority: Priority;
  words: string[];
  reason: string;
  person: string;
  channel: string;
  rung: number;
  repetition: number;
  at: string;
  state: string;
  outcome: string | null;
  detail: string;
}

export interface Fault {
  fault: string;
  detail: string;
}

export interface Status {
  name: string;
  mode: string;
  version: string;
  started: string;
  alive: boolean;
  ready: boolean;
  not_ready_because: string | null;
  /** It was told to stop, and ends in a moment. */
  stopping: { at: string; by: string } | null;
  pack: string;
  protocol: string;
  protocol_example: boolean;
  config_loaded: string;
  config_hash: string;
  config_last_reload_successful: boolean;
  fallback: boolean;
  fallback_reason: string | null;
  beds: number;
  beds_watched: number;
  calls_open: number;
  sources: number;
  sources_connected: number;
  pages_sent: number;
  store_free_bytes: number;
  relies_on_charted_checks: string[];
  audit?: { writing: boolean; sequence: number; hash: string | null; lost: number };
  faults: Fault[];
}

export interface Tap {
  act: string;
  by: string;
  at: string;
  text: string | null;
}

export interface Give {
  drug: string;
  concentration: string;
  dose: string;
  volume: string;
  over: string;
  started: number;
  most: number | null;
  second_check: boolean;
  second_check_missing: boolean;
}

export interface Step {
  id: string;
  kind: "stop" | "done" | "give" | "check" | "sample" | "decide";
  words: string;
  button: string;
  state: "open" | "running" | "done" | "not-done";
  on_top: boolean;
  taps: Tap[];
  timer: { what: string; due: string; over: boolean } | null;
  doubt: { why: string; words: string } | null;
  give: Give | null;
}

export interface Checklist {
  stamp: string;
  title: string;
  notice: string | null;
  example: boolean;
  open: boolean;
  branch: string;
  opened: string;
  opened_by: string | null;
  why: { at: string; what: string }[];
  precautions: { id: string; words: string }[];
  steps: Step[];
  closed: { at: string; by: string; reason: string; doctor: string } | null;
}

export interface Snapshot {
  simulation: boolean;
  server_time: string;
  utc_offset_minutes: number;
  mode: string;
  version: string;
  ward: string;
  sequence: number;
  status: Status;
  beds: Bed[];
  alarms: Alarm[];
  calls: Call[];
  pages: Page[];
}

export interface Update {
  simulation: boolean;
  server_time: string;
  /** Summer time begins and ends while a board is open. */
  utc_offset_minutes?: number;
  sequence: number;
  beds: Bed[];
  gone: string[];
  alarms?: Alarm[];
  calls?: Call[];
  pages?: Page[];
  status?: Status;
}

export interface Heartbeat {
  simulation: boolean;
  server_time: string;
  utc_offset_minutes?: number;
  sequence: number;
  alive: boolean;
}

export type Role = "midwife" | "charge" | "doctor" | "biomed" | "admin" | "auditor";

export interface Person {
  name: string;
  label: string;
  role: Role;
  has_pin: boolean;
}

export interface SessionState {
  simulation: boolean;
  setup_needed: boolean;
  unlocked: { person: string; label: string; role: Role; until: string } | null;
}

export interface PredictionPoint {
  at: string;
  p5_mmol_l: number;
  p25_mmol_l: number;
  p50_mmol_l: number;
  p75_mmol_l: number;
  p95_mmol_l: number;
  extrapolated: boolean;
  record_incomplete: boolean;
}

export interface Prediction {
  what: string;
  points: PredictionPoint[];
  because?: string | null;
  take_level_before?: string | null;
  above_target_mmol_l?: number | null;
}

export interface Trend {
  from: string;
  to: string;
  resolution_seconds: number;
  signals: Record<string, { unit: string; points: [number, number, number][] }>;
  events: TrendEvent[];
  /** Who was watched at this bed and when, one after the other; `to` null: it goes on. */
  stays?: { from: string; to: string | null }[];
}

export interface TrendEvent {
  at: string;
  kind: string;
  text: string;
  priority?: Priority | null;
  ref?: string | null;
}

export interface Backup {
  last_good: string | null;
  failed_because: string | null;
  within_seconds: number | null;
}
