// The daemon's part for the board alone: recorded answers of a real demo ward, and plain replies to what is sent.
// It decides nothing and watches nobody; the board's own tests and its developers use it.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type {
  Alarm,
  AlarmRule,
  Bed,
  Call,
  Charted,
  Limit,
  Page,
  Person,
  Prediction,
  Snapshot,
  Status,
  Update,
} from "../src/api/types";
import { FAR_ABOVE_TREATMENT_MMOL, LEVEL_UNITS, short, toMmol } from "../src/words/units";

export const FRAMES = ["calm", "toxic", "coming", "two_beds", "late"] as const;
export type FrameName = (typeof FRAMES)[number];

export interface Frame {
  at: string;
  status: Status;
  beds: Bed[];
  alarms: Alarm[];
  calls: Call[];
  pages: Page[];
  prediction: Record<string, Prediction>;
}

const RECORDING = join(dirname(fileURLToPath(import.meta.url)), "recording");
const PIN = "246810";

export const PEOPLE: Person[] = [
  { name: "midwife", label: "A. Night (RM)", role: "midwife", has_pin: true },
  { name: "charge-midwife", label: "C. Charge (RM)", role: "charge", has_pin: true },
  { name: "obstetrician", label: "Dr 1", role: "doctor", has_pin: true },
  { name: "anaesthetist", label: "Dr 2", role: "doctor", has_pin: true },
  { name: "engineer", label: "E. Biomed", role: "biomed", has_pin: true },
];

const NEW = { source: null, note: null, corrects: null, struck: null };

/** Made: two limits on each side of breathing, one of oxygen and of the reflex. */
const LIMITS: Limit[] = [
  ["rr", "below", 12, "/min", "high"],
  ["rr", "below", 14, "/min", "medium"],
  ["rr", "above", 30, "/min", "medium"],
  ["spo2", "below", 94, "%", "high"],
  ["hr", "below", 60, "/min", "medium"],
  ["reflex", "below", 1, "1", "high"],
].map(([signal, side, value, unit, priority]) => ({
  signal: String(signal),
  side: side as Limit["side"],
  value: Number(value),
  unit: String(unit),
  inclusive: false,
  priority: priority as Limit["priority"],
  rule: "example",
  alone: true,
  own: false,
}));

const TIME = /"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)"/g;

/** A frame as if it were recorded just now: every time in it is moved by the same step. */
function frameNow(name: FrameName, now: number): Frame {
  const text = readFileSync(join(RECORDING, `${name}.json`), "utf8");
  const step = now - Date.parse((JSON.parse(text) as Frame).at);
  return JSON.parse(
    text.replace(TIME, (_, at: string) => `"${new Date(Date.parse(at) + step).toISOString()}"`),
  ) as Frame;
}

export interface Reply {
  status: number;
  body: object;
  cookie?: string;
}

function refused(status: number, error: string, field = ""): Reply {
  return { status, body: { simulation: true, error, field } };
}

const ACCEPTED: Reply = { status: 200, body: { simulation: true, accepted: true, text: "recorded" } };

export class DevWard {
  frame: Frame;
  sequence = 1;
  silent = false;
  /** What the status answers while the server starts; null: it is there. */
  starting: string | null = null;
  unconfirmed = 0;
  /** What was posted, newest last: tests look here. */
  readonly posted: { path: string; body: Record<string, unknown> }[] = [];
  /** Who lay at each bed and when, as its history has it. */
  stays: { from: string; to: string | null }[] = [];
  /** What boards said of their sound, newest last. */
  readonly sounds: unknown[] = [];
  /** The code of a ward on which nobody has a PIN; null: it is set up. */
  setupCode: string | null = null;
  private readonly since = new Date(Date.now() - 3 * 3600_000).toISOString();
  private readonly keys = new Set<string>();
  private readonly charts = new Map<string, Charted[]>();
  private unlockedBy: string | null = null;
  private unlockedUntil = 0;

