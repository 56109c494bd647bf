import { useState } from "preact/hooks";
import { Dialog } from "../Dialog";
import { change, outcomeWords } from "../api/client";
import { sheet } from "../navigation";
import { bedOf } from "../live/store";

/** For whoever has neither name nor PIN here: it is shown and recorded, and nothing else follows from it. */
export function SomebodySheet(props: { bed: string }) {
  const [said, setSaid] = useState<string | null>(null);
  const close = () => {
    sheet.value = null;
  };
  async function send(): Promise<void> {
    setSaid("Sending");
    const outcome = await change("/api/v1/here", { bed: props.bed });
    if (outcome.kind === "saved") close();
    else setSaid(outcomeWords(outcome));
  }
  return (
    <Dialog title={`${bedOf(props.bed)?.place ?? props.bed}: somebody is here`} escape close={close}>
      <p>
        No name and no PIN. It is recorded and shown to all. Paging goes on and nothing is acknowledged: only a name
        can answer a call.
      </p>
      {said !== null && (
        <p class="problem" role="alert">
          {said}
        </p>
      )}
      <div class="actions">
        <button type="button" class="primary tall" onClick={() => void send()}>
          SOMEBODY IS HERE (no name)
        </button>
        <button type="button" class="tall" onClick={close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
