import { describe, expect, it } from "vitest";
import type { Bed, Trend } from "../../src/api/types";
import { ofNewestStay } from "../../src/bed/stay";
import { lineOf, remember, since } from "../../src/board/history";
import { snapshotOf } from "./recording";

const DAY = "2026-03-01T";
const event = (at: string, text: string) => ({ at: `${DAY}${at}Z`, kind: "entry", text });

/** Stretches of a minute from 08:00 on: breathing each minute, the knee at 08:10 and 08:30. */
const trend: Trend = {
  from: `${DAY}08:00:00Z`,
  to: `${DAY}09:00:00Z`,
  resolution_seconds: 60,
  signals: {
    rr: { unit: "/min", points: Array.from({ length: 60 }, (_, n): [number, number, number] => [n * 60, n, n]) },
    reflex_knee: { unit: "1", points: [[600, 2, 2], [1800, 0, 0]] },
  },
  events: [event("08:10:00", "hers before"), event("08:30:40", "hers")],
};
const stay = (from: string, to: string | null) => ({ from: `${DAY}${from}Z`, to: to === null ? null : `${DAY}${to}Z` });
const told = (one: Trend) => ({
  rr: one.signals["rr"]?.points[0]?.[1],
  knee: one.signals["reflex_knee"]?.points.map(([, low]) => low),
  events: one.events.map((e) => e.text),
});

describe("the trend of a bed", () => {
  it("begins with the newest stay: the patient before is somebody else", () => {
    const stays = [stay("07:00:00", "08:20:00"), stay("08:30:30", null)];
    expect(told(ofNewestStay({ ...trend, stays }, ["reflex_knee"], null))).toEqual({ rr: 31, knee: [0], events: ["hers"] });
    const back = { ...trend, stays: [...stays].reverse() };
    expect(told(ofNewestStay(back, ["reflex_knee"], null)).rr).toBe(31);
  });

  it("leaves out a charted value of the very minute in which one left and the other came", () => {
    const stays = [stay("07:00:00", "08:30:20"), stay("08:30:30", null)];
    expect(told(ofNewestStay({ ...trend, stays }, ["reflex_knee"], null)).knee).toEqual([]);
  });

  it("that was asked for before the watch began anew shows none of it", () => {
    const stays = [stay("07:00:00", null)];
    const now = told(ofNewestStay({ ...trend, stays }, ["reflex_knee"], `${DAY}08:50:00Z`));
    expect(now).toEqual({ rr: 50, knee: [], events: [] });
  });

  it("is whole where nothing is known of stays", () => {
    expect(ofNewestStay(trend, [], null)).toBe(trend);
  });
});

describe("the line on a card", () => {
  const first = snapshotOf("calm").beds[0]!;
  const at = (now: number, over: Partial<Bed> = {}) => remember([{ ...first, ...over }], now);
  const MINUTE = 60_000;

  it("forgets the patient before, also within the 15 s of one dot", () => {
    at(10 * MINUTE);
    at(11 * MINUTE);
    expect(since(first.alias)).toBe(10 * MINUTE);
    at(11 * MINUTE + 1000, { watched_since: "2026-03-01T09:00:00Z" });
    expect(since(first.alias)).toBe(11 * MINUTE + 1000);
    expect(lineOf(first.alias, 11 * MINUTE + 1000, 300, 28, 40).match(/M/g)).toHaveLength(1);
    at(12 * MINUTE, { watched_since: null });
    expect(since(first.alias)).toBe(12 * MINUTE);
  });
});
