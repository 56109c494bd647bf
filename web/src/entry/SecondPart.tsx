import { useState } from "preact/hooks";
import { unlocking } from "../navigation";
import { PersonPicker } from "../people/PersonPicker";
import { PinField } from "../people/PinField";

/** Who checked a new rate, too. The PIN is in the sheet alone: no draft keeps it. */
export interface Second {
  person: string | null;
  pin: string;
}

export const NOBODY: Second = { person: null, pin: "" };

/** What goes with the new rate; null: a name without its PIN, so it is neither checked nor left out. */
export function secondOf(second: Second): object | null {
  if (second.person === null) return {};
  return second.pin === "" ? null : { second_person: second.person, second_pin: second.pin };
}

/** A new rate waits for nobody: without a second person it is charted, and its check is shown as missing. */
export function SecondPart(props: {
  second: Second;
  change: (second: Second) => void;
  except: string | null;
  problem: string | undefined;
}) {
  const { second, change } = props;
  const [open, setOpen] = useState(false);
  // Who is the second is known only once it is known who charts.
  if (!open || props.except === null)
    return (
      <div class="second">
        <p>Second check of the new rate: MISSING until another person makes it.</p>
        <button
          type="button"
          class="tall"
          onClick={() => {
            setOpen(true);
            unlocking.value = props.except === null;
          }}
        >
          SECOND PERSON IS HERE
        </button>
      </div>
    );
  return (
    <div class="second">
      <PersonPicker
        legend="Second person"
        chosen={second.person}
        choose={(person) => change({ person: second.person === person ? null : person, pin: "" })}
        needsPin
        clinical
        except={props.except}
      />
      <PinField pin={second.pin} change={(pin) => change({ ...second, pin })} problem={props.problem ?? null} />
    </div>
  );
}
