import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog, Said } from "../Dialog";
import { type Outcome, change, changeByKey, newKey, outcomeWords } from "../api/client";
import { sheet } from "../navigation";
import { PersonPicker } from "./PersonPicker";

/** One tap on a name and it is told: nothing that may hold up help asks for a PIN. `make` says why not yet, or what. */
export function NameTapSheet(props: {
  title: string;
  explain: string;
  legend?: string;
  path: string;
  make: () => object | string;
  /** An entry: sent again under its key until it is confirmed. */
  keyed?: boolean;
  children?: ComponentChildren;
  more?: ComponentChildren;
}) {
  const [key] = useState(newKey);
  const [said, setSaid] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const close = () => {
    sheet.value = null;
  };

  async function send(person: string): Promise<void> {
    const made = props.make();
    if (typeof made === "string") return setSaid(made);
    setBusy(true);
    setSaid("Sending");
    const outcome: Outcome = props.keyed
      ? await changeByKey(props.path, { key, person, ...made }, () => setSaid("NOT CONFIRMED, checking"))
      : await change(props.path, { person, ...made });
    setBusy(false);
    if (outcome.kind === "saved" && outcome.warning === null) close();
    else setSaid(outcomeWords(outcome));
  }

  return (
    <Dialog title={props.title} escape close={close}>
      <p>{props.explain}</p>
      {props.children}
      <PersonPicker
        legend={props.legend ?? "Tap your name"}
        chosen={null}
        choose={(name) => (busy ? undefined : void send(name))}
      />
      <Said text={said} />
      <div class="actions">
        {props.more}
        <button type="button" class="tall" onClick={close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
