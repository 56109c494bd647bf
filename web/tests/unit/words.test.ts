import { describe, expect, it } from "vitest";
import { thenWords } from "../../src/alarms/RuleSheet";
import { mayShelve, shelvedWords } from "../../src/alarms/shelved";
import { outcomeOf, outcomeWords } from "../../src/api/client";
import type { Call } from "../../src/api/types";
import { trendColumns } from "../../src/bed/plot";
import { callWords } from "../../src/board/BedCard";
import { screenOf } from "../../src/navigation";
import { pageState } from "../../src/paging/Pages";
import { BURSTS, HARMONICS } from "../../src/sound/patterns";
import { tuneOf } from "../../src/sound/sounder";
import { byUrgency, flashes, mark } from "../../src/words/marks";
import { UNKNOWN, digits, lastWords, wordsOf } from "../../src/words/signals";
import { clockTime, dueWords, stopwatch, timerWords } from "../../src/words/times";
import { otherUnit, unitTrap } from "../../src/words/units";
import { alarmOf } from "../alarm";
import { snapshotOf } from "./recording";

describe("marks", () => {
  it("put a patient before a device, and what nobody took first", () => {
    const rows = [
      alarmOf({ id: "low", priority: "low" }),
      alarmOf({ id: "technical", priority: "medium", kind: "technical" }),
      alarmOf({ id: "medium", priority: "medium" }),
      alarmOf({ id: "taken", acknowledged: true }),
      alarmOf({ id: "new", since: "2026-03-01T02:15:00Z" }),
    ];
    expect(rows.sort(byUrgency).map((a) => a.id)).toEqual(["new", "taken", "medium", "technical", "low"]);
  });

  it("keep the stars of a technical alarm, and flash only for what nobody took", () => {
    expect(mark(alarmOf({ priority: "medium", kind: "technical" }))).toBe("** ?");
    expect(flashes(alarmOf({}))).toBe(true);
    expect(flashes(alarmOf({ acknowledged: true }))).toBe(false);
  });
});

describe("a shelved alarm", () => {
  const shelved = { by: "midwife", reason: "known_fault", note: "cable", until: "2026-03-01T14:20:00Z" };

  it("is technical and below high, tells by whom, until when and why, and does not flash", () => {
    const technical = alarmOf({ kind: "technical", priority: "medium" });
    expect(mayShelve(technical)).toBe(true);
    expect(mayShelve({ ...technical, priority: "high" })).toBe(false);
    expect(mayShelve({ ...technical, kind: "physiological" })).toBe(false);
    expect(mayShelve({ ...technical, shelved })).toBe(false);
    expect([flashes(technical), flashes({ ...technical, shelved })]).toEqual([true, false]);
    expect(shelvedWords(technical, String, 0)).toBe(null);
    expect(shelvedWords({ ...technical, shelved }, String, 60)).toBe(
      "shelved by midwife until 15:20: a known fault (cable)",
    );
    const other = { ...shelved, reason: "other" };
    expect(shelvedWords({ ...technical, shelved: other }, String, 0)).toBe("shelved by midwife until 14:20: cable");
  });
});

describe("what a rule read", () => {
  const signal = { signal: "rr", title: "respiratory rate", unit: "/min", value: 9, last: null, source: null };
  const trend = {
    from: "2026-03-01T02:00:00Z",
    to: "2026-03-01T02:20:00Z",
    resolution_seconds: 60,
    signals: { rr: { unit: "/min", points: [[0, 14, 14], [600, 10, 12], [1200, 8, 8]] as [number, number, number][] } },
    events: [],
  };
  const began = Date.parse("2026-03-01T02:14:00Z");

  it("is what was known when the alarm began, with its own time, and nothing of after it", () => {
    expect(thenWords(signal, trend, began, 0)).toBe("10 to 12 /min at 02:10");
    expect(thenWords({ ...signal, signal: "spo2" }, trend, began, 0)).toBe(UNKNOWN);
    expect(thenWords(signal, null, began, 0)).toBe(UNKNOWN);
  });

  it("is told in words where it has no unit", () => {
    const flag = { ...signal, signal: "mg_on_board", unit: "1" };
    expect([wordsOf(flag, 1), wordsOf(flag, 0)]).toEqual(["yes", "no"]);
    expect(wordsOf({ ...flag, signal: "reflex" }, 0)).toBe("0 absent");
    expect(wordsOf({ ...flag, signal: "gcs" }, 13)).toBe("13");
  });
});

