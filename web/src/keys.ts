// Keys for those who have a keyboard: off while a field has the focus or a sheet lies open, and they can be turned off.
import { go, remembered, screen, sheet, unlocking } from "./navigation";
import { alarmsOf, ward } from "./live/store";
import { byUrgency, flashes } from "./words/marks";

export const keysOn = remembered("keys", true);

function bedHere(): string | null {
  const now = screen.value;
  return "bed" in now ? now.bed : null;
}

function pressed(key: string): boolean {
  const bed = bedHere();
  if (/^[1-9]$/.test(key)) {
    const found = ward.value?.beds[Number(key) - 1];
    if (found !== undefined) go("bed", found.alias);
  } else if (key === "b") go("board");
  else if (key === "l") go("alarms");
  else if (key === "?") sheet.value = { kind: "help" };
  else if (key === "e" && bed !== null) sheet.value = { kind: "entry", bed };
  else if (key === "p" && bed !== null) sheet.value = { kind: "pause", bed };
  else if (key === "a") {
    const here = document.activeElement?.closest<HTMLElement>("[data-alarm]")?.dataset["alarm"];
    const open = (bed === null ? (ward.value?.alarms ?? []) : alarmsOf(bed)).filter(flashes);
    const worst = open.find((a) => a.id === here) ?? [...open].sort(byUrgency)[0];
    if (worst !== undefined) sheet.value = { kind: "acknowledge", alarm: worst.id };
  } else return false;
  return true;
}

export function followKeys(): void {
  addEventListener("keydown", (event) => {
    if (!keysOn.value || sheet.value !== null || unlocking.value || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.target;
    if (target instanceof HTMLElement && ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)) return;
    if (pressed(event.key)) event.preventDefault();
  });
}
