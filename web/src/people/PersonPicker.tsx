import { mayNotChart, people, peopleMissing, roleWords } from "./session";

/**
 * One tap per name. `needsPin`: only who has one. `clinical`: a role that may not do this stays to be seen, and says so.
 * `except`: somebody who cannot be meant.
 */
export function PersonPicker(props: {
  legend: string;
  chosen: string | null;
  choose: (name: string) => void;
  needsPin?: boolean;
  clinical?: boolean;
  except?: string | null;
}) {
  const list = people.value.filter((p) => (!props.needsPin || p.has_pin) && p.name !== props.except);
  return (
    <fieldset class="people">
      <legend>{props.legend}</legend>
      {peopleMissing.value !== null && <p class="problem">No names: {peopleMissing.value}.</p>}
      {list.map((person) => (
        <button
          key={person.name}
          type="button"
          class="choice tall"
          aria-pressed={props.chosen === person.name}
          disabled={props.clinical && mayNotChart(person.role) !== null}
          onClick={() => props.choose(person.name)}
        >
          {person.label}{" "}
          <small>
            {roleWords(person.role)}
            {props.clinical && mayNotChart(person.role) !== null ? ": cannot do this" : ""}
          </small>
        </button>
      ))}
    </fieldset>
  );
}
