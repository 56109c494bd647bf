import { useState } from "preact/hooks";
import { bedOf } from "../live/store";
import { KeyedForm } from "./KeyedForm";

const CONCERN: Record<string, string> = {
  block: "speaks against magnesium",
  warn: "warns",
  inform: "to know",
  ask: "asked",
};

/** The questions of the ward's own pack. None holds up the recording of an infusion that runs. */
export function ScreeningSheet(props: { bed: string }) {
  const bed = bedOf(props.bed);
  const questions = bed?.screening ?? [];
  const [answers, setAnswers] = useState<Record<string, string>>({});
  return (
    <KeyedForm
      title={`${bed?.place ?? props.bed} - questions before the infusion`}
      button="SAVE ANSWERS"
      make={() =>
        Object.keys(answers).length === 0
          ? "Answer at least one question."
          : { path: "/api/v1/entries", keyed: true, body: { bed: props.bed, kind: "screening", answers } }
      }
    >
      {questions.length === 0 && <p>This ward's rules ask no questions.</p>}
      <ul class="questions">
        {questions.map((q) => {
          const answer = answers[q.question] ?? q.answer;
          return (
            <li key={q.question}>
              <fieldset class="choices">
                <legend>
                  {q.ask} <small>({CONCERN[q.concern] ?? q.concern})</small>
                </legend>
                {["yes", "no", "unknown"].map((word) => (
                  <button
                    key={word}
                    type="button"
                    class="choice tall"
                    aria-pressed={answer === word}
                    onClick={() => setAnswers({ ...answers, [q.question]: word })}
                  >
                    {word}
                  </button>
                ))}
              </fieldset>
            </li>
          );
        })}
      </ul>
    </KeyedForm>
  );
}
