// What the history of a bed tells of the patient who is there now: whoever lay there before is somebody else. Pure.
import type { Trend } from "../api/types";

/**
 * The trend from the beginning of the newest stay on. A stretch in which it began may hold the patient before, too: it is
 * kept for what is charted alone (`charted`), and only where no earlier stay reaches into it. `watchedSince` is the bed's
 * own word, newer than an answer that was asked for before.
 */
export function ofNewestStay(trend: Trend, charted: readonly string[], watchedSince: string | null): Trend {
  const stays = [...(trend.stays ?? [])].sort((a, b) => Date.parse(a.from) - Date.parse(b.from));
  const newest = stays.pop();
  const known = [newest?.from, watchedSince].filter((at) => typeof at === "string").map((at) => Date.parse(at));
  if (known.length === 0) return trend;
  const began = Math.max(...known);
  const start = Date.parse(trend.from);
  const step = Math.max(trend.resolution_seconds, 1) * 1000;
  const stretch = start + Math.floor((began - start) / step) * step;
  const mixed = [...stays, ...(newest !== undefined && Date.parse(newest.from) < began ? [newest] : [])].some(
    ({ to }) => to === null || Date.parse(to) > stretch,
  );
  const signals = Object.entries(trend.signals).map(([name, row]) => {
    const from = charted.includes(name) && !mixed ? stretch : began;
    return [name, { ...row, points: row.points.filter(([t]) => start + t * 1000 >= from) }] as const;
  });
  const events = trend.events.filter((event) => Date.parse(event.at) >= began);
  return { ...trend, signals: Object.fromEntries(signals), events };
}
