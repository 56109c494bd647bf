import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { Dialog } from "../Dialog";
import { asHistory, changeByKey, newKey, outcomeWords } from "../api/client";
import type { Bed } from "../api/types";
import { type Correcting, sheet, unlocking } from "../navigation";
import { infusionWords } from "../board/BedCard";
import { bedOf, serverNow, usable, ward } from "../live/store";
import { labelOf, mayNotChart, unlocked } from "../people/session";
import { PersonPicker } from "../people/PersonPicker";
import { reflexWords } from "../words/signals";
import { clockTime } from "../words/times";
import { LEVEL_UNITS, type LevelUnit, otherUnit, tidy, typed } from "../words/units";
import { CountTimer } from "./CountTimer";
import { AVPU, type Entry, type Moment, type PartName, build, otherDay, partOf, timeOf } from "./draft";
import { Choice, type Form, NumberField, Part, TextField } from "./fields";
import { NOBODY, SecondPart, secondOf } from "./SecondPart";
import { type Sent, draftOf, draftsChanged, forget, isSaved, keyOf, sendAll, settle, write } from "./sending";

const AVPU_LABELS: Record<(typeof AVPU)[number], string> = {
  alert: "A alert",
  confused: "C newly confused",
  voice: "V voice",
  pain: "P pain",
  unresponsive: "U none",
};

/**
 * One sheet for all that is charted at the bed. Any part alone may be saved. It closes only on Save or Cancel. With
 * `corrects` it shows that part alone, and what is saved replaces the entry.
 */
export function EntrySheet(props: { bed: string; corrects?: Correcting | undefined }) {
  draftsChanged.value;
  const [problems, setProblems] = useState<Record<string, string>>({});
  const [sent, setSent] = useState<Sent[]>([]);
  const [busy, setBusy] = useState(false);
  const [second, setSecond] = useState(NOBODY);
  const bed = bedOf(props.bed);
  const now = serverNow.value;
  const { corrects } = props;
  const draft = corrects === undefined ? props.bed : `${props.bed} ${corrects.id}`;
  const kept = draftOf(draft, now);
  const who = unlocked.value;
  const may = mayNotChart(who?.role ?? null);
  if (bed === undefined) return null;

  const form: Form = {
    text: (field) => kept.draft[field] ?? "",
    problem: (field) => problems[field] ?? refusalOf(sent, field),
    write: (field, value) => {
      write(draft, field, value, serverNow.value);
      setProblems(({ [field]: _gone, ...rest }) => rest);
    },
  };

  async function save(): Promise<void> {
    const built = build(kept.draft, momentNow());
    setProblems(built.problems);
    if (Object.keys(built.problems).length > 0) return focusFirst(Object.keys(built.problems));
    if (built.entries.length + kept.waiting.length === 0) return setProblems({ at: "Nothing was entered yet." });
    if (corrects !== undefined && built.entries.length > 1) return setProblems({ at: "One entry replaces one." });
    const checked = secondOf(second);
    if (checked === null) return setProblems({ second: "The second person types the PIN, or is tapped again to be left out." });
    if (who === null) {
      unlocking.value = true;
      return;
    }
    setBusy(true);
    const fresh = built.entries.map((made) => {
      const entry = corrects === undefined ? made : correcting(made, corrects);
      return { entry, key: keyOf(kept, entry) };
    });
    const [before, asTyped] = [sent.filter(isSaved), kept.draft];
    const all = await sendAll(
      props.bed,
      who.person,
      [...kept.waiting, ...fresh],
      (now) => setSent([...before, ...now]),
      (entry) => (entry.body.kind === "infusion" ? checked : {}),
    );
    settle(draft, all, asTyped, serverNow.value);
    setBusy(false);
    setSecond(NOBODY);
    const refused = all.find((s) => s.outcome !== null && s.outcome !== "checking" && s.outcome.kind === "refused");
    if (refused !== undefined && outcomeStatus(refused) === 401) {
      unlocking.value = true;
    }
    if (all.every(isSaved)) forget(draft);
  }

  function keys(event: KeyboardEvent): void {
    if (event.key === "Enter" && event.ctrlKey) void save();
    const target = event.target as HTMLElement;
    if (event.key === "Enter" && !event.ctrlKey && target.tagName === "INPUT") return nextField(target);
    // A digit typed beside the keys of a PIN belongs to the PIN: it is no reflex.
    if (target.tagName === "INPUT" || target.closest(".second") !== null) return;
    if (/^[0-4]$/.test(event.key)) form.write("reflex", event.key);
  }

  const done = sent.length > 0 && sent.every(isSaved);
  return (
    <Dialog
      title={corrects === undefined ? `${bed.place} - new check` : `${bed.place} - correct an entry`}
      wide
      keys={keys}
      close={() => undefined}
    >
      <p class="by">By {who === null ? "nobody yet: your PIN is asked for when you save" : who.label}</p>
      {corrects !== undefined && (
        <p>
          Instead of <s>{corrects.text}</s> ({corrects.reason}). The old one stays in the chart, struck through.
        </p>
      )}
      {!done && (
        <Parts form={form} bed={bed} only={corrects === undefined ? null : partOf(corrects.kind)}>
          {bed.infusion.running === true && corrects === undefined && form.text("rate") !== "" && (
            <SecondPart
              second={second}
              change={setSecond}
              except={who?.person ?? null}
              problem={form.problem("second")}
            />
          )}
        </Parts>
      )}
      <Results sent={sent} />
      {may !== null && <p class="problem">{may}</p>}
      <div class="actions sticky">
        {!done && (
          <button type="button" class="primary tall" disabled={busy || may !== null} onClick={() => void save()}>
            {busy ? "SAVING" : sent.some((s) => !isSaved(s)) ? "SAVE AGAIN" : "SAVE"}
          </button>
        )}
        <button
          type="button"
          class="tall"
          onClick={() => {
            forget(draft);
            sheet.value = null;
          }}
        >
          {done ? "CLOSE" : "Cancel"}
        </button>
      </div>
    </Dialog>
  );
}

