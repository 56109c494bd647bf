// What a plot knows of the limits in force: pale bands behind the dots, and where the newest value stands. Pure.
import type { Limit, Priority } from "../api/types";
import { tidy } from "../words/units";

const RANK: Record<Priority, number> = { high: 0, medium: 1, low: 2 };

export type Zone = "act" | "watch";

export interface Band {
  zone: Zone;
  /** Null: without end. */
  from: number | null;
  to: number | null;
}

/** A charted sign is judged by the limits of the sign that it is. */
const JUDGED_AS: Record<string, readonly string[]> = {
  rr_counted: ["rr_counted", "rr"],
  reflex_knee: ["reflex_knee", "reflex"],
  reflex_arm: ["reflex_arm", "reflex"],
};

/** Under a working epidural or spinal the legs say nothing: the arm alone is judged. */
export function judged(signal: string, epidural: boolean): boolean {
  return !(epidural && signal === "reflex_knee");
}

/**
 * The limits that alarm by themselves. One in another unit than the plot's is left out: it is never converted by guess.
 */
export function limitsOf(limits: Limit[], signal: string, unit: string): Limit[] {
  const names = JUDGED_AS[signal] ?? [signal];
  const found = limits.filter((limit) => names.includes(limit.signal) && limit.unit === unit && limit.alone);
  // Several rules may share a line: the gravest of them is drawn.
  return found.filter(
    (one) =>
      !found.some(
        (other) =>
          other !== one &&
          other.side === one.side &&
          other.value === one.value &&
          (RANK[other.priority] < RANK[one.priority] ||
            (other.priority === one.priority && found.indexOf(other) < found.indexOf(one))),
      ),
  );
}

function zoneOf(priority: Priority): Zone {
  return priority === "high" ? "act" : "watch";
}

/** The band that reaches furthest into the middle wins on each side; "act" is drawn above "watch". */
export function bandsOf(limits: Limit[]): Band[] {
  const bands: Band[] = [];
  for (const zone of ["watch", "act"] as const) {
    const of = (side: Limit["side"]) =>
      limits.filter((l) => l.side === side && zoneOf(l.priority) === zone).map((l) => l.value);
    const [below, above] = [of("below"), of("above")];
    if (below.length > 0) bands.push({ zone, from: null, to: Math.max(...below) });
    if (above.length > 0) bands.push({ zone, from: Math.min(...above), to: null });
  }
  return bands;
}

function broken(limit: Limit, value: number): boolean {
  if (value === limit.value) return limit.inclusive;
  return limit.side === "below" ? value < limit.value : value > limit.value;
}

/** "below limit 12", the gravest that is broken and of those the furthest; "within limits"; "" where no limit is known. */
export function standing(limits: Limit[], value: number): string {
  if (limits.length === 0) return "";
  const far = (limit: Limit) => Math.abs(value - limit.value);
  const worst = limits
    .filter((limit) => broken(limit, value))
    .sort((a, b) => RANK[a.priority] - RANK[b.priority] || far(b) - far(a))[0];
  return worst === undefined ? "within limits" : `${worst.side} limit ${tidy(worst.value)}`;
}

/**
 * The axis holds what was measured, and each limit that is near it, so that the band beside a good value is seen. One far
 * off is left out (the words above the plot name it): it would press the dots into a line.
 */
export function axisOf(low: number | null, high: number | null, limits: Limit[]): [number, number] {
  const values = [low, high].filter((v): v is number => v !== null && Number.isFinite(v));
  if (values.length === 0) return [0, 1];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const near = Math.max(most - least, Math.abs(most) * 0.25, 1);
  const all = [...values, ...limits.map((l) => l.value).filter((v) => v >= least - near && v <= most + near)];
  const [bottom, top] = [Math.min(...all), Math.max(...all)];
  const room = Math.max((top - bottom) * 0.1, 0.5);
  return [bottom - room, top + room];
}
