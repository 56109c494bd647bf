// The hour that the wards of these tests take it for. What the board says of a time depends on it: an entry of an hour
// ago is of yesterday shortly after midnight. So it is chosen here, and not by whenever the tests happen to run.

/** Minutes by which the ward's clock must be ahead of UTC to say 10:00 now, or what MAGWATCH_TEST_CLOCK says. */
export function wardOffset(now = Date.now()): number {
  const said = process.env["MAGWATCH_TEST_CLOCK"] ?? "10:00";
  const found = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(said);
  if (found === null) throw new Error(`MAGWATCH_TEST_CLOCK is ${said}, not a time as 10:00`);
  const utc = Math.floor(now / 60_000) % 1440;
  const ahead = Number(found[1]) * 60 + Number(found[2]) - utc;
  return ahead > 720 ? ahead - 1440 : ahead <= -720 ? ahead + 1440 : ahead;
}

/** The same as a time zone for a daemon's environment (POSIX: what is east of Greenwich has a minus). */
export function wardZone(now = Date.now()): string {
  const ahead = wardOffset(now);
  const two = (n: number) => String(n).padStart(2, "0");
  const size = Math.abs(ahead);
  return `<ward>${ahead >= 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}
