// The stream through the worker that all tabs share; a stream of our own where there is none, or where it does not answer.
import { type Message, type Source, openStream } from "./source";

const URL_OF_STREAM = "/api/v1/stream";
/** So often a shared stream is asked for a snapshot in vain before this tab opens its own. */
const PATIENCE = 2;

export function sharedStream(heard: (message: Message | null) => void): Source {
  if (typeof SharedWorker === "undefined") return openStream(URL_OF_STREAM, heard);
  let own: Source | null = null;
  let asked = 0;
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: "magwatch" });
  const alone = () => {
    worker.port.postMessage("bye");
    own ??= openStream(URL_OF_STREAM, heard);
  };
  worker.onerror = alone;
  worker.port.onmessage = (event: MessageEvent) => {
    asked = 0;
    if (own === null) heard(event.data as Message | null);
  };
  addEventListener("pagehide", () => worker.port.postMessage("bye"));
  // Out of the browser's memory of left pages: the worker has forgotten this tab.
  addEventListener("pageshow", (event) => {
    if (event.persisted) alone();
  });
  return {
    reopen() {
      if (own !== null) return own.reopen();
      if (++asked > PATIENCE) alone();
      else worker.port.postMessage("reopen");
    },
    close() {
      worker.port.postMessage("bye");
      own?.close();
    },
  };
}
