import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog, Said } from "../Dialog";
import { type Outcome, outcomeWords } from "../api/client";
import { sheet } from "../navigation";

/** A sheet with one act that asks for no name of the list. `send` gives what became of it, or null: it was not sent. */
export function ActSheet(props: {
  title: string;
  button: string;
  send: () => Promise<Outcome | null>;
  children: ComponentChildren;
}) {
  const [said, setSaid] = useState<string | null>(null);
  const close = () => {
    sheet.value = null;
  };
  async function send(): Promise<void> {
    setSaid("Sending");
    const outcome = await props.send();
    if (outcome === null) return setSaid(null);
    if (outcome.kind === "saved") return close();
    const wait = outcome.kind === "refused" ? outcome.retryAfter : null;
    setSaid(outcomeWords(outcome) + (wait === null ? "" : ` Wait ${Math.ceil(wait)} s.`));
  }
  return (
    <Dialog title={props.title} escape close={close}>
      {props.children}
      <Said text={said} />
      <div class="actions">
        <button type="button" class="primary tall" onClick={() => void send()}>
          {props.button}
        </button>
        <button type="button" class="tall" onClick={close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
