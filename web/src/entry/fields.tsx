import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** What a field of a sheet needs: its text, its refusal, and where to write. */
export interface Form {
  text: (field: string) => string;
  problem: (field: string) => string | undefined;
  write: (field: string, value: string) => void;
}

export function Problem(props: { id: string; text: string | undefined }) {
  if (props.text === undefined) return null;
  return (
    <span class="problem" id={props.id} role="alert">
      {props.text}
    </span>
  );
}

export function NumberField(props: {
  form: Form;
  field: string;
  label: string;
  unit?: string;
  wide?: boolean;
  name?: string;
}) {
  const id = useId();
  const problem = props.form.problem(props.field);
  return (
    <span class="field">
      <label for={id}>{props.label}</label>{" "}
      <input
        id={id}
        data-field={props.field}
        class={props.wide ? "wide" : ""}
        inputMode="decimal"
        autocomplete="off"
        maxLength={12}
        value={props.form.text(props.field)}
        aria-invalid={problem ? "true" : "false"}
        aria-describedby={problem ? `${id}-p` : undefined}
        onInput={(event) => props.form.write(props.field, event.currentTarget.value)}
      />{" "}
      {props.unit}
      <Problem id={`${id}-p`} text={problem} />
    </span>
  );
}

export function TextField(props: { form: Form; field: string; label: string; placeholder?: string; long?: boolean }) {
  const id = useId();
  const problem = props.form.problem(props.field);
  return (
    <span class="field">
      <label for={id}>{props.label}</label>{" "}
      <input
        id={id}
        data-field={props.field}
        class={props.long ? "long" : ""}
        autocomplete="off"
        maxLength={120}
        placeholder={props.placeholder}
        value={props.form.text(props.field)}
        aria-invalid={problem ? "true" : "false"}
        aria-describedby={problem ? `${id}-p` : undefined}
        onInput={(event) => props.form.write(props.field, event.currentTarget.value)}
      />
      <Problem id={`${id}-p`} text={problem} />
    </span>
  );
}

/** Large buttons of which one holds; tapped again it is undone. */
export function Choice(props: {
  form: Form;
  field: string;
  legend: string;
  of: readonly { value: string; label: string }[];
}) {
  const chosen = props.form.text(props.field);
  const problem = props.form.problem(props.field);
  return (
    <fieldset class="choices" data-field={props.field}>
      <legend>{props.legend}</legend>
      {props.of.map((option) => (
        <button
          key={option.value}
          type="button"
          class="choice tall"
          aria-pressed={chosen === option.value}
          onClick={() => props.form.write(props.field, chosen === option.value ? "" : option.value)}
        >
          {option.label}
        </button>
      ))}
      <Problem id={`${props.field}-p`} text={problem} />
    </fieldset>
  );
}

export function Part(props: { title: string; children: ComponentChildren }) {
  return (
    <section class="part">
      <h3>{props.title}</h3>
      <div>{props.children}</div>
    </section>
  );
}
