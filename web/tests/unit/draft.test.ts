import { describe, expect, it } from "vitest";
import { build, otherDay, partOf, readTime, timeOf } from "../../src/entry/draft";
import { draftOf, forget, keyOf, startDraft, write } from "../../src/entry/sending";

const moment = { nowMs: Date.UTC(2026, 2, 1, 2, 16, 0), offsetMinutes: 60 }; // 03:16 at the ward

describe("times that are typed", () => {
  it("mean the last such time at the ward", () => {
    expect(timeOf("03:10", moment)).toBe("2026-03-01T02:10:00.000Z");
    expect(timeOf("23:50", moment)).toBe("2026-02-28T22:50:00.000Z");
    expect(timeOf("00:30", moment)).toBe("2026-02-28T23:30:00.000Z");
  });

  it("have not come yet where today still has them before it: never silently yesterday", () => {
    const why = (text: string, at = moment) => {
      const read = readTime(text, at, "The time");
      return "why" in read ? read.why : read.at;
    };
    expect(why("03:18")).toBe("2026-03-01T02:18:00.000Z"); // two clocks differ a little
    expect(why("03:21")).toBe("03:21 has not come yet (server: 03:16). If the day before is meant, type 28 Feb 03:21.");
    expect(why("15:00")).toContain("has not come yet");
    expect(why("15:16")).toBe("2026-02-28T14:16:00.000Z");
    const late = { ...moment, nowMs: Date.UTC(2026, 2, 1, 22, 59, 0) }; // 23:59
    expect(why("00:01", late)).toBe("2026-03-01T23:01:00.000Z");
    expect(why("00:15", late)).toContain("00:15 has not come yet (server: 23:59)");
    expect(why("00:45", late)).toBe("2026-02-28T23:45:00.000Z");
    expect(build({ at: "03:21", rr: "9" }, moment).entries).toEqual([]);
  });

  it("may have a date", () => {
    expect(timeOf("28 Feb 03:21", moment)).toBe("2026-02-28T02:21:00.000Z");
    expect(timeOf("31 December 13:00", moment)).toBe("2025-12-31T12:00:00.000Z");
    for (const text of ["30 Feb 03:21", "28 Foo 03:21", "28 03:21"]) expect(timeOf(text, moment)).toBeNull();
  });

  it("of another day than today say so", () => {
    expect(otherDay("23:50", moment)).toBe("28 Feb 23:50");
    expect(otherDay("00:30", moment)).toBe("");
    expect(otherDay("nonsense", moment)).toBe("");
  });

  it("are refused when they are none", () => {
    for (const text of ["", "25:00", "12:60", "noon", "1210"]) expect(timeOf(text, moment)).toBeNull();
  });
});

describe("the entry sheet", () => {
  it("makes one entry of each part that was filled, and none of the rest", () => {
    const made = build({ reflex: "0", reflex_site: "knee", rr: "9", urine: "18", urine_since: "02:00" }, moment);
    expect(made.problems).toEqual({});
    expect(made.entries.map((e) => e.body)).toEqual([
      { kind: "reflex", site: "knee", value: 0 },
      { kind: "rr", value: 9 },
      { kind: "urine", value: 18, unit: "mL", since: "2026-03-01T01:00:00.000Z" },
    ]);
  });

  it("asks for the site of a reflex: an arm under an epidural is not a knee", () => {
    expect(build({ reflex: "0" }, moment).problems["reflex_site"]).toContain("knee or arm");
  });

  it("never guesses the unit of a level", () => {
    const made = build({ level: "3.9", level_drawn: "02:50" }, moment);
    expect(made.entries).toEqual([]);
    expect(made.problems["level_unit"]).toContain("never guessed");
  });

  it("asks before it sends a level that fits another unit, and then sends what was said", () => {
    const draft = { level: "9.5", level_unit: "mmol/L", level_drawn: "02:50" };
    const asked = build(draft, moment);
    expect(asked.entries).toEqual([]);
    expect(asked.problems["level"]).toContain("Did you mean 9.5 mg/dL (3.91 mmol/L)?");
    const sure = build({ ...draft, level_sure: "9.5 mmol/L" }, moment);
    expect(sure.entries[0]?.body).toMatchObject({ kind: "level", value: 9.5, unit: "mmol/L" });
    const changed = build({ ...draft, level: "8.5", level_sure: "9.5 mmol/L" }, moment);
    expect(changed.entries).toEqual([]);
  });

  it("needs what is in the bag for mL/h, and the length of a bolus", () => {
    expect(build({ rate: "12.5", rate_unit: "mL/h" }, moment).problems["bag_g"]).toContain("bag");
    const made = build({ rate: "12.5", rate_unit: "mL/h", bag_g: "8", bag_ml: "100" }, moment);
    expect(made.entries[0]?.body).toMatchObject({
      value: 12.5,
      unit: "mL/h",
      concentration: { value: 0.08, unit: "g/mL" },
    });
    expect(build({ bolus: "4" }, moment).problems["bolus_min"]).toContain("minutes");
  });

  it("takes a comma as a point, and refuses what is no number", () => {
    expect(build({ rr: "9,5" }, moment).entries[0]?.body["value"]).toBe(9.5);
    expect(build({ rr: "about 9" }, moment).problems["rr"]).toContain("number");
    expect(build({ rr: "-9" }, moment).problems["rr"]).toContain("number");
  });

  it("stops at a time of its own that cannot be read: nothing is sent under a wrong time", () => {
    const made = build({ at: "99:99", rr: "9" }, moment);
    expect(made.entries).toEqual([]);
    expect(made.problems["at"]).toContain("time");
  });

  it("sends the same words again under the same key, and other words under another", () => {
    const kept = { keys: new Map<string, string>() };
    const [nine] = build({ rr: "9" }, moment).entries;
    const [ten] = build({ rr: "10" }, moment).entries;
    const key = keyOf(kept, nine!);
    expect(keyOf(kept, build({ rr: "9" }, moment).entries[0]!)).toBe(key);
    expect(keyOf(kept, ten!)).not.toBe(key);
  });
});

describe("what was typed", () => {
  const MINUTE = 60_000;

  it("is kept for ten minutes from the last key, and no longer", () => {
    write("bed-1", "rr", "14", 0);
    write("bed-1", "urine", "20", 5 * MINUTE);
    expect(draftOf("bed-1", 14.9 * MINUTE).draft).toEqual({ rr: "14", urine: "20" });
    expect(draftOf("bed-1", 15 * MINUTE).draft).toEqual({});
  });

  it("of a correction begins with the time of what it replaces, and writes over nothing", () => {
    startDraft("bed-1 1-7", { at: "02:10" }, 0);
    expect(draftOf("bed-1 1-7", 0).draft).toEqual({ at: "02:10" });
    write("bed-1 1-7", "at", "02:12", 0);
    startDraft("bed-1 1-7", { at: "02:10" }, 0);
    expect(draftOf("bed-1 1-7", 0).draft).toEqual({ at: "02:12" });
    forget("bed-1 1-7");
    expect(draftOf("bed-1 1-7", 0).draft).toEqual({});
  });

  it("belongs to one part of the sheet, or to another sheet", () => {
    expect(partOf("bp")).toBe("pressure");
    expect(partOf("symptom")).toBeNull();
  });
});
