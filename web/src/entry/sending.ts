// Sends what a sheet made, one entry after the other, each under a key that stays the same until it is answered.
import { signal } from "@preact/signals";
import { type Outcome, changeByKey, newKey } from "../api/client";
import { type Draft, type Entry, without } from "./draft";

export interface Sent {
  entry: Entry;
  key: string;
  /** null: on its way; "checking": no answer yet, being sent again. */
  outcome: Outcome | "checking" | null;
}

const KEEP_DRAFT_MS = 10 * 60_000;

interface Kept {
  draft: Draft;
  keys: Map<string, string>;
  /** What was sent and not confirmed: as it was, under its key. Typed anew it could be stored twice. */
  waiting: { entry: Entry; key: string }[];
  at: number;
}

const drafts = new Map<string, Kept>();
/** Raised when a draft changes, so that its sheet is drawn anew. */
export const draftsChanged = signal(0);

/** The draft of a bed: kept 10 min, so that a lock or a call for help loses nothing. */
export function draftOf(bed: string, nowMs: number): Kept {
  const kept = drafts.get(bed);
  if (kept !== undefined && nowMs - kept.at < KEEP_DRAFT_MS) return kept;
  const fresh: Kept = { draft: {}, keys: new Map(), waiting: [], at: nowMs };
  drafts.set(bed, fresh);
  return fresh;
}

export function write(bed: string, field: string, value: string, nowMs: number): void {
  const kept = draftOf(bed, nowMs);
  kept.draft = { ...kept.draft, [field]: value };
  kept.at = nowMs;
  draftsChanged.value++;
}

/** Begins a sheet with what is already known, unless something was typed into it before. */
export function startDraft(bed: string, known: Draft, nowMs: number): void {
  const kept = draftOf(bed, nowMs);
  if (Object.keys(kept.draft).length === 0) kept.draft = known;
}

export function forget(bed: string): void {
  drafts.delete(bed);
}

/**
 * The key of an entry: the same words keep their key, so that sending again never stores twice; changed words are
 * another entry.
 */
export function keyOf(kept: { keys: Map<string, string> }, entry: Entry): string {
  const words = JSON.stringify(entry.body);
  const known = kept.keys.get(words);
  if (known !== undefined) return known;
  const key = newKey();
  kept.keys.set(words, key);
  return key;
}

export function isSaved(one: Sent): boolean {
  return one.outcome !== null && one.outcome !== "checking" && one.outcome.kind === "saved";
}

/**
 * After a SAVE: what is stored leaves the sheet, and so does what may be. A change of the time alone would make another
 * entry of it, and a dose would count twice. What is not confirmed waits to be sent again as it was.
 */
export function settle(bed: string, sent: Sent[], typed: Draft, nowMs: number): void {
  const kept = draftOf(bed, nowMs);
  const waited = kept.waiting.map((w) => w.key);
  const out = sent.filter((s) => isSaved(s) || (s.outcome !== "checking" && s.outcome?.kind === "unconfirmed"));
  const parts = out.filter((s) => !waited.includes(s.key)).map((s) => s.entry.part);
  kept.draft = without(kept.draft, parts, typed);
  // The same words once more are another finding: a second count of the same breaths has a key of its own.
  for (const { entry } of out) kept.keys.delete(JSON.stringify(entry.body));
  kept.waiting = out.filter((s) => !isSaved(s)).map(({ entry, key }) => ({ entry, key }));
  draftsChanged.value++;
}

export async function sendAll(
  bed: string,
  person: string,
  entries: { entry: Entry; key: string }[],
  told: (sent: Sent[]) => void,
  /** What goes with an entry and is kept nowhere. */
  secret: (entry: Entry) => object = () => ({}),
): Promise<Sent[]> {
  const sent: Sent[] = entries.map((e) => ({ ...e, outcome: null }));
  for (const one of sent) {
    const body = { key: one.key, bed, person, ...one.entry.body, ...secret(one.entry) };
    one.outcome = await changeByKey("/api/v1/entries", body, () => {
      one.outcome = "checking";
      told([...sent]);
    });
    told([...sent]);
  }
  return sent;
}
