// Which beds this screen showed last, by name alone: what it draws until the server has spoken. Nothing of a patient.
import type { Bed } from "../api/types";

const NAME = "magwatch-places";
const MOST = 200;

export interface Place {
  alias: string;
  place: string;
}

let kept = "";

/** To be told whenever beds are known; written where their names changed. */
export function rememberPlaces(beds: Bed[]): void {
  const text = JSON.stringify(beds.slice(0, MOST).map(({ alias, place }) => ({ alias, place })));
  if (text === kept) return;
  kept = text;
  try {
    localStorage.setItem(NAME, text);
  } catch {
    // Storage is off: the next start shows cards without names.
  }
}

export function placesOf(text: string | null): Place[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    if (!Array.isArray(found)) return [];
    return (found as Partial<Place>[])
      .slice(0, MOST)
      .filter((one): one is Place => typeof one?.alias === "string" && typeof one.place === "string");
  } catch {
    return [];
  }
}

/** In the order of the cards; none: this screen never showed a ward, or may store nothing. */
export function lastPlaces(): Place[] {
  try {
    return placesOf(localStorage.getItem(NAME));
  } catch {
    return [];
  }
}
