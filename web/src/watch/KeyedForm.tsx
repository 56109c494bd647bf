import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "../Dialog";
import { type Outcome, asHistory, change, changeByKey, newKey, outcomeWords } from "../api/client";
import { sheet, unlocking } from "../navigation";
import { mayNotChart, unlocked } from "../people/session";

export interface Told {
  path: string;
  body: Record<string, unknown>;
  /** An entry: sent again under its key until it is confirmed. */
  keyed: boolean;
}

/** A sheet that sends one change in the name of whoever unlocked the station. `make` gives the change, or why not yet. */
export function KeyedForm(props: {
  title: string;
  button: string;
  make: () => Told | string;
  children: ComponentChildren;
  more?: ComponentChildren;
  /** Another act of the sheet is the usual one. */
  quiet?: boolean;
}) {
  const [key, setKey] = useState(newKey);
  const [words, setWords] = useState("");
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const who = unlocked.value;
  const saved = outcome?.kind === "saved";
  const may = mayNotChart(who?.role ?? null);

  async function send(): Promise<void> {
    const told = props.make();
    if (typeof told === "string") return setSaid(told);
    if (who === null) {
      unlocking.value = true;
      return;
    }
    // Other words are another entry: it must not be taken for the one that was sent before.
    const now = JSON.stringify(told.body);
    const mine = words === "" || words === now ? key : newKey();
    setKey(mine);
    setWords(now);
    setSaid("Saving");
    const answer = told.keyed
      ? await changeByKey(told.path, { key: mine, person: who.person, ...told.body }, () =>
          setSaid("NOT CONFIRMED, checking"),
        )
      : await change(told.path, { person: who.person, ...told.body });
    setOutcome(answer);
    setSaid(outcomeWords(answer));
    if (answer.kind === "refused" && answer.status === 401) unlocking.value = true;
  }

  return (
    <Dialog title={props.title} wide close={() => undefined}>
      <p class="by">By {who === null ? "nobody yet: your PIN is asked for when you save" : who.label}</p>
      {!saved && props.children}
      {said !== null && (
        <p class={saved && !asHistory(outcome) ? "saved" : "problem"} role="alert">
          {said}
        </p>
      )}
      {may !== null && <p class="problem">{may}</p>}
      <div class="actions sticky">
        {!saved && (
          <button type="button" class={props.quiet ? "tall" : "primary tall"} disabled={may !== null} onClick={() => void send()}>
            {props.button}
          </button>
        )}
        {props.more}
        <button type="button" class="tall" onClick={() => (sheet.value = null)}>
          {saved ? "CLOSE" : "Cancel"}
        </button>
      </div>
    </Dialog>
  );
}

export function toggled(list: string[], word: string): string[] {
  return list.includes(word) ? list.filter((w) => w !== word) : [...list, word];
}
