// Who works at this station. The server decides; the page only remembers what it said.
import { computed, signal } from "@preact/signals";
import { type Outcome, change, read } from "../api/client";
import type { Person, Role, SessionState } from "../api/types";
import { serverNow } from "../live/store";

export const people = signal<Person[]>([]);
/** Why the list of people is not known; null: it is. */
export const peopleMissing = signal<string | null>("not asked yet");
export const session = signal<SessionState | null>(null);

/** Who may chart here now; null: the station is locked. */
export const unlocked = computed(() => {
  const who = session.value?.unlocked ?? null;
  if (who === null) return null;
  return serverNow.value > 0 && Date.parse(who.until) <= serverNow.value ? null : who;
});

export async function loadPeople(): Promise<void> {
  const [list, state] = await Promise.all([
    read<{ people?: Person[] }>("/api/v1/people"),
    read<SessionState>("/api/v1/session"),
  ]);
  if (list === null) peopleMissing.value = "no answer from the server";
  else if (list.status !== 200 || !Array.isArray(list.body.people)) {
    peopleMissing.value = `the server has no list of people (${list.status})`;
  } else {
    people.value = list.body.people;
    peopleMissing.value = list.body.people.length === 0 ? "nobody is set up yet" : null;
  }
  if (state !== null && state.status === 200) session.value = state.body;
}

export function labelOf(name: string | null): string {
  if (name === null) return "nobody";
  return people.value.find((person) => person.name === name)?.label ?? name;
}

const ROLES: Record<Role, string> = {
  midwife: "midwife",
  charge: "in charge",
  doctor: "doctor",
  biomed: "engineer",
  admin: "administrator",
  auditor: "auditor",
};

export function roleWords(role: Role): string {
  return ROLES[role] ?? role;
}

const CLINICAL: readonly Role[] = ["midwife", "charge", "doctor"];

/** Why this role may not chart, in words; null: it may, or nobody is known yet. The server decides; this says it first. */
export function mayNotChart(role: Role | null): string | null {
  if (role === null || CLINICAL.includes(role)) return null;
  return `Your role (${roleWords(role)}) cannot chart. Ask a midwife or a doctor.`;
}

export async function unlock(person: string, pin: string): Promise<Outcome> {
  const outcome = await change("/api/v1/session/unlock", { person, pin });
  if (outcome.kind === "saved") await loadPeople();
  return outcome;
}

export async function lock(): Promise<void> {
  if (session.value !== null) session.value = { ...session.value, unlocked: null };
  await change("/api/v1/session/lock", {});
  await loadPeople();
}