describe("values", () => {
  const bed = snapshotOf("two_beds").beds.find((b) => b.alias === "bed-1")!;
  const rr = bed.signals.find((s) => s.signal === "rr");

  it("are dashes when they are stale, when the screen is not live, and when nobody ever measured", () => {
    expect(rr?.value).toBeNull();
    expect(digits(rr, true)).toBe(UNKNOWN);
    expect(digits({ ...rr!, value: 14 }, true)).toBe("14");
    expect(digits({ ...rr!, value: 14 }, false)).toBe(UNKNOWN);
    expect(digits(undefined, true)).toBe(UNKNOWN);
  });

  it("tell the past in the words of the entry sheet", () => {
    const at = "2026-03-01T02:14:00Z";
    expect(lastWords({ ...rr!, last: { value: 14, at } })).toBe("14 /min");
    expect(lastWords({ ...rr!, signal: "avpu", unit: "1", last: { value: 0, at } })).toBe("alert");
    expect(lastWords({ ...rr!, signal: "reflex_knee", unit: "1", last: { value: 0, at } })).toBe("0 absent");
    expect(lastWords({ ...rr!, last: null })).toBe(null);
  });

  it("show a lost reflex as 0 and the others with a plus", () => {
    const reflex = { ...rr!, signal: "reflex", unit: "1" };
    expect(digits({ ...reflex, value: 0 }, true)).toBe("0");
    expect(digits({ ...reflex, value: 2 }, true)).toBe("2+");
  });
});

describe("times", () => {
  it("are of the ward's own zone", () => {
    expect(clockTime(Date.parse("2026-03-01T23:30:15Z"), 60)).toBe("00:30");
    expect(clockTime(Date.parse("2026-03-01T23:30:15Z"), -330, true)).toBe("18:00:15");
  });

  it("go on counting past their end", () => {
    const now = Date.parse("2026-03-01T02:14:30Z");
    expect(timerWords("2026-03-01T02:24:30Z", now)).toBe("10:00 left");
    expect(timerWords("2026-03-01T02:14:00Z", now)).toBe("OVER by 0:30");
    expect(dueWords("2026-03-01T02:02:30Z", false, now)).toBe("OVERDUE 12 min");
    expect(stopwatch(3_723_000)).toBe("1:02:03");
  });
});

describe("units of magnesium", () => {
  it("are converted by the table of the rules", () => {
    expect(otherUnit(3.9, "mmol/L")).toBe("9.48 mg/dL");
    expect(otherUnit(4.8, "mg/dL")).toBe("1.97 mmol/L");
    expect(otherUnit(4, "mEq/L")).toBe("2 mmol/L");
  });

  it("are doubted far above any treatment level, and only there", () => {
    expect(unitTrap(3.5, "mmol/L")).toBeNull();
    expect(unitTrap(9.5, "mg/dL")).toBeNull();
    expect(unitTrap(6, "mmol/L")).toContain("Did you mean 6 mg/dL (2.47 mmol/L)?");
    expect(unitTrap(40, "mg/dL")).toContain("Examine her now");
  });
});

