// Marks of urgency. Shape and word carry the meaning, colour only repeats it.
import type { Alarm, Priority } from "../api/types";

export type Band = "high" | "medium" | "technical" | "low" | "none";

const STARS: Record<Priority, string> = { high: "***", medium: "**", low: "*" };

/** `***` high, `** ?` medium technical: a technical alarm keeps its own stars. */
export function mark(alarm: Pick<Alarm, "priority" | "kind">): string {
  return STARS[alarm.priority] + (alarm.kind === "technical" ? " ?" : "");
}

export function priorityWords(alarm: Pick<Alarm, "priority" | "kind">): string {
  return alarm.priority.toUpperCase() + (alarm.kind === "technical" ? " TECHNICAL" : "");
}

const RANK: Record<Priority, number> = { high: 0, medium: 1, low: 2 };

/** Most urgent first: priority, then a patient before a device, grade, what nobody took, and the older one. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    RANK[a.priority] - RANK[b.priority] ||
    Number(a.kind === "technical") - Number(b.kind === "technical") ||
    b.grade - a.grade ||
    Number(untaken(b)) - Number(untaken(a)) ||
    a.since.localeCompare(b.since)
  );
}

export function bandOf(alarm: Alarm | undefined): Band {
  if (alarm === undefined) return "none";
  if (alarm.priority === "high") return "high";
  if (alarm.priority === "low") return "low";
  return alarm.kind === "technical" ? "technical" : "medium";
}

/** Nobody deals with it yet, and nobody has shelved it. */
function untaken(alarm: Alarm): boolean {
  return !alarm.acknowledged && alarm.shelved == null;
}

/** What rings here and nobody has taken yet: only that flashes. */
export function flashes(alarm: Alarm | undefined): boolean {
  return alarm !== undefined && alarm.priority !== "low" && untaken(alarm);
}

/** What a card names: the gravest that nobody has taken, however grave one is that somebody deals with; else the gravest. */
export function namedFirst(sorted: Alarm[]): Alarm | undefined {
  return sorted.find(flashes) ?? sorted[0];
}

/** A band flashes for the gravest that nobody has taken, as fast as that one is urgent. */
export function flashOf(alarm: Alarm | undefined): string {
  if (alarm === undefined || !flashes(alarm)) return "";
  return alarm.priority === "high" ? " flash" : " flash slow";
}

/** The state of an alarm in words. Acknowledged is never "fixed". */
export function stateWords(alarm: Alarm): string {
  if (!alarm.condition) return "ended, not yet seen";
  if (alarm.shelved != null) return "shelved";
  return alarm.acknowledged ? `acknowledged by ${alarm.acknowledged_by ?? "somebody"}` : "active";
}
