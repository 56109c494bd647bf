// Times as staff read them: 24-hour, of the ward's own zone, seconds only where they matter.

/** 02:14 or 02:14:31 at the ward, `offsetMinutes` ahead of UTC. */
export function clockTime(ms: number, offsetMinutes: number, seconds = false): string {
  const at = new Date(ms + offsetMinutes * 60_000);
  return at.toISOString().slice(11, seconds ? 19 : 16);
}

const DAY_MS = 86_400_000;

/** 02:14 of today, "21 Nov 23:50" of another day: what lies further back must not be taken for today. */
export function dayTime(ms: number, nowMs: number, offsetMinutes: number): string {
  const day = (at: number) => Math.floor((at + offsetMinutes * 60_000) / DAY_MS);
  if (day(ms) === day(nowMs)) return clockTime(ms, offsetMinutes);
  const date = new Date(ms + offsetMinutes * 60_000);
  const month = date.toLocaleString("en-GB", { month: "short", timeZone: "UTC" });
  return `${date.getUTCDate()} ${month} ${clockTime(ms, offsetMinutes)}`;
}

/** 0:42, 12:05, 1:02:03: minutes and seconds of a length of time, hours when there are any. */
export function stopwatch(milliseconds: number): string {
  const all = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (n: number) => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** 40 s, 12 min, 3 h 05 min: a length of time in words. */
export function span(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

/** "in 21 min" or "OVERDUE 12 min". */
export function dueWords(due: string, overdue: boolean, nowMs: number): string {
  const left = Date.parse(due) - nowMs;
  if (overdue || left < 0) return `OVERDUE ${span(-left)}`;
  return `due in ${span(left)}`;
}

/** "10:00 left", or "OVER by 0:30": a timer goes on counting past its end. */
export function timerWords(due: string, nowMs: number): string {
  const left = Date.parse(due) - nowMs;
  return left >= 0 ? `${stopwatch(left)} left` : `OVER by ${stopwatch(-left)}`;
}
