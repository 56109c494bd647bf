// Tells the server whether this screen sounds, so that somebody is told of a silent one. Nothing here waits for the answer.
import { change, newKey } from "../api/client";
import { soundOn } from "./sounder";

const EVERY_MS = 30_000;
/** A browser that may sound needs a moment to say so: what it says first would be wrong. */
const SETTLED_MS = 3000;

/** A tab that nobody sees is not a board of the ward. */
function tell(board: string): void {
  if (document.visibilityState !== "visible") return;
  void change("/api/v1/boards/sound", { board, sound: soundOn.peek() ? "on" : "off" });
}

export function followTelling(): void {
  const board = newKey();
  let settled: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    clearTimeout(settled);
    settled = setTimeout(() => tell(board), SETTLED_MS);
  };
  soundOn.subscribe(soon);
  document.addEventListener("visibilitychange", soon);
  setInterval(() => tell(board), EVERY_MS);
}