function correcting(made: Entry, corrects: Correcting): Entry {
  return { ...made, body: { ...made.body, corrects: corrects.id, reason: corrects.reason } };
}

/** Enter goes on to the next field; what is saved is saved on purpose. */
function nextField(from: HTMLElement): void {
  const all = Array.from(from.closest("dialog")?.querySelectorAll("input") ?? []);
  all[all.indexOf(from as HTMLInputElement) + 1]?.focus();
}

function momentNow(): Moment {
  return { nowMs: serverNow.value, offsetMinutes: ward.value?.offsetMinutes ?? 0 };
}

/** A time, and beside it the day that it was read as where that is not today. */
function TimeField(props: { form: Form; field: string; label: string; placeholder?: string }) {
  const day = otherDay(props.form.text(props.field), momentNow());
  return (
    <>
      <TextField {...props} />
      {day !== "" && <strong class="other-day">= {day}, not today</strong>}
    </>
  );
}

function outcomeStatus(s: Sent): number | null {
  return s.outcome !== null && s.outcome !== "checking" && s.outcome.kind === "refused" ? s.outcome.status : null;
}

/** The server's refusal stands at the part that it is about. */
function refusalOf(sent: Sent[], field: string): string | undefined {
  const found = sent.find((s) => s.entry.part === field);
  if (found === undefined || found.outcome === null || found.outcome === "checking") return undefined;
  return found.outcome.kind === "refused" ? outcomeWords(found.outcome) : undefined;
}

function focusFirst(fields: string[]): void {
  const first = document.querySelector(fields.map((field) => `[data-field="${field}"]`).join(","));
  if (!(first instanceof HTMLElement)) return;
  (first.querySelector("button") ?? first).focus();
}

function Results(props: { sent: Sent[] }) {
  if (props.sent.length === 0) return null;
  return (
    <ul class="results" role="status">
      {props.sent.map((one) => (
        <li key={one.key} class={!isSaved(one) ? "unsaved" : asHistory(one.outcome) ? "history" : "saved"}>
          {one.entry.title}:{" "}
          {one.outcome === null
            ? "saving"
            : one.outcome === "checking"
              ? "NOT CONFIRMED, checking"
              : outcomeWords(one.outcome)}
        </li>
      ))}
    </ul>
  );
}

