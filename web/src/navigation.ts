// Where the user is and what lies open: the hash of the address, and one sheet above it.
import { type Signal, signal } from "@preact/signals";

export type Screen =
  | { name: "board" }
  | { name: "bed"; bed: string }
  | { name: "checklist"; bed: string }
  | { name: "handover"; bed: string }
  | { name: "alarms" }
  | { name: "pages" }
  | { name: "status" };

export type Sheet =
  | { kind: "entry"; bed: string; corrects?: Correcting }
  | { kind: "correct"; bed: string; entry: string }
  | { kind: "concerned"; bed: string }
  | { kind: "calmed"; bed: string }
  | { kind: "somebody"; bed: string }
  | { kind: "again"; call: string }
  | { kind: "phoned"; call: string }
  | { kind: "setup" }
  | { kind: "symptoms"; bed: string }
  | { kind: "infusion"; bed: string }
  | { kind: "screening"; bed: string }
  | { kind: "watch"; bed: string }
  | { kind: "acknowledge"; alarm: string }
  | { kind: "rule"; alarm: string }
  | { kind: "shelve"; alarm: string }
  | { kind: "unshelve"; alarm: string }
  | { kind: "second"; bed: string }
  | { kind: "pause"; bed: string }
  | { kind: "answer"; call: string; answer: "coming" | "cannot" | "here" }
  | { kind: "help" };

/** An entry that another one is to replace, and why. */
export interface Correcting {
  id: string;
  kind: string;
  text: string;
  at: string;
  reason: string;
}

export function screenOf(hash: string): Screen {
  const [name = "", bed = ""] = hash.replace(/^#\/?/, "").split("/").map(safeDecode);
  switch (name) {
    case "bed":
    case "checklist":
    case "handover":
      return bed === "" ? { name: "board" } : { name, bed };
    case "alarms":
    case "pages":
    case "status":
      return { name };
    default:
      return { name: "board" };
  }
}

function safeDecode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

export const screen = signal<Screen>({ name: "board" });
export const sheet = signal<Sheet | null>(null);
/** The lock lies above whatever is open, so that nothing that was typed is lost. */
export const unlocking = signal(false);

export function link(name: Screen["name"], bed?: string): string {
  return bed === undefined ? `#/${name}` : `#/${name}/${encodeURIComponent(bed)}`;
}

export function go(name: Screen["name"], bed?: string): void {
  location.hash = link(name, bed);
  // The browser tells of the new address later; the next key must not act on the screen that was left.
  screen.value = screenOf(location.hash);
}

export function followAddress(): void {
  const look = () => {
    screen.value = screenOf(location.hash);
  };
  addEventListener("hashchange", look);
  look();
}

/** What a person chose at this screen, remembered by its browser where that may store anything. */
export function remembered(key: string, otherwise: boolean): Signal<boolean> {
  const name = `magwatch-${key}`;
  const chosen = signal(otherwise);
  try {
    const kept = localStorage.getItem(name);
    if (kept !== null) chosen.value = kept === "yes";
  } catch {
    // Storage is off: it holds until the page is loaded again.
  }
  chosen.subscribe((value) => {
    try {
      localStorage.setItem(name, value ? "yes" : "no");
    } catch {
      // As above.
    }
  });
  return chosen;
}

export const night = remembered("night", false);
/** Off: cards keep their places, which staff learn. */
export const urgentFirst = remembered("urgent-first", false);

export function followNight(): void {
  night.subscribe((dark) => (document.documentElement.dataset["night"] = dark ? "yes" : "no"));
}