  /** @param offsetMinutes by which the ward's clocks are ahead of UTC */
  constructor(
    name: FrameName,
    public offsetMinutes = 0,
  ) {
    this.frame = this.longWatched(frameNow(name, Date.now()));
  }

  /** The recorded watches had just begun: the trends that are made here are of somebody who is there for longer. */
  private longWatched(frame: Frame): Frame {
    for (const bed of frame.beds) if (bed.watched_since !== null) bed.watched_since = this.since;
    return frame;
  }

  show(name: FrameName): Update {
    this.frame = this.longWatched(frameNow(name, Date.now()));
    return this.update();
  }

  snapshot(): Snapshot {
    const { status, beds, alarms, calls, pages } = this.frame;
    return {
      ...this.head(),
      mode: "demo",
      version: status.version,
      ward: status.name,
      status,
      beds,
      alarms,
      calls,
      pages,
    };
  }

  update(): Update {
    this.sequence++;
    const { status, beds, alarms, calls, pages } = this.frame;
    return { ...this.head(), beds, gone: [], alarms, calls, pages, status };
  }

  heartbeat(): object {
    return { ...this.head(), alive: true };
  }

  private head(): { simulation: boolean; server_time: string; utc_offset_minutes: number; sequence: number } {
    const { offsetMinutes, sequence } = this;
    return { simulation: true, server_time: new Date().toISOString(), utc_offset_minutes: offsetMinutes, sequence };
  }

  get(path: string): Reply {
    const bed = /^\/api\/v1\/beds\/([^/]+)\/(\w+)/.exec(path);
    if (path === "/api/v1/people") return { status: 200, body: { simulation: true, people: PEOPLE } };
    if (path === "/api/v1/session") return { status: 200, body: this.session() };
    if (path === "/api/v1/status") {
      return this.starting === null ? { status: 200, body: this.frame.status } : refused(503, this.starting);
    }
    const why = /^\/api\/v1\/alarms\/([^/]+)\/rule$/.exec(path)?.[1];
    if (why !== undefined) return this.ruleOf(why);
    if (path === "/api/v1/sources") {
      const sources = this.frame.beds.map((b, i) => ({
        name: `monitor-${i + 1}`,
        connected: b.alarms.every((a) => a.rule !== "technical.silent"),
        age_seconds: 1,
        frozen: false,
        commissioning: "not needed",
      }));
      return { status: 200, body: { simulation: true, sources } };
    }
    if (bed !== null && bed[2] === "prediction") {
      const found = this.frame.prediction[bed[1] ?? ""];
      return found === undefined
        ? { status: 200, body: { simulation: true, what: "An estimate", points: [], because: "no dose is recorded" } }
        : { status: 200, body: found };
    }
    if (bed !== null && bed[2] === "trend") return { status: 200, body: this.trend() };
    if (bed !== null && bed[2] === "limits") return { status: 200, body: { simulation: true, limits: LIMITS } };
    if (bed !== null && bed[2] === "chart") {
      return { status: 200, body: { simulation: true, ...this.chart(bed[1] ?? "") } };
    }
    if (path === "/api/v1/backup") {
      return { status: 200, body: { simulation: true, last_good: null, failed_because: null, within_seconds: null } };
    }
    return refused(404, "no such path");
  }

  /** Made, not recorded: a rule of the kind that rang; of a technical alarm none. */
  private ruleOf(id: string): Reply {
    const alarm = this.frame.alarms.find((a) => a.id === id);
    if (alarm === undefined) return refused(404, `no open alarm '${id}'`);
    const { rule, title, bed } = alarm;
    const since = new Date(Date.now() - 600_000).toISOString();
    const known = { alarm: id, bed, rule, title, since, pack: "example", version: "0.3" };
    const none = { text: null, source: null, fields: [], limits: [], inputs: [] };
    if (alarm.kind === "technical") return { status: 200, body: { simulation: true, ...known, ...none } };
    const limits = [{ name: "rr_stop", value: "12 /min", source: "GGC: stop below 12", from: "minimal", own: true }];
    const reads = ["rr", "reflex_knee", "mg_on_board"];
    const body: AlarmRule & object = {
      ...known,
      text: "A high physiological alarm, raised when rr below rr_stop has held for 30 s. It ends when that is known to be over.",
      source: "GGC",
      fields: [{ key: "when", value: "rr below rr_stop", from: "minimal" }],
      limits,
      inputs: (this.frame.beds.find((b) => b.alias === bed)?.signals ?? []).filter((s) => reads.includes(s.signal)),
    };
    return { status: 200, body: { simulation: true, ...body } };
  }

