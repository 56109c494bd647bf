// How a signal of a bed is read aloud: number, unit, word, and what it was when it is not known any more.
import type { Bed, Signal } from "../api/types";
import { tidy } from "./units";

const UNITS: Record<string, string> = { "/min": "/min", "%": "%", Cel: "°C", "1": "" };
const AVPU = ["alert", "voice", "pain", "unresponsive"];
const REFLEX = ["0 absent", "1+ weak", "2+ normal", "3+ brisk", "4+ clonus"];

export function signalOf(bed: Bed, name: string): Signal | undefined {
  return bed.signals.find((s) => s.signal === name);
}

export function unitWords(unit: string): string {
  return UNITS[unit] ?? unit;
}

/** A reflex grade in the words of the entry sheet. */
export function reflexWords(grade: number): string {
  return REFLEX[grade] ?? tidy(grade);
}

/** What stands for a value that is not known. Never a zero, never an old number. */
export const UNKNOWN = "--";

/** The number alone, as large digits show it. */
export function digits(signal: Signal | undefined, usable: boolean): string {
  if (!usable || signal === undefined || signal.value === null) return UNKNOWN;
  if (signal.signal.startsWith("reflex")) return signal.value === 0 ? "0" : `${tidy(signal.value)}+`;
  if (signal.word !== undefined) return signal.word;
  return tidy(signal.value, 1);
}

/** A value in the past, for "was 14 at 02:08". */
export function lastWords(signal: Signal): string | null {
  if (signal.last === null) return null;
  if (signal.signal.startsWith("reflex")) return reflexWords(signal.last.value);
  if (signal.signal === "avpu") return AVPU[signal.last.value] ?? tidy(signal.last.value);
  const unit = unitWords(signal.unit);
  return `${tidy(signal.last.value, 1)}${unit === "" ? "" : ` ${unit}`}`;
}
