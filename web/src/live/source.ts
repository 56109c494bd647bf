// The live stream, read by EventSource. It opens itself anew when it breaks; the page asks for that when messages lag.
import type { Heartbeat, Snapshot, Update } from "../api/types";

export type Message =
  | { kind: "snapshot"; data: Snapshot }
  | { kind: "update"; data: Update }
  | { kind: "heartbeat"; data: Heartbeat };

export interface Source {
  /** Drops the connection and opens another; a snapshot comes first. */
  reopen(): void;
  close(): void;
}

const REOPEN_AFTER_MS = 2000;
const KINDS = ["snapshot", "update", "heartbeat"] as const;

function parsed(kind: (typeof KINDS)[number], text: string): Message | null {
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data !== "object" || data === null || !("server_time" in data)) return null;
    return { kind, data } as Message;
  } catch {
    return null;
  }
}

/** What cannot be read is told as null: the page then opens the stream anew. */
export function openStream(url: string, heard: (message: Message | null) => void): Source {
  let events: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  function open(): void {
    clearTimeout(timer);
    events?.close();
    if (closed) return;
    const mine = new EventSource(url);
    events = mine;
    for (const kind of KINDS) {
      mine.addEventListener(kind, (event) => {
        if (mine === events) heard(parsed(kind, String((event as MessageEvent).data)));
      });
    }
    mine.onerror = () => {
      if (mine !== events || mine.readyState !== EventSource.CLOSED) return;
      clearTimeout(timer);
      timer = setTimeout(open, REOPEN_AFTER_MS);
    };
  }

  open();
  return {
    reopen: open,
    close() {
      closed = true;
      clearTimeout(timer);
      events?.close();
    },
  };
}