  /** Made, not recorded: a slow fall of breathing with a gap of 10 min, so that gaps can be seen. */
  private trend(): object {
    const to = Date.now();
    const from = to - 2 * 3600_000;
    const row = (start: number, end: number, wave: number): [number, number, number][] =>
      Array.from({ length: 240 }, (_, i) => i)
        .filter((i) => i < 100 || i > 120)
        .map((i) => {
          const value = start + ((end - start) * i) / 240 + wave * Math.sin(i / 3);
          return [i * 30, Math.round(value - wave), Math.round(value + wave)];
        });
    return {
      simulation: true,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      resolution_seconds: 30,
      signals: {
        rr: { unit: "/min", points: row(16, 9, 1) },
        spo2: { unit: "%", points: row(98, 93, 0.5) },
        hr: { unit: "/min", points: row(88, 62, 2) },
        reflex_knee: {
          unit: "1",
          points: [
            [600, 2, 2],
            [4200, 1, 1],
            [7000, 0, 0],
          ],
        },
        reflex_arm: { unit: "1", points: [[7010, 2, 2]] },
      },
      events: [
        ...this.event(from + 500_000, "bolus", "Bolus 4 g over 20 min"),
        ...this.event(from + 600_000, "infusion", "Rate 1 g/h charted"),
        ...this.event(from + 4_200_000, "entry", "Knee reflex 1+ weak"),
        ...this.event(from + 6_000_000, "alarm", "RR 9 (<12)", "high"),
        ...this.event(from + 6_010_000, "page", "Paged: RR 9 (<12)", "high"),
        ...this.event(from + 6_100_000, "stop", "Infusion stopped at the pump"),
        ...this.event(from + 6_400_000, "calcium", "Calcium gluconate started"),
      ],
      stays: this.stays,
    };
  }

  private event(at: number, kind: string, text: string, priority: string | null = null): object[] {
    return [{ at: new Date(at).toISOString(), kind, text, priority, ref: null }];
  }

  /** Made, not recorded: three entries of a stay, and what is charted since. */
  chartOf(alias: string): Charted[] {
    const known = this.charts.get(alias);
    if (known !== undefined) return known;
    const made = (id: string, kind: string, text: string, minutes: number): Charted => {
      const at = new Date(Date.now() - minutes * 60_000).toISOString();
      return { id, kind, text, at, entered_at: at, by: "midwife", ...NEW };
    };
    const first = [
      made("1-1", "infusion", "Infusion 1 g/h", 95),
      made("1-2", "symptom", "No symptoms", 50),
      made("1-3", "reflex", "Knee reflex 2+ normal", 40),
    ];
    first[0]!.by = null;
    first[0]!.source = "pump-1";
    this.charts.set(alias, first);
    return first;
  }

  private chart(alias: string): object {
    const entries = [...this.chartOf(alias)].reverse();
    return { bed: alias, count: entries.length, most: 300, entries };
  }

