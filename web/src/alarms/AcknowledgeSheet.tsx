import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Dialog } from "../Dialog";
import { change, outcomeWords } from "../api/client";
import { sheet } from "../navigation";
import { infusionWords } from "../board/BedCard";
import { bedOf, ward } from "../live/store";
import { PersonPicker } from "../people/PersonPicker";
import { PinField } from "../people/PinField";
import { unlocked } from "../people/session";
import { priorityWords } from "../words/marks";

/** A PIN each time: who silences something stands by it with a name. */
export function PinAct(props: {
  title: string;
  explain: string;
  button: string;
  path: string;
  body?: object;
  /** What else is told; null: something is missing, and `missing` says so. */
  make?: () => object | null;
  missing?: string;
  /** Somebody who cannot be meant. */
  except?: string | null;
  children?: ComponentChildren;
}) {
  const here = unlocked.value?.person ?? null;
  const [who, setWho] = useState<string | null>(here === props.except ? null : here);
  const [pin, setPin] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const close = () => {
    sheet.value = null;
  };

  async function send(): Promise<void> {
    const made = props.make === undefined ? {} : props.make();
    if (made === null) return setProblem(props.missing ?? "Something is missing.");
    if (who === null) return setProblem("Tap your name first.");
    if (pin === "") return setProblem("Type your PIN.");
    setBusy(true);
    const outcome = await change(props.path, { ...props.body, ...made, person: who, pin });
    setBusy(false);
    setPin("");
    if (outcome.kind === "saved") close();
    else setProblem(outcomeWords(outcome));
  }

  return (
    <Dialog title={props.title} escape close={close}>
      <p>{props.explain}</p>
      {props.children}
      <PersonPicker legend="Who are you?" chosen={who} choose={setWho} needsPin clinical except={props.except ?? null} />
      <PinField pin={pin} change={setPin} enter={() => void send()} problem={problem} />
      <div class="actions">
        <button type="button" class="primary tall" disabled={busy} onClick={() => void send()}>
          {busy ? "SENDING" : props.button}
        </button>
        <button type="button" class="tall" onClick={close}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}

/** The alarm that a sheet was opened for has ended. */
export function Over() {
  return (
    <Dialog title="This alarm is over" escape close={() => (sheet.value = null)}>
      <button type="button" class="tall" onClick={() => (sheet.value = null)}>
        Close
      </button>
    </Dialog>
  );
}

export function AcknowledgeSheet(props: { alarm: string }) {
  const alarm = ward.value?.alarms.find((a) => a.id === props.alarm);
  if (alarm === undefined) return <Over />;
  const place = bedOf(alarm.bed)?.place ?? "the ward";
  return (
    <PinAct
      title={`${place}: acknowledge ${priorityWords(alarm)}, ${alarm.message}`}
      explain="This says: I am dealing with it. It ends nothing, it runs out by itself, and a new sign breaks it."
      button="ACKNOWLEDGE"
      path={`/api/v1/alarms/${encodeURIComponent(alarm.id)}/acknowledge`}
    />
  );
}

/** A rate was changed by one; another one looks at it, and proves that by a PIN. */
export function SecondCheckSheet(props: { bed: string }) {
  const bed = bedOf(props.bed);
  const changed = bed?.infusion.rate_change ?? null;
  return (
    <PinAct
      title={`${bed?.place ?? props.bed}: second check of the rate`}
      explain={`Look at the pump and at the prescription. Now: ${bed === undefined ? "--" : infusionWords(bed)}. It is checked by another person than who changed it.`}
      button="I HAVE CHECKED IT"
      path={`/api/v1/beds/${encodeURIComponent(props.bed)}/second-check`}
      except={changed?.by ?? null}
    />
  );
}

const PAUSE_SECONDS = 120;

export function PauseSheet(props: { bed: string }) {
  return (
    <PinAct
      title={`${bedOf(props.bed)?.place ?? props.bed}: pause the sound for 2 min`}
      explain="Only the ward's own sound is paused. Pages go on, and a new high alarm ends the pause."
      button="PAUSE SOUND 2 MIN"
      path={`/api/v1/beds/${encodeURIComponent(props.bed)}/pause`}
      body={{ seconds: PAUSE_SECONDS }}
    />
  );
}
