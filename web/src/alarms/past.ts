// The alarms of the last 24 h, from the history of each bed, and their table for a spreadsheet.
import { read } from "../api/client";
import type { Bed, Trend } from "../api/types";

export interface Past {
  bed: string;
  place: string;
  at: string;
  kind: string;
  text: string;
  priority: string;
}

const KINDS = ["alarm", "alarm_over", "acknowledged", "attended", "shelved", "unshelved", "page"];
const DAY_MS = 86_400_000;

/** One bed after the other: the history is read beside the ward's own work. Beds that cannot be read are named. */
export async function pastOf(beds: Bed[], nowMs: number): Promise<{ rows: Past[]; missing: string[] }> {
  const rows: Past[] = [];
  const missing: string[] = [];
  const query = new URLSearchParams({
    from: new Date(nowMs - DAY_MS).toISOString(),
    to: new Date(nowMs).toISOString(),
    signals: "avpu",
    points: "2",
  });
  for (const { alias, place } of beds) {
    const answer = await read<Trend>(`/api/v1/beds/${encodeURIComponent(alias)}/trend?${query.toString()}`);
    if (answer?.status !== 200) missing.push(place);
    else
      for (const { at, kind, text, priority } of answer.body.events)
        if (KINDS.includes(kind)) rows.push({ bed: alias, place, at, kind, text, priority: priority ?? "" });
  }
  return { rows: rows.sort((a, b) => b.at.localeCompare(a.at)), missing };
}

/** What a spreadsheet would take for a formula begins with a quote. */
function cell(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

export function csvOf(head: string[], rows: string[][]): string {
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/** Gives the text to the browser as a file. */
export function save(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