  private charted(body: Record<string, unknown>): Reply {
    const here = this.frame.beds.filter((b) => b.alias === body["bed"]);
    const concern = { at: new Date().toISOString(), by: String(body["person"]), note: null };
    if (/concerned$/.test(String(body["kind"])))
      for (const bed of here) bed.concerned = body["kind"] === "concerned" ? concern : null;
    const alias = String(body["bed"]);
    const chart = this.chartOf(alias);
    const corrects = body["corrects"] === undefined ? null : String(body["corrects"]);
    const old = chart.find((e) => e.id === corrects);
    if (corrects !== null && old === undefined) return refused(409, "there is no such entry", "corrects");
    if (corrects !== null && old?.struck != null) return refused(409, "it was corrected before", "corrects");
    const strikes = body["kind"] === "strike";
    const now = new Date().toISOString();
    const [id, by] = [`1-${chart.length + 1}`, String(body["person"])];
    if (old !== undefined) old.struck = { by, at: now, reason: String(body["reason"]), instead: strikes ? null : id };
    if (!strikes) {
      const text = `${String(body["kind"])} ${String(body["value"] ?? body["note"] ?? "")}`;
      const at = String(body["at"] ?? now);
      chart.push({ id, kind: String(body["kind"]), text, at, entered_at: now, by, ...NEW, corrects });
    }
    for (const bed of this.frame.beds.filter((b) => b.alias === alias)) bed.chart_count = (bed.chart_count ?? 0) + 1;
    return ACCEPTED;
  }

  private session(): object {
    const who = PEOPLE.find((p) => p.name === this.unlockedBy && Date.now() < this.unlockedUntil);
    const unlocked =
      who === undefined
        ? null
        : { person: who.name, label: who.label, role: who.role, until: new Date(this.unlockedUntil).toISOString() };
    return { simulation: true, setup_needed: this.setupCode !== null, unlocked };
  }

  post(path: string, body: Record<string, unknown>): Reply {
    if (path === "/api/v1/boards/sound") {
      this.sounds.push(body["sound"]);
      return ACCEPTED;
    }
    this.posted.push({ path, body });
    if (this.unconfirmed > 0) {
      this.unconfirmed--;
      return { status: 503, body: { simulation: true, error: "not confirmed", confirmed: false } };
    }
    if (path === "/api/v1/session/unlock") return this.unlock(body);
    if (path === "/api/v1/session/lock") {
      this.unlockedBy = null;
      return ACCEPTED;
    }
    if (/\/(acknowledge|pause|shelve|second-check)$|watch\/(confirm|transfer)$/.test(path)) {
      if (body["pin"] !== PIN) return refused(401, "name or PIN is wrong", "pin");
      if (path.endsWith("/shelve")) return this.shelve(path, body);
      if (path.endsWith("/second-check")) return this.checkRate(path, body);
      this.acknowledge(path, body);
      return ACCEPTED;
    }
    if (path.endsWith("/unshelve")) for (const alarm of this.alarmsAt(path)) alarm.shelved = null;
    if (path === "/api/v1/entries") return this.entry(body);
    if (path === "/api/v1/setup") {
      if (body["code"] !== this.setupCode) return refused(401, "this is not the code", "code");
      this.setupCode = null;
    }
    if (path === "/api/v1/here") {
      const here = { at: new Date().toISOString(), station: null };
      for (const bed of this.frame.beds.filter((b) => b.alias === body["bed"])) bed.somebody_here = here;
    }
    if (path.endsWith("/protocol/step")) return this.step(body);
    return ACCEPTED;
  }

  private alarmsAt(path: string): Alarm[] {
    const id = /alarms\/([^/]+)\//.exec(path)?.[1];
    return this.frame.alarms.filter((a) => a.id === id);
  }

  private shelve(path: string, body: Record<string, unknown>): Reply {
    for (const alarm of this.alarmsAt(path)) {
      if (alarm.kind !== "technical" || alarm.priority === "high") return refused(409, "only a technical alarm below high is shelved");
      const until = new Date(Date.now() + Number(body["minutes"]) * 60_000).toISOString();
      const note = body["note"] === undefined ? null : String(body["note"]);
      alarm.shelved = { by: String(body["person"]), reason: String(body["reason"]), note, until };
    }
    return ACCEPTED;
  }

  private checkRate(path: string, body: Record<string, unknown>): Reply {
    const changed = this.frame.beds.find((b) => path.includes(`/${b.alias}/`))?.infusion.rate_change ?? null;
    if (changed === null || !changed.second_check_missing) return refused(409, "no second check is missing");
    if (changed.by === body["person"]) return refused(409, "whoever changed the rate cannot check it");
    changed.second_person = String(body["person"]);
    changed.second_check_missing = false;
    return ACCEPTED;
  }

