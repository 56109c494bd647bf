// How a signal of a bed is read aloud: number, unit, word, and what it was when it is not known any more.
import type { Bed, Signal } from "../api/types";
import { tidy } from "./units";

const UNITS: Record<string, string> = { "/min": "/min", "%": "%", Cel: "°C", "1": "" };
const AVPU = ["alert", "voice", "pain", "unresponsive"];
const REFLEXES = ["reflex", "reflex_knee", "reflex_arm"];
/** What has no unit and is no yes or no. */
const NUMBERS = ["gcs", "gestation", "level_doubt"];
const CODES = ["symptom", "symptoms", "indication", "salt"];
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

/** A value of this sign with its unit, in the words of the entry sheet where it has some. */
export function wordsOf(signal: Signal, value: number): string {
  if (REFLEXES.includes(signal.signal)) return reflexWords(value);
  if (signal.signal === "avpu") return AVPU[value] ?? tidy(value);
  if (signal.word !== undefined && value === signal.value) return signal.word;
  if (CODES.includes(signal.signal)) return value > 0 ? "some" : "none";
  if (signal.unit === "1" && !NUMBERS.includes(signal.signal)) return value > 0 ? "yes" : "no";
  const unit = unitWords(signal.unit);
  return `${tidy(value, 1)}${unit === "" ? "" : ` ${unit}`}`;
}

/** A value in the past, for "was 14 at 02:08". */
export function lastWords(signal: Signal): string | null {
  return signal.last === null ? null : wordsOf(signal, signal.last.value);
}
