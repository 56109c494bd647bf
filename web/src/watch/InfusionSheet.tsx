import { useState } from "preact/hooks";
import { type Form, Choice, NumberField } from "../entry/fields";
import { bedOf } from "../live/store";
import { typed } from "../words/units";
import { KeyedForm } from "./KeyedForm";

const INDICATIONS = [
  ["pre_eclampsia", "Pre-eclampsia or eclampsia"],
  ["neuroprotection", "Protection of the baby's brain"],
  ["asthma", "Asthma"],
  ["arrhythmia", "Arrhythmia"],
  ["migraine", "Migraine"],
  ["hypomagnesaemia", "Low magnesium"],
  ["wellness", "Wellness"],
].map(([value = "", label = ""]) => ({ value, label }));

const SETTINGS = [
  ["labour_ward", "Labour ward"],
  ["hdu_icu", "High dependency or intensive care"],
  ["ed", "Emergency department"],
  ["ward", "Ward"],
  ["clinic", "Clinic"],
  ["home", "Home"],
].map(([value = "", label = ""]) => ({ value, label }));

/** The infusion as planned: its caps, checks and end follow from indication and place. It starts nothing. */
export function InfusionSheet(props: { bed: string }) {
  const bed = bedOf(props.bed);
  const [draft, setDraft] = useState<Record<string, string>>({
    indication: bed?.session?.indication ?? "",
    setting: bed?.session?.setting ?? "",
  });
  const form: Form = {
    text: (field) => draft[field] ?? "",
    problem: (field) =>
      typed(draft[field] ?? "") === null && field !== "indication" && field !== "setting"
        ? "Must be a number."
        : undefined,
    write: (field, value) => setDraft({ ...draft, [field]: value }),
  };
  return (
    <KeyedForm
      title={`${bed?.place ?? props.bed} - plan of the infusion`}
      button="SAVE PLAN"
      make={() => {
        const [dose, rate, hours] = ["dose", "rate", "hours"].map((field) => typed(draft[field] ?? ""));
        if (!draft["indication"] || !draft["setting"]) return "What for, and where? Both are needed.";
        if (dose === null || rate === null || hours === null) return "Numbers only, such as 4 or 0.5.";
        const body = {
          bed: props.bed,
          kind: "session",
          indication: draft["indication"],
          setting: draft["setting"],
          ...(dose === undefined ? {} : { dose: { value: dose, unit: "g" } }),
          ...(rate === undefined ? {} : { rate: { value: rate, unit: "g/h" } }),
          ...(hours === undefined ? {} : { planned_seconds: Math.round(hours * 3600) }),
        };
        return { path: "/api/v1/entries", keyed: true, body };
      }}
    >
      {bed !== undefined && !bed.screened && (
        <p class="problem">The questions before an infusion are not answered yet: SCREENING.</p>
      )}
      <p>A plan starts no pump. Chart the infusion itself under ENTER CHECK when it runs.</p>
      <Choice form={form} field="indication" legend="What for?" of={INDICATIONS} />
      <Choice form={form} field="setting" legend="Where?" of={SETTINGS} />
      <NumberField form={form} field="dose" label="First dose" unit="g" />
      <NumberField form={form} field="rate" label="Rate" unit="g/h" />
      <NumberField form={form} field="hours" label="For" unit="h" />
    </KeyedForm>
  );
}
