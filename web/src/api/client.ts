// Asking and telling the daemon. A change is saved, refused, or not confirmed: the page never guesses which.

export type Outcome =
  | { kind: "saved"; text: string; warning: string | null }
  | { kind: "refused"; reason: string; field: string | null; status: number; retryAfter: number | null }
  | { kind: "unconfirmed" };

const CLIENT = "board";
const ANSWER_WITHIN_MS = 8000;

export interface Reply {
  status: number;
  body: Record<string, unknown>;
}

async function send(method: "GET" | "POST", path: string, body?: unknown): Promise<Reply> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_WITHIN_MS);
  try {
    const answer = await fetch(path, {
      method,
      signal: abort.signal,
      credentials: "same-origin",
      cache: "no-store",
      ...(body === undefined
        ? {}
        : {
            headers: { "Content-Type": "application/json", "X-Magwatch-Client": CLIENT },
            body: JSON.stringify(body),
          }),
    });
    const json: unknown = await answer.json().catch(() => ({}));
    return { status: answer.status, body: typeof json === "object" && json !== null ? (json as Reply["body"]) : {} };
  } finally {
    clearTimeout(timer);
  }
}

/** A reading; null: no answer, and the screen says so. */
export async function read<T>(path: string): Promise<{ status: number; body: T } | null> {
  try {
    return (await send("GET", path)) as { status: number; body: T };
  } catch {
    return null;
  }
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

export function outcomeOf(reply: Reply): Outcome {
  const { status, body } = reply;
  if (status >= 200 && status < 300) {
    return { kind: "saved", text: text(body["text"]) ?? "saved", warning: text(body["warning"]) };
  }
  // 503 with "accepted": false says that nothing was stored; any other 5xx may have been.
  if (status >= 500 && body["accepted"] !== false) return { kind: "unconfirmed" };
  const wait = body["retry_after_seconds"];
  return {
    kind: "refused",
    reason: text(body["error"]) ?? `the server said ${status}`,
    field: text(body["field"]),
    status,
    retryAfter: typeof wait === "number" ? wait : null,
  };
}

/** One change, sent once. No answer in time is "not confirmed". */
export async function change(path: string, body: object): Promise<Outcome> {
  try {
    return outcomeOf(await send("POST", path, body));
  } catch {
    return { kind: "unconfirmed" };
  }
}

const SEND_AGAIN_FOR_MS = 10_000;
const SEND_AGAIN_EVERY_MS = 1500;

/**
 * A change with a key: while it is not confirmed it is sent again for 10 s under the same key, which the daemon never
 * counts twice. `trying` is told when the first answer did not come.
 */
export async function changeByKey(
  path: string,
  body: Record<string, unknown> & { key: string },
  trying: () => void,
): Promise<Outcome> {
  const began = performance.now();
  for (;;) {
    const outcome = await change(path, body);
    if (outcome.kind !== "unconfirmed" || performance.now() - began > SEND_AGAIN_FOR_MS) return outcome;
    trying();
    await new Promise((resolve) => setTimeout(resolve, SEND_AGAIN_EVERY_MS));
  }
}

/** A word that no other board makes; works where crypto.randomUUID does not (plain http). */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `board-${Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("")}`;
}

export const UNCONFIRMED =
  "NOT CONFIRMED. It may or may not be stored. Write it on the paper chart; check the list when LIVE is back.";

const HISTORY = "kept as history";

/** It is stored, and changes nothing of now: it must not look like a value that counts. */
export function asHistory(outcome: Outcome | "checking" | null): boolean {
  return outcome !== null && outcome !== "checking" && outcome.kind === "saved" && outcome.text.startsWith(HISTORY);
}

/** The words for whoever tapped: what happened, and never more than we know. */
export function outcomeWords(outcome: Outcome): string {
  switch (outcome.kind) {
    case "saved":
      if (asHistory(outcome)) return `KEPT AS HISTORY, it changes nothing now${outcome.text.slice(HISTORY.length)}.`;
      return outcome.warning === null ? `Saved: ${outcome.text}.` : `Saved. ${outcome.warning}`;
    case "refused":
      return `NOT SAVED: ${outcome.reason}${/[.?!]$/.test(outcome.reason) ? "" : "."} Nothing was recorded.`;
    case "unconfirmed":
      return UNCONFIRMED;
  }
}
