import { useState } from "preact/hooks";
import type { Bed } from "../api/types";
import { bedOf } from "../live/store";
import { KeyedForm, toggled } from "./KeyedForm";

/** The groups and words of docs/API.md, the gravest first. */
export const SYMPTOMS = [
  ["Stop and call", ["breathing trouble", "hives", "swelling", "irregular heartbeat", "severe drowsiness"]],
  [
    "Examine reflexes and breathing now",
    [
      ...["confusion", "drowsiness", "muscle weakness", "slurred speech", "double vision", "blurred vision"],
      ...["chest pain", "rash", "itch", "faintness", "dizziness"],
      ...["pain at the site", "redness at the site", "fast heartbeat", "sweating"],
    ],
  ],
  ["Expected if alone", ["flushing", "warmth", "headache", "nausea"]],
] as const;

function chartedAt(bed: Bed | undefined): string[] {
  return (bed?.symptoms ?? []).map((s) => s.symptom.replaceAll("_", " "));
}

/**
 * What she has now, beside what was charted when the sheet was opened. It sends only what was tapped here: what a
 * colleague charts meanwhile is never taken away by it.
 */
export function SymptomSheet(props: { bed: string }) {
  const bed = bedOf(props.bed);
  const [before] = useState(() => chartedAt(bed));
  const [has, setHas] = useState<string[]>(before);
  const [tapped, setTapped] = useState<string[]>([]);
  const [none, setNone] = useState(false);
  const told = has.filter((word) => tapped.includes(word));
  const gone = before.filter((word) => !has.includes(word));
  const meanwhile = chartedAt(bed).filter((word) => !before.includes(word) && !has.includes(word));
  const tap = (word: string) => {
    // Beside NONE nothing is shown as chosen: a tap there says that she has it, and the others stand as they did.
    setHas(none && has.includes(word) ? has : toggled(has, word));
    setTapped([...tapped, word]);
    setNone(false);
  };
  return (
    <KeyedForm
      title={`${bed?.place ?? props.bed} - symptoms`}
      button="SAVE"
      make={() => {
        const what = none
          ? { none: true }
          : { ...(told.length > 0 ? { symptoms: told } : {}), ...(gone.length > 0 ? { gone } : {}) };
        if (Object.keys(what).length === 0) return "Tap what is new, what is over, or NONE.";
        return { path: "/api/v1/entries", keyed: true, body: { bed: props.bed, kind: "symptom", ...what } };
      }}
    >
      <button type="button" class="choice tall" aria-pressed={none} onClick={() => setNone(!none)}>
        NONE: she was asked, and has none
      </button>
      {meanwhile.length > 0 && (
        <p class="problem" role="status">
          Charted meanwhile by somebody else: {meanwhile.join(", ")}. {none ? "NONE ends it." : "It stays."}
        </p>
      )}
      {SYMPTOMS.map(([group, words]) => (
        <fieldset key={group} class="choices">
          <legend>{group}</legend>
          {words.map((word) => (
            <button
              key={word}
              type="button"
              class="choice tall"
              aria-pressed={!none && has.includes(word)}
              onClick={() => tap(word)}
            >
              {word}
            </button>
          ))}
        </fieldset>
      ))}
      {!none && (told.length > 0 || gone.length > 0) && (
        <p>
          {told.length > 0 ? `She has: ${told.join(", ")}. ` : ""}
          {gone.length > 0 ? `Over: ${gone.join(", ")}.` : ""}
        </p>
      )}
    </KeyedForm>
  );
}
