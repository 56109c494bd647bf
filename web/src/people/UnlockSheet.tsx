import { useState } from "preact/hooks";
import { Dialog } from "../Dialog";
import { sheet, unlocking } from "../navigation";
import { UNCONFIRMED } from "../api/client";
import { PersonPicker } from "./PersonPicker";
import { PinField } from "./PinField";
import { session, unlock } from "./session";

/** Name, PIN: the station is open for charting for 10 min. The board stays live and readable behind it. */
export function UnlockSheet() {
  const [who, setWho] = useState<string | null>(null);
  const [pin, setPin] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);

  async function send(): Promise<void> {
    if (who === null) return setProblem("Tap your name first.");
    if (pin === "") return setProblem("Type your PIN.");
    setBusy(true);
    const outcome = await unlock(who, pin);
    setBusy(false);
    setPin("");
    if (outcome.kind === "saved") {
      unlocking.value = false;
    } else if (outcome.kind === "refused") {
      const wait = outcome.retryAfter === null ? "" : ` Wait ${Math.ceil(outcome.retryAfter)} s.`;
      setProblem(`${outcome.reason}.${wait}`);
    } else {
      setProblem(UNCONFIRMED);
    }
  }

  return (
    <Dialog title="Unlock this station for charting" escape close={() => (unlocking.value = false)}>
      {session.value?.setup_needed && (
        <>
          <p class="problem">Nobody has a PIN on this ward yet.</p>
          <button
            type="button"
            class="tall"
            onClick={() => {
              unlocking.value = false;
              sheet.value = { kind: "setup" };
            }}
          >
            SET UP the first person
          </button>
        </>
      )}
      <PersonPicker legend="Who are you?" chosen={who} choose={setWho} needsPin />
      <PinField pin={pin} change={setPin} enter={() => void send()} problem={problem} />
      <div class="actions">
        <button type="button" class="primary tall" disabled={busy} onClick={() => void send()}>
          {busy ? "CHECKING" : "UNLOCK"}
        </button>
        <button type="button" class="tall" onClick={() => (unlocking.value = false)}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
