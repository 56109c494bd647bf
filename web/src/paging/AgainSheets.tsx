import { useState } from "preact/hooks";
import { type Form, Choice } from "../entry/fields";
import { bedOf, callOf } from "../live/store";
import { NameTapSheet } from "../people/NameTapSheet";
import { labelOf, people } from "../people/session";

function placeOf(call: string): string {
  return bedOf(callOf(call)?.bed ?? null)?.place ?? "the ward";
}

/** The people of the rung that was reached are paged once more, now. */
export function AgainSheet(props: { call: string }) {
  const call = callOf(props.call);
  const told = (call?.told ?? []).filter((t) => t.rung === call?.rung).map((t) => labelOf(t.person));
  return (
    <NameTapSheet
      title={`${placeOf(props.call)}: page again`}
      explain={`Paged again, now: ${[...new Set(told)].join(", ") || "those whose turn it is"}. Who asks for it?`}
      path={`/api/v1/calls/${encodeURIComponent(props.call)}/again`}
      make={() => ({})}
    />
  );
}

const ANSWERS = [
  { value: "yes", label: "COMING" },
  { value: "no", label: "CANNOT COME" },
  { value: "none", label: "did not answer" },
];

/** A telephone call outside magwatch: whom somebody rang, and what was said. */
export function PhonedSheet(props: { call: string }) {
  const [draft, setDraft] = useState<Record<string, string>>({});
  const form: Form = {
    text: (field) => draft[field] ?? "",
    problem: () => undefined,
    write: (field, value) => setDraft((before) => ({ ...before, [field]: value })),
  };
  return (
    <NameTapSheet
      title={`${placeOf(props.call)}: I phoned`}
      explain="It is recorded. COMING counts as this person's own answer; paging goes on for all others."
      legend="Who are you?"
      path={`/api/v1/calls/${encodeURIComponent(props.call)}/phoned`}
      make={() => {
        const [to, answer] = [draft["to"] ?? "", draft["answer"] ?? ""];
        if (to === "" || answer === "") return "Whom did you phone, and what was said? Then tap your own name.";
        return { to, ...(answer === "none" ? {} : { coming: answer === "yes" }) };
      }}
    >
      <Choice
        form={form}
        field="to"
        legend="Whom did you phone?"
        of={people.value.map((p) => ({ value: p.name, label: p.label }))}
      />
      <Choice form={form} field="answer" legend="What was said?" of={ANSWERS} />
    </NameTapSheet>
  );
}
