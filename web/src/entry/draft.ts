// What was typed into the entry sheet, and the entries that it makes. Pure: no screen, no clock, no network.
import { clockTime, dayTime } from "../words/times";
import { LEVEL_UNITS, typed, unitTrap } from "../words/units";

export type Draft = Record<string, string>;

export interface Entry {
  /** The part of the sheet that it came from: a refusal stands beside it. */
  part: string;
  title: string;
  body: Record<string, unknown> & { kind: string };
}

export interface Built {
  entries: Entry[];
  /** By field: why it cannot be sent as it stands. */
  problems: Record<string, string>;
}

export interface Moment {
  nowMs: number;
  offsetMinutes: number;
}

const DAY_MS = 86_400_000;
const FUTURE_MS = 2 * 60_000;

/** A time of the day, with a date before it where it is not the last such time: "02:16", "28 Feb 23:50". */
const TIME = /^(?:(\d{1,2}) +([a-z]{3,9})\.? +)?([01]?\d|2[0-3])[:.]([0-5]\d)$/i;
const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
/** So far back nobody means yesterday by a time that today still has before it: 14:15 typed at 14:10 is a slip. */
const YESTERDAY_MS = DAY_MS / 2;
/** Shortly before midnight the same holds for a time after it. */
const SLIP_MS = 30 * 60_000;

/** The newest such date up to `latest`, as milliseconds of the ward's own clock; null: no date. */
function dayOf(day: number, month: string, minutes: number, latest: number): number | null {
  const number = MONTHS.indexOf(month.slice(0, 3).toLowerCase());
  const year = new Date(latest).getUTCFullYear();
  for (const one of [year, year - 1]) {
    const at = Date.UTC(one, number, day);
    if (number < 0 || new Date(at).getUTCDate() !== day) return null;
    if (at + minutes * 60_000 <= latest) return at + minutes * 60_000;
  }
  return null;
}

/** What a typed time means at the ward: the last such time. `why`: it is none, or one that has not come yet. */
export function readTime(text: string, moment: Moment, what: string): { at: string } | { why: string } {
  const [, day, month, hours, minutes] = TIME.exec(text.trim()) ?? [];
  const none = { why: `${what} must be a time, such as 02:14.` };
  if (hours === undefined || minutes === undefined) return none;
  const offset = moment.offsetMinutes * 60_000;
  const local = moment.nowMs + offset;
  const latest = local + FUTURE_MS;
  const inDay = Number(hours) * 60 + Number(minutes);
  const found = (at: number) => ({ at: new Date(at - offset).toISOString() });
  if (day !== undefined && month !== undefined) {
    const at = dayOf(Number(day), month, inDay, latest);
    return at === null ? none : found(at);
  }
  const today = Math.floor(local / DAY_MS) * DAY_MS + inDay * 60_000;
  const next = today >= local ? today : today + DAY_MS;
  if (next <= latest) return found(next);
  const last = next - DAY_MS;
  if (last === today ? next - local > SLIP_MS : local - last <= YESTERDAY_MS) return found(last);
  const [clock, before] = [clockTime(next, 0), dayTime(last, next, 0)];
  const server = clockTime(moment.nowMs, moment.offsetMinutes);
  return { why: `${clock} has not come yet (server: ${server}). If the day before is meant, type ${before}.` };
}

/** The same without the reason. Null: it is no time, or one that has not come yet. */
export function timeOf(text: string, moment: Moment): string | null {
  const read = readTime(text, moment, "");
  return "at" in read ? read.at : null;
}

/** "28 Feb 23:50" where what was typed is of another day than today: it is to be seen before it is saved. Else "". */
export function otherDay(text: string, moment: Moment): string {
  const at = timeOf(text, moment);
  if (at === null) return "";
  const words = dayTime(Date.parse(at), moment.nowMs, moment.offsetMinutes);
  return words === clockTime(Date.parse(at), moment.offsetMinutes) ? "" : words;
}

export const AVPU = ["alert", "confused", "voice", "pain", "unresponsive"] as const;

class Builder {
  readonly entries: Entry[] = [];
  readonly problems: Record<string, string> = {};

  constructor(
    private readonly draft: Draft,
    private readonly moment: Moment,
  ) {}

  text(field: string): string {
    return (this.draft[field] ?? "").trim();
  }