  /** A new rate waits for nobody: with a wrong PIN it is charted, and its check is missing. */
  private newRate(bed: Bed, body: Record<string, unknown>): Reply {
    const asked = body["second_person"] !== undefined;
    const checked = asked && body["second_pin"] === PIN;
    const second = checked ? String(body["second_person"]) : null;
    const at = new Date().toISOString();
    bed.infusion.rate = { value: Number(body["value"]), unit: String(body["unit"]) };
    bed.infusion.rate_change = { at, by: String(body["person"]), second_person: second, second_check_missing: !checked };
    const warning = "charted without the second check: this PIN is not the right one";
    return asked && !checked ? { status: 200, body: { ...ACCEPTED.body, warning } } : ACCEPTED;
  }

  private acknowledge(path: string, body: Record<string, unknown>): void {
    for (const alarm of this.alarmsAt(path)) {
      alarm.acknowledged = true;
      alarm.acknowledged_by = String(body["person"]);
      alarm.acknowledged_until = new Date(Date.now() + 180_000).toISOString();
    }
  }

  private unlock(body: Record<string, unknown>): Reply {
    const known = PEOPLE.some((p) => p.name === body["person"] && p.has_pin);
    if (!known || body["pin"] !== PIN) {
      return { status: 401, body: { simulation: true, error: "name or PIN is wrong", retry_after_seconds: 2 } };
    }
    this.unlockedBy = String(body["person"]);
    this.unlockedUntil = Date.now() + 600_000;
    return ACCEPTED;
  }

  /** Of the checklist alone the start of a dose: with or without its second check. */
  private step(body: Record<string, unknown>): Reply {
    const steps = this.frame.beds.flatMap((b) => b.checklist?.steps ?? []);
    const step = steps.find((s) => s.id === body["step"]);
    if (step?.give != null && body["act"] === "second") {
      if (body["pin"] !== PIN) return refused(401, "this PIN is not the right one", "pin");
      step.give.second_check_missing = false;
    }
    if (body["act"] !== "start" || step?.give == null) return ACCEPTED;
    const checked = body["second_person"] !== undefined && body["second_pin"] === PIN;
    step.state = "running";
    step.timer = { what: "giving", due: new Date(Date.now() + 600_000).toISOString(), over: false };
    step.taps = [{ act: "start", by: String(body["person"]), at: new Date().toISOString(), text: null }];
    step.give.second_check_missing = !checked;
    if (checked || body["second_person"] === undefined) return ACCEPTED;
    const warning = "The second person's PIN was wrong: the dose is started and its second check is missing.";
    return { status: 200, body: { ...ACCEPTED.body, warning } };
  }

  private entry(body: Record<string, unknown>): Reply {
    const byTap = body["kind"] === "stop" || body["kind"] === "concerned";
    if (!byTap && this.unlockedBy === null) return refused(401, "this station is locked");
    const key = String(body["key"] ?? "");
    if (key === "") return refused(422, "key is missing", "key");
    if (this.keys.has(key)) return ACCEPTED;
    const value = Number(body["value"]);
    if (body["kind"] === "rr" && (value > 80 || value < 0)) {
      return refused(422, `value ${value} /min is outside what is possible for respiratory rate (0 to 80)`, "value");
    }
    this.keys.add(key);
    const unit = LEVEL_UNITS.find((u) => u === body["unit"]);
    if (body["kind"] === "level" && unit !== undefined && toMmol(value, unit) > FAR_ABOVE_TREATMENT_MMOL) {
      const warning = `${short(value)} ${unit} is far above any treatment level. It was recorded as sent. Examine now.`;
      return { status: 200, body: { ...ACCEPTED.body, warning } };
    }
    const stored = this.charted(body);
    const bed = this.frame.beds.find((b) => b.alias === body["bed"] && b.infusion.running === true);
    return stored.status === 200 && body["kind"] === "infusion" && bed !== undefined ? this.newRate(bed, body) : stored;
  }
}
