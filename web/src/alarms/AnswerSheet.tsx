import { useState } from "preact/hooks";
import { Dialog } from "../Dialog";
import { change, outcomeWords } from "../api/client";
import { sheet } from "../navigation";
import { bedOf, callOf } from "../live/store";
import { PersonPicker } from "../people/PersonPicker";

const WORDS = {
  coming: {
    title: "I am coming",
    explain: "Others are not paged for a short while. The ward goes on sounding until somebody is at the bed.",
  },
  here: { title: "I am at the bed", explain: "Paging stops. The alarm stays until its cause is gone." },
  cannot: { title: "I cannot come", explain: "The next person is paged at once." },
};

/** Coming, here or cannot: one tap on a name, no PIN. */
export function AnswerSheet(props: { call: string; answer: "coming" | "cannot" | "here" }) {
  const [problem, setProblem] = useState<string | null>(null);
  const call = callOf(props.call);
  const words = WORDS[props.answer];
  const place = bedOf(call?.bed ?? null)?.place ?? "the ward";
  const close = () => {
    sheet.value = null;
  };

  async function send(person: string): Promise<void> {
    setProblem("Sending");
    const path = `/api/v1/calls/${encodeURIComponent(props.call)}/answer`;
    const outcome = await change(path, { person, answer: props.answer });
    if (outcome.kind === "saved") close();
    else setProblem(outcomeWords(outcome));
  }

  return (
    <Dialog title={`${place}: ${words.title}`} escape close={close}>
      <p>{words.explain}</p>
      <PersonPicker legend="Tap your name" chosen={null} choose={(person) => void send(person)} />
      {problem !== null && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <div class="actions">
        <button type="button" class="tall" onClick={close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