  add(part: string, title: string, body: Entry["body"]): void {
    const at = this.text("at") === "" ? {} : { at: timeOf(this.text("at"), this.moment) };
    this.entries.push({ part, title, body: { ...body, ...at } });
  }

  /** Undefined: nothing typed, or a problem was noted. */
  number(field: string, what: string): number | undefined {
    const value = typed(this.text(field));
    if (value === null) this.problems[field] = `${what} must be a number, such as 12 or 3.9.`;
    return value ?? undefined;
  }

  time(field: string, what: string): string | undefined {
    const text = this.text(field);
    if (text === "") return undefined;
    const read = readTime(text, this.moment, what);
    if ("at" in read) return read.at;
    this.problems[field] = read.why;
    return undefined;
  }

  choice<T extends string>(field: string, of: readonly T[], missing: string): T | undefined {
    const text = this.text(field);
    const found = of.find((word) => word === text);
    if (found === undefined) this.problems[field] = missing;
    return found;
  }

  reflex(): void {
    const reason = this.text("reflex_reason");
    const grade = this.text("reflex");
    if (grade !== "" && reason !== "") {
      this.problems["reflex"] = "Either a reflex, or why none can be tested: not both.";
    } else if (reason !== "") {
      this.add("reflex", "Reflex not possible", { kind: "reflex", not_possible: reason });
    } else if (grade !== "") {
      const site = this.choice("reflex_site", ["knee", "arm"] as const, "Say where: knee or arm.");
      if (site !== undefined) {
        this.add("reflex", `${site === "knee" ? "Knee" : "Arm"} reflex ${grade}`, {
          kind: "reflex",
          site,
          value: Number(grade),
        });
      }
    }
  }

  urine(): void {
    const value = this.number("urine", "Urine");
    const since = this.time("urine_since", "The start");
    if (value === undefined) return;
    this.add("urine", `Urine ${value} mL`, {
      kind: "urine",
      value,
      unit: "mL",
      ...(since === undefined ? {} : { since }),
    });
  }

  level(): void {
    const value = this.number("level", "The level");
    if (value === undefined) return;
    const unit = this.choice(
      "level_unit",
      LEVEL_UNITS,
      "Choose the unit that the laboratory wrote. It is never guessed.",
    );
    if (this.text("level_drawn") === "") this.problems["level_drawn"] = "When was the sample taken?";
    const drawn = this.time("level_drawn", "The time of the sample");
    if (unit === undefined || drawn === undefined) return;
    const trap = unitTrap(value, unit);
    if (trap !== null && this.text("level_sure") !== `${value} ${unit}`) {
      this.problems["level"] = trap;
      return;
    }
    this.add("level", `Magnesium ${value} ${unit}`, {
      kind: "level",
      value,
      unit,
      drawn_at: drawn,
      ...(this.text("level_arm") === "yes" ? { from_infusion_arm: true } : {}),
    });
  }

  pressure(): void {
    const systolic = this.number("sbp", "Systolic pressure");
    const diastolic = this.number("dbp", "Diastolic pressure");
    if (systolic === undefined && diastolic === undefined) return;
    if (systolic === undefined || diastolic === undefined) {
      this.problems[systolic === undefined ? "sbp" : "dbp"] ??= "Both numbers are needed.";
      return;
    }
    const mmHg = (value: number) => ({ value, unit: "mmHg" });
    this.add("bp", `Pressure ${systolic}/${diastolic}`, {
      kind: "bp",
      systolic: mmHg(systolic),
      diastolic: mmHg(diastolic),
    });
  }

  rate(): void {
    const value = this.number("rate", "The rate");
    if (value === undefined) return;
    const unit = this.choice("rate_unit", ["g/h", "mL/h"] as const, "Choose the unit of the rate.");
    if (unit === "g/h") {
      this.add("rate", `Infusion ${value} g/h`, { kind: "infusion", value, unit });
    } else if (unit === "mL/h") {
      const grams = this.number("bag_g", "Grams in the bag");
      const volume = this.number("bag_ml", "Volume of the bag");
      if (!grams || !volume) {
        this.problems["bag_g"] ??= "mL/h needs what is in the bag: grams in how many mL.";
        return;
      }
      const concentration = { value: grams / volume, unit: "g/mL" };
      this.add("rate", `Infusion ${value} mL/h`, { kind: "infusion", value, unit, concentration });
    }
  }

