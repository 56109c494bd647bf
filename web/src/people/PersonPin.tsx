import { useState } from "preact/hooks";
import { PersonPicker } from "./PersonPicker";
import { PinField } from "./PinField";

/** Somebody besides the one who acts, proven by a PIN. `go` is told once both are there; the PIN is kept nowhere. */
export function PersonPin(props: {
  legend: string;
  button: string;
  except: string | null;
  go: (person: string, pin: string) => void;
}) {
  const [who, setWho] = useState<string | null>(null);
  const [pin, setPin] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  function checked(): void {
    if (who === null) return setProblem("The second person taps the name.");
    if (pin === "") return setProblem("The second person types the PIN.");
    setProblem(null);
    props.go(who, pin);
    setPin("");
  }
  return (
    <>
      <PersonPicker legend={props.legend} chosen={who} choose={setWho} needsPin clinical except={props.except} />
      <PinField pin={pin} change={setPin} enter={checked} problem={problem} />
      <button type="button" class="tall primary" onClick={checked}>
        {props.button}
      </button>
    </>
  );
}
