// One stream for all tabs of a browser: over HTTP/1.1 it allows six connections to a server, and each tab needs some for
// what it sends. Every tab judges by itself how old what it hears is.
import { type Message, type Source, openStream } from "./source";

const ports = new Set<MessagePort>();
const REOPEN_AT_MOST_EVERY_MS = 2000;
let source: Source | null = null;
let reopenedAt = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;

function tell(message: Message | null): void {
  for (const port of ports) port.postMessage(message);
}

/** A new snapshot, for a tab that came or that missed something; what several tabs ask for at once is one. */
function reopen(): void {
  const wait = reopenedAt + REOPEN_AT_MOST_EVERY_MS - performance.now();
  if (wait > 0) {
    waiting ??= setTimeout(() => {
      waiting = undefined;
      reopen();
    }, wait);
    return;
  }
  reopenedAt = performance.now();
  source?.reopen();
}

const scope = self as unknown as { onconnect: (event: MessageEvent) => void };
scope.onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  ports.add(port);
  port.onmessage = (asked: MessageEvent) => {
    if (asked.data === "bye") ports.delete(port);
    else if (asked.data === "reopen") reopen();
  };
  // Opened for the first tab, not before it: its snapshot would go to nobody.
  if (source !== null) return reopen();
  reopenedAt = performance.now();
  source = openStream("/api/v1/stream", tell);
};