  doses(): void {
    const bolus = this.number("bolus", "The bolus");
    const minutes = this.number("bolus_min", "Minutes");
    if (bolus !== undefined) {
      if (minutes === undefined || minutes <= 0) this.problems["bolus_min"] ??= "Over how many minutes?";
      else
        this.add("bolus", `Bolus ${bolus} g`, {
          kind: "bolus",
          value: bolus,
          unit: "g",
          over_seconds: Math.round(minutes * 60),
        });
    }
    const im = this.number("im", "The dose");
    if (im !== undefined)
      this.add("im", `Into the muscle ${im} g`, { kind: "dose", route: "im", value: im, unit: "g" });
  }

  others(): void {
    const gcs = this.number("gcs", "Glasgow");
    if (gcs !== undefined) this.add("gcs", `Glasgow ${gcs}`, { kind: "gcs", value: gcs });
    if (this.text("sedation") !== "") {
      this.add("sedation", `Given: ${this.text("sedation")}`, { kind: "sedation", drug: this.text("sedation") });
    }
    if (this.text("fit") === "yes") this.add("fit", "A fit", { kind: "fit" });
    this.sample("creatinine", "Creatinine", ["umol/L", "mg/dL"]);
    this.sample("calcium", "Calcium", ["mmol/L", "mg/dL"]);
  }

  private sample(kind: string, title: string, units: readonly string[]): void {
    const value = this.number(kind, title);
    if (value === undefined) return;
    const unit = this.choice(`${kind}_unit`, units, "Choose the unit that the laboratory wrote.");
    if (this.text(`${kind}_drawn`) === "") this.problems[`${kind}_drawn`] = "When was the sample taken?";
    const drawn = this.time(`${kind}_drawn`, "The time of the sample");
    if (unit !== undefined && drawn !== undefined) {
      this.add(kind, `${title} ${value} ${unit}`, { kind, value, unit, drawn_at: drawn });
    }
  }
}

export type PartName = "reflex" | "avpu" | "rr" | "pressure" | "urine" | "level" | "infusion" | "more";

/** The fields that an entry is made of: they go once it is saved. */
const FIELDS: Record<string, string[]> = {
  reflex: ["reflex", "reflex_site", "reflex_reason"],
  urine: ["urine", "urine_since"],
  level: ["level", "level_unit", "level_drawn", "level_sure", "level_arm"],
  bp: ["sbp", "dbp"],
  rate: ["rate", "rate_unit", "bag_g", "bag_ml"],
  bolus: ["bolus", "bolus_min"],
  creatinine: ["creatinine", "creatinine_unit", "creatinine_drawn"],
  calcium: ["calcium", "calcium_unit", "calcium_drawn"],
};

/** What was typed without what these parts were made of, `as` it was then: what was typed since stays. */
export function without(draft: Draft, parts: string[], as: Draft): Draft {
  const gone = parts.flatMap((part) => FIELDS[part] ?? [part]);
  return Object.fromEntries(Object.entries(draft).filter(([field, text]) => !gone.includes(field) || text !== as[field]));
}

const PARTS: Record<string, PartName> = {
  reflex: "reflex",
  avpu: "avpu",
  rr: "rr",
  bp: "pressure",
  urine: "urine",
  level: "level",
  infusion: "infusion",
  bolus: "infusion",
  dose: "infusion",
  gcs: "more",
  sedation: "more",
  fit: "more",
  creatinine: "more",
  calcium: "more",
};

/** The part of the sheet that an entry of this kind is made in; null: of another sheet. */
export function partOf(kind: string): PartName | null {
  return PARTS[kind] ?? null;
}

/** Any part may be filled; each becomes an entry of its own. */
export function build(draft: Draft, moment: Moment): Built {
  const b = new Builder(draft, moment);
  if (b.time("at", "The time") === undefined && b.text("at") !== "") return { entries: [], problems: b.problems };
  b.reflex();
  const avpu = AVPU.find((word) => word === b.text("avpu"));
  if (avpu !== undefined) b.add("avpu", `Awake: ${avpu}`, { kind: "avpu", value: avpu });
  const rr = b.number("rr", "Breaths");
  if (rr !== undefined) b.add("rr", `Breaths ${rr}/min`, { kind: "rr", value: rr });
  b.urine();
  b.level();
  b.pressure();
  b.rate();
  b.doses();
  b.others();
  return { entries: b.entries, problems: b.problems };
}
