import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Frame } from "../../dev/ward";
import type { Snapshot } from "../../src/api/types";

/** A snapshot as the stream would have it, from a recorded frame of the demo ward. */
export function snapshotOf(name: string, sequence = 7): Snapshot {
  const path = join(process.cwd(), "dev", "recording", `${name}.json`);
  const frame = JSON.parse(readFileSync(path, "utf8")) as Frame;
  return {
    simulation: true,
    server_time: frame.at,
    utc_offset_minutes: 0,
    mode: "demo",
    version: "test",
    ward: "labour",
    sequence,
    status: frame.status,
    beds: frame.beds,
    alarms: frame.alarms,
    calls: frame.calls,
    pages: frame.pages,
  };
}
