import { useState } from "preact/hooks";
import { PinAct } from "../alarms/AcknowledgeSheet";
import { type Form, Choice, NumberField, TextField, useForm } from "../entry/fields";
import { bedOf } from "../live/store";
import { typed } from "../words/units";
import { KeyedForm } from "./KeyedForm";

const YES_NO = [
  { value: "yes", label: "yes" },
  { value: "no", label: "no" },
];

const FACTS = [
  ["epidural", "A working epidural or spinal?"],
  ["renal_impairment", "Kidneys impaired?"],
  ["heart_block", "Heart block or heart damage?"],
  ["neuromuscular", "Neuromuscular disease?"],
  ["digoxin", "Digoxin?"],
  ["postpartum", "Has she given birth?"],
] as const;

const AT_BED = [
  ["calcium_at_bed", "Calcium gluconate at the bed?"],
  ["hammer_at_bed", "Reflex hammer at the bed?"],
  ["oxygen_at_bed", "Oxygen at the bed?"],
] as const;

/** Begin, confirm or end the watch of a bed: explicit acts, recorded with the person. */
export function WatchSheet(props: { bed: string }) {
  const bed = bedOf(props.bed);
  const [confirming, setConfirming] = useState(false);
  if (bed === undefined) return null;
  if (!bed.watched) return <StartWatch bed={props.bed} place={bed.place} />;
  if (confirming) return <ConfirmWatch bed={props.bed} place={bed.place} />;
  return <EndWatch bed={props.bed} place={bed.place} confirm={() => setConfirming(true)} />;
}

function truth(draft: Record<string, string>, names: readonly (readonly [string, string])[]): Record<string, boolean> {
  return Object.fromEntries(
    names
      .filter(([name]) => draft[name] === "yes" || draft[name] === "no")
      .map(([name]) => [name, draft[name] === "yes"]),
  );
}

function ConfirmWatch(props: { bed: string; place: string }) {
  const { draft, form } = useForm();
  return (
    <PinAct
      title={`${props.place}: bed, devices and patient belong together`}
      explain="Look at the wristband, the monitor and the pump: are they all hers?"
      button="CONFIRM"
      path="/api/v1/watch/confirm"
      body={{ bed: props.bed }}
      make={() => truth(draft, AT_BED)}
    >
      <p>What you leave open below stays as it was answered before.</p>
      {AT_BED.map(([name, ask]) => (
        <Choice key={name} form={form} field={name} legend={ask} of={YES_NO} />
      ))}
    </PinAct>
  );
}

function StartWatch(props: { bed: string; place: string }) {
  const { draft, form } = useForm();
  const numbers: Form = {
    ...form,
    problem: (field) => (typed(form.text(field)) === null ? "Must be a number." : undefined),
  };
  return (
    <KeyedForm
      title={`${props.place} - start the watch`}
      button="START WATCH"
      make={() => {
        const [weight, gestation] = [typed(draft["weight"] ?? ""), typed(draft["gestation"] ?? "")];
        if (weight === null || gestation === null) return "Numbers only, such as 70.";
        const facts = {
          ...(weight === undefined ? {} : { weight: { value: weight, unit: "kg" } }),
          ...(gestation === undefined ? {} : { gestation }),
          ...truth(draft, FACTS),
        };
        return { path: "/api/v1/watch/start", keyed: false, body: { bed: props.bed, facts, ...truth(draft, AT_BED) } };
      }}
    >
      <p>
        Look at the wristband: this binds bed, devices and patient. What is not answered stays unknown, and is asked
        for.
      </p>
      {AT_BED.map(([name, ask]) => (
        <Choice key={name} form={form} field={name} legend={ask} of={YES_NO} />
      ))}
      <NumberField form={numbers} field="weight" label="Weight" unit="kg" />
      <NumberField form={numbers} field="gestation" label="Pregnant, completed weeks" />
      {FACTS.map(([name, ask]) => (
        <Choice key={name} form={form} field={name} legend={ask} of={YES_NO} />
      ))}
    </KeyedForm>
  );
}

function EndWatch(props: { bed: string; place: string; confirm: () => void }) {
  const { draft, form } = useForm();
  return (
    <KeyedForm
      title={`${props.place} - watch`}
      button="END WATCH"
      more={
        <button type="button" class="tall" onClick={props.confirm}>
          CONFIRM bed, devices, patient
        </button>
      }
      make={() => {
        const reason = (draft["reason"] ?? "").trim();
        const second = (draft["second"] ?? "").trim();
        if (reason === "") return "Why does the watch end?";
        const body = { bed: props.bed, reason, ...(second === "" ? {} : { second_person: second }) };
        return { path: "/api/v1/watch/end", keyed: false, body };
      }}
    >
      <p>After this nobody is paged for her. It is refused while a high alarm is open.</p>
      <TextField form={form} field="reason" label="Reason" long />
      <TextField form={form} field="second" label="Second person (needed within 24 h of magnesium)" />
    </KeyedForm>
  );
}