describe("what the server said", () => {
  it("is saved, refused or not confirmed, and never more than is known", () => {
    expect(outcomeOf({ status: 200, body: { accepted: true, text: "recorded" } }).kind).toBe("saved");
    expect(outcomeOf({ status: 422, body: { error: "unit is missing", field: "unit" } })).toMatchObject({
      kind: "refused",
      field: "unit",
    });
    expect(outcomeOf({ status: 503, body: { confirmed: false } }).kind).toBe("unconfirmed");
    expect(outcomeOf({ status: 500, body: {} }).kind).toBe("unconfirmed");
    expect(outcomeOf({ status: 503, body: { accepted: false, error: "too much waits" } }).kind).toBe("refused");
    expect(outcomeWords({ kind: "refused", reason: "no", field: null, status: 422, retryAfter: null })).toBe(
      "NOT SAVED: no. Nothing was recorded.",
    );
    expect(outcomeWords({ kind: "unconfirmed" })).toContain("paper chart");
  });
});

describe("paging", () => {
  const call = (over: Partial<Call>): Call => ({ ...snapshotOf("toxic").calls[0]!, ...over });

  it("never says delivered for sent, or here for coming", () => {
    expect(pageState("sent")).not.toContain("delivered");
    expect(callWords(call({ state: "accepted", person: "midwife" }))).toBe("midwife is COMING, not here yet");
    expect(callWords(call({ state: "attended", person: "midwife" }))).toBe("midwife is AT THE BED");
  });

  it("has words for all that may become of a page, and tells what needs nobody any more from a failure", () => {
    for (const state of ["sending", "sent", "delivered", "read", "failed", "unknown", "withdrawn", "no_answer"])
      expect(pageState(state)).not.toBe(state);
    expect(pageState("withdrawn")).toContain("not sent");
    expect(pageState("no_answer")).toContain("no answer");
  });

  it("sounds the gravest call, not a bed that is paused, and the loss of the server", () => {
    const high = call({ bed: "bed-1", priority: "high", sounding: true });
    const technical = call({ bed: "bed-2", priority: "medium", kind: "technical", sounding: true });
    expect(tuneOf([technical, high], new Set(), false)).toBe("high");
    expect(tuneOf([technical, high], new Set(["bed-1"]), false)).toBe("technical");
    expect(tuneOf([call({ sounding: false })], new Set(), false)).toBeNull();
    expect(tuneOf([], new Set(), true)).toBe("lost");
  });
});

describe("sounds", () => {
  it("have the pulses of the standard, and pitches that people hear", () => {
    expect(BURSTS.high.pulses.length).toBe(10);
    expect(BURSTS.high.every).toBe(10);
    expect(BURSTS.medium.pulses.length).toBe(3);
    expect(BURSTS.medium.every).toBe(25);
    for (const burst of Object.values(BURSTS)) {
      for (const pulse of burst.pulses) {
        expect(pulse.hertz).toBeGreaterThanOrEqual(150);
        expect(pulse.hertz).toBeLessThanOrEqual(1000);
        const audible = HARMONICS.filter((n) => n * pulse.hertz >= 300 && n * pulse.hertz <= 4000);
        expect(audible.length).toBeGreaterThanOrEqual(4);
      }
    }
  });
});

describe("addresses", () => {
  it("lead to a screen, and foreign ones to the board", () => {
    expect(screenOf("#/bed/bed-3")).toEqual({ name: "bed", bed: "bed-3" });
    expect(screenOf("#/alarms")).toEqual({ name: "alarms" });
    expect(screenOf("#/bed/")).toEqual({ name: "board" });
    expect(screenOf("#/%E0%A4%A")).toEqual({ name: "board" });
  });
});

describe("trends", () => {
  const trend = {
    from: "2026-03-01T00:00:00Z",
    to: "2026-03-01T02:00:00Z",
    resolution_seconds: 30,
    signals: {
      rr: { unit: "/min", points: [[3600, 14, 15], [3630, 14, 14], [4500, 9, 9]] as [number, number, number][] },
    },
    events: [],
  };

  it("show what is not known as a gap, never as a straight line", () => {
    const [, low] = trendColumns(trend, "rr").columns;
    expect(low).toEqual([14, 14, null, 9]);
  });

  it("keep the whole time that was asked for on their axis", () => {
    expect(trendColumns(trend, "rr").span).toEqual([Date.parse(trend.from) / 1000, Date.parse(trend.to) / 1000]);
  });
});
