// What may be shelved, why, and how it is told. Pure.
import type { Alarm } from "../api/types";
import { clockTime } from "../words/times";

export const SHELVE_REASONS = [
  { value: "device_away", label: "the device is away" },
  { value: "known_fault", label: "a known fault" },
  { value: "being_repaired", label: "it is being repaired" },
  { value: "patient_moved", label: "the patient was moved" },
  { value: "other", label: "other: say what" },
] as const;

export const SHELVE_MINUTES = [15, 30, 60, 120, 240] as const;

/** The server decides; this says which it will not even ask. What is of a patient, or high, is never shelved. */
export function mayShelve(alarm: Pick<Alarm, "kind" | "priority" | "shelved">): boolean {
  return alarm.kind === "technical" && alarm.priority !== "high" && alarm.shelved == null;
}

/** "shelved by A. Night until 14:20: the device is away (sent for repair)"; null: it is not. */
export function shelvedWords(alarm: Alarm, name: (person: string) => string, offsetMinutes: number): string | null {
  if (alarm.shelved == null) return null;
  const { by, reason, note, until } = alarm.shelved;
  const label = SHELVE_REASONS.find((one) => one.value === reason)?.label ?? reason;
  const why = reason === "other" && note !== null ? note : `${label}${note === null ? "" : ` (${note})`}`;
  return `shelved by ${name(by)} until ${clockTime(Date.parse(until), offsetMinutes)}: ${why}`;
}
