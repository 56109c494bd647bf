import { people, peopleMissing, roleWords } from "./session";

/** One tap per name. `only`: who may be asked for here; absent: all. */
export function PersonPicker(props: {
  legend: string;
  chosen: string | null;
  choose: (name: string) => void;
  needsPin?: boolean;
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
          onClick={() => props.choose(person.name)}
        >
          {person.label} <small>{roleWords(person.role)}</small>
        </button>
      ))}
    </fieldset>
  );
}
