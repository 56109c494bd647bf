// The last 2 h of one sign as this page heard it, for the small line on a card. Not stored, and it says since when.
import type { Bed } from "../api/types";
import { signalOf } from "../words/signals";

export interface Dot {
  at: number; // server time, ms
  value: number | null; // null: not known then; the line has a gap
}

const KEEP_MS = 2 * 3600_000;
const EVERY_MS = 15_000;

const dots = new Map<string, Dot[]>();
/** Whose dots they are: the beginning of the watch. Another one is another patient. */
const stays = new Map<string, string | null>();

export function remember(beds: Bed[], now: number): void {
  if (now === 0) return;
  for (const bed of beds) {
    if (stays.get(bed.alias) !== bed.watched_since) dots.delete(bed.alias);
    stays.set(bed.alias, bed.watched_since);
    const row = dots.get(bed.alias) ?? [];
    const newest = row[row.length - 1];
    if (newest !== undefined && now - newest.at < EVERY_MS) continue;
    row.push({ at: now, value: signalOf(bed, "rr")?.value ?? null });
    while (row[0] !== undefined && now - row[0].at > KEEP_MS) row.shift();
    dots.set(bed.alias, row);
  }
}

/** What nobody heard is a gap, too: the line never crosses the time of a lost connection. */
export function lineOf(alias: string, now: number, width: number, height: number, top: number): string {
  let path = "";
  let before: Dot | null = null;
  for (const dot of dots.get(alias) ?? []) {
    if (dot.value === null) {
      before = null;
      continue;
    }
    const x = width - ((now - dot.at) / KEEP_MS) * width;
    const y = height - (Math.min(dot.value, top) / top) * height;
    const joined = before !== null && dot.at - before.at < 4 * EVERY_MS;
    path += `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    if (!joined) path += `h0.1`;
    before = dot;
  }
  return path;
}

export function since(alias: string): number | null {
  return dots.get(alias)?.[0]?.at ?? null;
}
