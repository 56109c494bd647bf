// Where the user is and what lies open: the hash of the address, and one sheet above it.
import { signal } from "@preact/signals";

export type Screen =
  | { name: "board" }
  | { name: "bed"; bed: string }
  | { name: "checklist"; bed: string }
  | { name: "handover"; bed: string }
  | { name: "alarms" }
  | { name: "pages" }
  | { name: "status" };

export type Sheet =
  | { kind: "entry"; bed: string }
  | { kind: "symptoms"; bed: string }
  | { kind: "infusion"; bed: string }
  | { kind: "screening"; bed: string }
  | { kind: "watch"; bed: string }
  | { kind: "acknowledge"; alarm: string }
  | { kind: "pause"; bed: string }
  | { kind: "answer"; call: string; answer: "coming" | "cannot" | "here" }
  | { kind: "help" };

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
export const night = signal(false);

export function link(name: Screen["name"], bed?: string): string {
  return bed === undefined ? `#/${name}` : `#/${name}/${encodeURIComponent(bed)}`;
}

export function go(name: Screen["name"], bed?: string): void {
  location.hash = link(name, bed);
}

export function followAddress(): void {
  const look = () => {
    screen.value = screenOf(location.hash);
  };
  addEventListener("hashchange", look);
  look();
}

const NIGHT_KEY = "magwatch-night";

export function followNight(): void {
  try {
    night.value = localStorage.getItem(NIGHT_KEY) === "yes";
  } catch {
    night.value = false; // storage is off: day
  }
  document.documentElement.dataset["night"] = night.value ? "yes" : "no";
}

export function toggleNight(): void {
  night.value = !night.value;
  document.documentElement.dataset["night"] = night.value ? "yes" : "no";
  try {
    localStorage.setItem(NIGHT_KEY, night.value ? "yes" : "no");
  } catch {
    // Without storage it holds until the page is loaded again.
  }
}
