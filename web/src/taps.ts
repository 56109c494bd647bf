// A tap belongs to what the finger came down on. The page is live: an alarm that comes between down and up moves all that
// is below it, and the browser would then give the tap to nobody, or to what has come under the finger since.

/** So far, in px, a finger rolls while it taps; what goes further was a slide, and was meant to be one. */
const ROLLS = 24;
/** A browser's own click follows a finger's lift within this; after it none comes. */
const CLICK_WITHIN_MS = 350;
const ACTS = "button, a[href], summary";

interface Down {
  pointer: number;
  what: HTMLElement;
  x: number;
  y: number;
}

let down: Down | null = null;
/** What was tapped, while its click has not come. */
let owed: HTMLElement | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;

/** A sheet that opened since lies above it: then the tap was not meant for what it hides. */
function hidden(what: HTMLElement): boolean {
  const sheets = document.querySelectorAll("dialog[open]");
  const top = sheets[sheets.length - 1];
  return top !== undefined && !top.contains(what);
}

function pay(): void {
  const what = owed;
  owed = null;
  clearTimeout(timer);
  if (what?.isConnected && !hidden(what)) what.click();
}

function came(event: PointerEvent): void {
  down = null;
  if (!event.isPrimary || event.button !== 0 || !(event.target instanceof Element)) return;
  const what = event.target.closest<HTMLElement>(ACTS);
  if (what !== null) down = { pointer: event.pointerId, what, x: event.clientX, y: event.clientY };
}

function went(event: PointerEvent): void {
  const from = down;
  down = null;
  if (from === null || from.pointer !== event.pointerId) return;
  if (Math.hypot(event.clientX - from.x, event.clientY - from.y) > ROLLS) return;
  owed = from.what;
  clearTimeout(timer);
  timer = setTimeout(pay, CLICK_WITHIN_MS);
}

function clicked(event: MouseEvent): void {
  if (owed === null || !event.isTrusted) return;
  if (event.target instanceof Node && owed.contains(event.target)) {
    owed = null;
    clearTimeout(timer);
    return;
  }
  event.preventDefault();
  event.stopImmediatePropagation();
  pay();
}

export function followTaps(): void {
  addEventListener("pointerdown", came, true);
  addEventListener("pointerup", went, true);
  addEventListener("pointercancel", () => (down = null), true);
  addEventListener("click", clicked, true);
}