function Parts(props: { form: Form; bed: Bed; only: PartName | null; children: ComponentChildren }) {
  const { form, bed, only } = props;
  const shown = (part: PartName) => only === null || only === part;
  return (
    <div class="parts">
      <Part title="Time">
        <TimeField form={form} field="at" label="Seen at (empty: now)" placeholder="now" />
        <button type="button" class="tall" onClick={() => form.write("at", "")}>
          NOW
        </button>
      </Part>
      {shown("reflex") && <ReflexPart form={form} />}
      {shown("avpu") && (
        <Part title="Awake?">
          <Choice
            form={form}
            field="avpu"
            legend="Answers to"
            of={AVPU.map((value) => ({ value, label: AVPU_LABELS[value] }))}
          />
        </Part>
      )}
      {shown("rr") && (
        <Part title="Breaths">
          <NumberField form={form} field="rr" label="Counted for 60 s" unit="/min" />
          <CountTimer />
        </Part>
      )}
      {shown("pressure") && (
        <Part title="Pressure">
          <NumberField form={form} field="sbp" label="Systolic" unit="mmHg" />
          <NumberField form={form} field="dbp" label="Diastolic" unit="mmHg" />
        </Part>
      )}
      {shown("urine") && <UrinePart form={form} />}
      {shown("level") && <LevelPart form={form} />}
      {shown("infusion") && (
        <InfusionPart form={form} bed={bed}>
          {props.children}
        </InfusionPart>
      )}
      {shown("more") && <MorePart form={form} open={only !== null} />}
    </div>
  );
}

function ReflexPart(props: { form: Form }) {
  const { form } = props;
  return (
    <Part title="Reflex">
      <Choice
        form={form}
        field="reflex"
        legend="Tendon reflex"
        of={[0, 1, 2, 3, 4].map((n) => ({ value: String(n), label: reflexWords(n) }))}
      />
      <Choice form={form} field="reflex_site" legend="Where?" of={["knee", "arm"]} />
      <TextField form={form} field="reflex_reason" label="Or not possible, because" />
    </Part>
  );
}

function UrinePart(props: { form: Form }) {
  const { form } = props;
  const value = typed(form.text("urine"));
  const moment = momentNow();
  const since = timeOf(form.text("urine_since"), moment);
  const until = timeOf(form.text("at"), moment) ?? new Date(serverNow.value).toISOString();
  const hours = since === null ? 0 : (Date.parse(until) - Date.parse(since)) / 3600_000;
  return (
    <Part title="Urine">
      <NumberField form={form} field="urine" label="Volume" unit="mL" />
      <TimeField form={form} field="urine_since" label="since (empty: the entry before)" placeholder="hh:mm" />
      {typeof value === "number" && hours > 0 && <strong>= {tidy(value / hours, 0)} mL/h</strong>}
    </Part>
  );
}

function LevelPart(props: { form: Form }) {
  const { form } = props;
  const value = typed(form.text("level"));
  const unit = LEVEL_UNITS.find((u) => u === form.text("level_unit"));
  const other = typeof value === "number" && unit !== undefined ? otherUnit(value, unit as LevelUnit) : "";
  const asks = form.problem("level")?.includes("far above");
  return (
    <Part title="Magnesium in serum">
      <NumberField form={form} field="level" label="Result" />
      <Choice form={form} field="level_unit" legend="Unit, as the laboratory wrote it" of={LEVEL_UNITS} />
      {other !== "" && <strong class="other-unit">= {other}</strong>}
      {asks && typeof value === "number" && unit !== undefined && (
        <button type="button" class="tall warn" onClick={() => form.write("level_sure", `${value} ${unit}`)}>
          {form.text("level_sure") === `${value} ${unit}`
            ? "Confirmed: now SAVE"
            : `The laboratory wrote ${value} ${unit}: keep it`}
        </button>
      )}
      <TimeField form={form} field="level_drawn" label="Sample taken at" placeholder="hh:mm" />
      <Choice form={form} field="level_arm" legend="Drawn from the arm with the infusion?" of={["yes"]} />
    </Part>
  );
}

