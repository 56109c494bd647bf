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

/** Coming, here or cannot: one tap on a name, no PIN. Somebody without a name here still says that somebody is there. */
export function AnswerSheet(props: { call: string; answer: "coming" | "cannot" | "here" }) {
  const [problem, setProblem] = useState<string | null>(null);
  const [visitor, setVisitor] = useState("");
  const call = callOf(props.call);
  const words = WORDS[props.answer];
  const place = bedOf(call?.bed ?? null)?.place ?? "the ward";
  const path = `/api/v1/calls/${encodeURIComponent(props.call)}`;
  const close = () => {
    sheet.value = null;
  };

  async function send(route: string, body: object): Promise<void> {
    setProblem("Sending");
    const outcome = await change(`${path}/${route}`, body);
    if (outcome.kind === "saved") close();
    else setProblem(outcomeWords(outcome));
  }

  return (
    <Dialog title={`${place}: ${words.title}`} escape close={close}>
      <p>{words.explain}</p>
      <PersonPicker
        legend="Tap your name"
        chosen={null}
        choose={(person) => void send("answer", { person, answer: props.answer })}
      />
      {props.answer === "here" && (
        <div class="break-glass">
          <label>
            Not on the list? Say who you are (may be left empty)
            <input value={visitor} maxLength={64} onInput={(event) => setVisitor(event.currentTarget.value)} />
          </label>
          <button
            type="button"
            class="tall"
            onClick={() => void send("break-glass", visitor.trim() === "" ? {} : { person: visitor.trim() })}
          >
            SOMEBODY IS HERE (does not stop paging)
          </button>
        </div>
      )}
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
