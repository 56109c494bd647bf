import { describe, expect, it } from "vitest";
import { csvOf } from "../../src/alarms/past";
import type { Limit, TrendEvent } from "../../src/api/types";
import { signsOf } from "../../src/bed/EventStrip";
import { axisOf, bandsOf, judged, limitsOf, standing } from "../../src/bed/bands";
import { sentence } from "../../src/bed/Trends";
import { dayTime } from "../../src/words/times";

const limit = (side: Limit["side"], value: number, priority: Limit["priority"], more: Partial<Limit> = {}): Limit => ({
  signal: "rr",
  side,
  value,
  unit: "/min",
  inclusive: false,
  priority,
  rule: "r",
  alone: true,
  own: false,
  ...more,
});
const RR = [limit("below", 12, "high"), limit("below", 14, "medium"), limit("above", 30, "medium")];

describe("limits on a plot", () => {
  it("are pale bands: watch, and act above it", () => {
    expect(bandsOf(RR)).toEqual([
      { zone: "watch", from: null, to: 14 },
      { zone: "watch", from: 30, to: null },
      { zone: "act", from: null, to: 12 },
    ]);
  });

  it("are only those of this sign, in its unit, that alarm by themselves; of one line the gravest", () => {
    const all = [
      ...RR,
      limit("below", 12, "medium", { rule: "other" }),
      limit("below", 20, "high", { alone: false }),
      limit("below", 18, "high", { unit: "/h" }),
      limit("below", 94, "high", { signal: "spo2", unit: "%" }),
    ];
    expect(limitsOf(all, "rr", "/min")).toEqual(RR);
    expect(limitsOf(all, "rr_counted", "/min")).toEqual(RR);
    expect(limitsOf(all, "hr", "/min")).toEqual([]);
  });

  it("of the reflex are those of both sites, but not of a knee under an epidural", () => {
    const reflex = [limit("below", 1, "high", { signal: "reflex", unit: "1" })];
    for (const site of ["reflex_knee", "reflex_arm"]) expect(limitsOf(reflex, site, "1")).toEqual(reflex);
    expect([judged("reflex_knee", false), judged("reflex_arm", true), judged("rr", true)]).toEqual([true, true, true]);
    expect(judged("reflex_knee", true)).toBe(false);
  });

  it("are on the axis where they are near, and do not press the dots into a line where they are far", () => {
    expect(axisOf(97, 99, [limit("below", 90, "high")])[0]).toBeLessThan(90);
    expect(axisOf(9, 16, RR)[1]).toBeLessThan(20);
    expect(axisOf(null, null, RR)).toEqual([0, 1]);
  });

  it("say where the newest value stands", () => {
    expect(standing(RR, 9)).toBe("below limit 12");
    expect(standing(RR, 13)).toBe("below limit 14");
    expect(standing(RR, 12)).toBe("below limit 14");
    expect(standing([limit("below", 12, "high", { inclusive: true })], 12)).toBe("below limit 12");
    expect(standing(RR, 31)).toBe("above limit 30");
    expect(standing(RR, 16)).toBe("within limits");
    expect(standing([], 16)).toBe("");
  });

  it("stand in the sentence for those who do not see the picture", () => {
    const data = { columns: [[1, 2], [15, 9], [15, 9]] as [number[], number[], number[]], span: null };
    expect(sentence("RR", data, 2, RR)).toBe("RR 9, falling from 15 over 2 h, below limit 12");
    expect(sentence("RR", data, 6, [])).toBe("RR 9, falling from 15 over 6 h");
  });
});

describe("the strip of events", () => {
  it("puts each on its lane at its time, and marks what lies on each other", () => {
    const event = (at: number, kind: string, priority: TrendEvent["priority"] = null): TrendEvent => ({
      at: new Date(at).toISOString(),
      kind,
      text: kind,
      priority,
    });
    const signs = { alarm: "!", alarm_over: "o" };
    const events = [event(1000, "alarm", "high"), event(1001, "alarm_over"), event(2000, "alarm_over"), event(0, "entry")];
    expect(signsOf(events, signs, (at) => at / 10)).toEqual([
      { x: 100, text: "!+", high: true },
      { x: 200, text: "o", high: false },
    ]);
  });
});

describe("what leaves the board", () => {
  it("is a table in which no cell is a formula or breaks out of its cell", () => {
    expect(csvOf(["a", "b"], [["=1+1", 'say "hi", now'], ["-2", "x\ny"]])).toBe(
      `a,b\r\n'=1+1,"say ""hi"", now"\r\n'-2,"x\ny"\r\n`,
    );
  });

  it("names the day where it is not today's, by the ward's own clock", () => {
    const now = Date.UTC(2026, 2, 1, 0, 30);
    expect(dayTime(Date.UTC(2026, 1, 28, 23, 50), now, 60)).toBe("00:50");
    expect(dayTime(Date.UTC(2026, 1, 28, 22, 50), now, 60)).toBe("28 Feb 23:50");
  });
});