function InfusionPart(props: { form: Form; bed: Bed; children: ComponentChildren }) {
  const { form, bed } = props;
  return (
    <Part title="Infusion">
      <p>Now: {usable.value ? infusionWords(bed) : "--"}. Magnesium sulfate (heptahydrate).</p>
      <StopButton bed={bed} />
      <NumberField form={form} field="rate" label="New rate" />
      <Choice form={form} field="rate_unit" legend="Unit of the rate" of={["g/h", "mL/h"]} />
      {form.text("rate_unit") === "mL/h" && (
        <>
          <NumberField form={form} field="bag_g" label="Bag holds" unit="g" />
          <NumberField form={form} field="bag_ml" label="in" unit="mL" />
          <RateInGrams form={form} />
        </>
      )}
      {props.children}
      <NumberField form={form} field="bolus" label="Bolus" unit="g" />
      <NumberField form={form} field="bolus_min" label="over" unit="min" />
      <NumberField form={form} field="im" label="Into the muscle" unit="g" />
    </Part>
  );
}

function RateInGrams(props: { form: Form }) {
  const [rate, grams, volume] = ["rate", "bag_g", "bag_ml"].map((field) => typed(props.form.text(field)));
  if (!rate || !grams || !volume) return null;
  return <strong>= {tidy((rate * grams) / volume)} g/h</strong>;
}

/** The one act that waits for nothing: a tap and a name. magwatch cannot stop a pump, so the words are the person's. */
export function StopButton(props: { bed: Bed }) {
  const [asking, setAsking] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  // An answer ends a key: the next stop is another one. What is not confirmed is sent again under its own.
  const sent = useRef<{ person: string; key: string } | null>(null);
  async function send(person: string): Promise<void> {
    const now = sent.current?.person === person ? sent.current : { person, key: newKey() };
    sent.current = now;
    setSaid("Sending");
    const body = { key: now.key, bed: props.bed.alias, person, kind: "stop" };
    const outcome = await changeByKey("/api/v1/entries", body, () => setSaid("NOT CONFIRMED, checking"));
    if (outcome.kind !== "unconfirmed" && sent.current === now) sent.current = null;
    const when = clockTime(serverNow.value, ward.value?.offsetMinutes ?? 0);
    setSaid(outcomeWords(outcome) + (outcome.kind === "saved" ? ` ${labelOf(person)}, ${when}.` : ""));
    if (outcome.kind === "saved") setAsking(false);
  }
  return (
    <div class="stop">
      <button type="button" class="tall danger" onClick={() => setAsking(true)}>
        I HAVE STOPPED THE PUMP
      </button>
      {asking && <PersonPicker legend="Tap your name" chosen={null} choose={(name) => void send(name)} />}
      {said !== null && <p role="status">{said}</p>}
    </div>
  );
}

function MorePart(props: { form: Form; open: boolean }) {
  const { form } = props;
  return (
    <details class="part" open={props.open}>
      <summary class="tall">More: fit, opioid or sedative, Glasgow, creatinine, calcium</summary>
      <Choice form={form} field="fit" legend="A fit?" of={[{ value: "yes", label: "She had a fit" }]} />
      <TextField form={form} field="sedation" label="Opioid or sedative given (name)" />
      <NumberField form={form} field="gcs" label="Glasgow" unit="3 to 15" />
      {(["creatinine", "calcium"] as const).map((kind) => (
        <div key={kind}>
          <NumberField form={form} field={kind} label={kind === "calcium" ? "Calcium" : "Creatinine"} />
          <Choice
            form={form}
            field={`${kind}_unit`}
            legend={`Unit of ${kind}`}
            of={kind === "calcium" ? ["mmol/L", "mg/dL"] : ["umol/L", "mg/dL"]}
          />
          <TimeField form={form} field={`${kind}_drawn`} label="Sample taken at" />
        </div>
      ))}
    </details>
  );
}
