import { useState } from "preact/hooks";
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

export function SymptomSheet(props: { bed: string }) {
  const bed = bedOf(props.bed);
  const before = (bed?.symptoms ?? []).map((s) => s.symptom.replaceAll("_", " "));
  const [has, setHas] = useState<string[]>(before);
  const [none, setNone] = useState(false);
  const fresh = has.filter((word) => !before.includes(word));
  const gone = before.filter((word) => !has.includes(word));
  return (
    <KeyedForm
      title={`${bed?.place ?? props.bed} - symptoms`}
      button="SAVE"
      make={() => {
        const what = none
          ? { none: true }
          : { ...(has.length > 0 ? { symptoms: has } : {}), ...(gone.length > 0 ? { gone } : {}) };
        if (!none && has.length === 0 && gone.length === 0) return "Tap what she has, or NONE.";
        return { path: "/api/v1/entries", keyed: true, body: { bed: props.bed, kind: "symptom", ...what } };
      }}
    >
      <button
        type="button"
        class="choice tall"
        aria-pressed={none}
        onClick={() => {
          setNone(!none);
          setHas([]);
        }}
      >
        NONE: she was asked, and has none
      </button>
      {SYMPTOMS.map(([group, words]) => (
        <fieldset key={group} class="choices">
          <legend>{group}</legend>
          {words.map((word) => (
            <button
              key={word}
              type="button"
              class="choice tall"
              aria-pressed={has.includes(word)}
              onClick={() => {
                setNone(false);
                setHas(toggled(has, word));
              }}
            >
              {word}
            </button>
          ))}
        </fieldset>
      ))}
      {(fresh.length > 0 || gone.length > 0) && (
        <p>
          {fresh.length > 0 ? `New: ${fresh.join(", ")}. ` : ""}
          {gone.length > 0 ? `Over: ${gone.join(", ")}.` : ""}
        </p>
      )}
    </KeyedForm>
  );
}
