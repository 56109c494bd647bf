// The ward as the stream tells it: a snapshot, then changes. Pure; the page's signals are in store.ts.
import type { Alarm, Bed, Call, Page, Snapshot, Status, Update } from "../api/types";

export interface Ward {
  simulation: boolean;
  name: string;
  mode: string;
  version: string;
  offsetMinutes: number;
  sequence: number;
  status: Status;
  beds: Bed[];
  alarms: Alarm[];
  calls: Call[];
  pages: Page[];
}

const byAlias = new Intl.Collator("en", { numeric: true });

/** Cards keep their place: beds stand in the order of their names, whatever happens at them. */
function inOrder(beds: Bed[]): Bed[] {
  return [...beds].sort((a, b) => byAlias.compare(a.alias, b.alias));
}

export function fromSnapshot(s: Snapshot): Ward {
  return {
    simulation: s.simulation,
    name: s.ward,
    mode: s.mode,
    version: s.version,
    offsetMinutes: s.utc_offset_minutes,
    sequence: s.sequence,
    status: s.status,
    beds: inOrder(s.beds),
    alarms: s.alarms,
    calls: s.calls,
    pages: s.pages,
  };
}

/** Summer time begins or ends while nothing else changes: every time on the board moves with it. */
export function withOffset(ward: Ward, minutes: number | undefined): Ward {
  return minutes === undefined || minutes === ward.offsetMinutes ? ward : { ...ward, offsetMinutes: minutes };
}

/** The ward after an update; null when one is missing between them, so a snapshot is needed. */
export function withUpdate(ward: Ward, update: Update): Ward | null {
  if (update.sequence <= ward.sequence) return ward;
  if (update.sequence !== ward.sequence + 1) return null;
  const changed = new Map(update.beds.map((bed) => [bed.alias, bed]));
  const gone = new Set(update.gone);
  const kept = ward.beds.filter((bed) => !gone.has(bed.alias)).map((bed) => changed.get(bed.alias) ?? bed);
  const known = new Set(ward.beds.map((bed) => bed.alias));
  const added = update.beds.filter((bed) => !known.has(bed.alias) && !gone.has(bed.alias));
  return {
    ...ward,
    offsetMinutes: update.utc_offset_minutes ?? ward.offsetMinutes,
    sequence: update.sequence,
    status: update.status ?? ward.status,
    beds: added.length > 0 ? inOrder([...kept, ...added]) : kept,
    alarms: update.alarms ?? ward.alarms,
    calls: update.calls ?? ward.calls,
    pages: update.pages ?? ward.pages,
  };
}
