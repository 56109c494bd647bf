import type { ComponentChildren, JSX } from "preact";
import { useId, useState } from "preact/hooks";

/** What a field of a sheet needs: its text, its refusal, and where to write. */
export interface Form {
  text: (field: string) => string;
  problem: (field: string) => string | undefined;
  write: (field: string, value: string) => void;
}

/**
 * What is typed into one sheet, and what was found wrong with it: a finding goes when its field is written anew.
 */
export function useForm(): {
  draft: Record<string, string>;
  form: Form;
  found: (problems: Record<string, string>) => void;
} {
  const [draft, setDraft] = useState<Record<string, string>>({});
  const [problems, found] = useState<Record<string, string>>({});
  const form: Form = {
    text: (field) => draft[field] ?? "",
    problem: (field) => problems[field],
    write: (field, value) => {
      setDraft((before) => ({ ...before, [field]: value }));
      found(({ [field]: _gone, ...rest }) => rest);
    },
  };
  return { draft, form, found };
}

export function Problem(props: { id: string; text: string | undefined }) {
  if (props.text === undefined) return null;
  return (
    <span class="problem" id={props.id} role="alert">
      {props.text}
    </span>
  );
}

interface FieldProps {
  form: Form;
  field: string;
  label: string;
}

/** A label, what is typed, its unit, and what is wrong with it: alike for numbers and words. */
function Field(props: FieldProps & { input: JSX.InputHTMLAttributes; unit?: string | undefined }) {
  const id = useId();
  const problem = props.form.problem(props.field);
  return (
    <span class="field">
      <label for={id}>{props.label}</label>{" "}
      <input
        {...props.input}
        id={id}
        data-field={props.field}
        autocomplete="off"
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

export function NumberField(props: FieldProps & { unit?: string }) {
  return <Field {...props} input={{ inputMode: "decimal", maxLength: 12 }} />;
}

export function TextField(props: FieldProps & { placeholder?: string; long?: boolean; secret?: boolean }) {
  const { placeholder, long, secret } = props;
  const input = {
    class: long ? "long" : "",
    maxLength: 120,
    ...(placeholder ? { placeholder } : {}),
    ...(secret ? { type: "password", inputMode: "numeric" as const } : {}),
  };
  return <Field {...props} input={input} />;
}

/** Large buttons of which one holds; tapped again it is undone. */
export function Choice(props: {
  form: Form;
  field: string;
  legend: string;
  /** A word alone is its own label. */
  of: readonly (string | { value: string; label: string })[];
}) {
  const chosen = props.form.text(props.field);
  const problem = props.form.problem(props.field);
  return (
    <fieldset class="choices" data-field={props.field}>
      <legend>{props.legend}</legend>
      {props.of.map((one) => (typeof one === "string" ? { value: one, label: one } : one)).map((option) => (
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
