import { Dialog } from "../Dialog";
import type { Charted } from "../api/types";
import { type Form, Choice, TextField, useForm } from "../entry/fields";
import { partOf, timeOf } from "../entry/draft";
import { startDraft } from "../entry/sending";
import { bedOf, serverNow, ward } from "../live/store";
import { sheet } from "../navigation";
import { KeyedForm } from "../watch/KeyedForm";
import { clockTime, dayTime } from "../words/times";
import { useChart } from "./ChartList";

const REASONS = ["wrong value", "wrong unit", "wrong time", "wrong patient or bed"];
const DAY_MS = 86_400_000;

/** Takes an entry back, or goes on to the one that replaces it. Both need a reason; the old one stays to be seen. */
export function CorrectSheet(props: { bed: string; entry: string }) {
  const asked = useChart(props.bed, bedOf(props.bed)?.chart_count);
  const found = asked !== null && "data" in asked ? asked.data.entries.find((e) => e.id === props.entry) : undefined;
  if (found === undefined) {
    return (
      <Dialog title="Correct an entry" escape close={() => (sheet.value = null)}>
        <p>{asked === null ? "Loading the chart." : "This entry cannot be read now."}</p>
        <button type="button" class="tall" onClick={() => (sheet.value = null)}>
          Cancel
        </button>
      </Dialog>
    );
  }
  return <Correct bed={props.bed} entry={found} />;
}

function Correct(props: { bed: string; entry: Charted }) {
  const { bed, entry } = props;
  const { draft, form, found } = useForm();
  const offset = ward.value?.offsetMinutes ?? 0;
  const reason = (): string => ((draft["other"] ?? "").trim() || draft["reason"]) ?? "";
  // One of the two fields is enough, so either ends the finding.
  const either: Form = { ...form, problem: (field) => (reason() === "" ? form.problem(field) : undefined) };

  function replace(): void {
    const why = reason();
    if (why === "") return found({ reason: "Why is it wrong?" });
    const { id, kind, text, at } = entry;
    const now = serverNow.value;
    // The time of what was seen stays as it was, unless somebody changes it.
    const seen = Date.parse(at);
    const plain = clockTime(seen, offset);
    const same = timeOf(plain, { nowMs: now, offsetMinutes: offset }) === null ? dayTime(seen, now, offset) : plain;
    startDraft(`${bed} ${id}`, { at: now - seen < DAY_MS ? same : "" }, now);
    sheet.value = { kind: "entry", bed, corrects: { id, kind, text, at, reason: why } };
  }

  return (
    <KeyedForm
      title={`${bedOf(bed)?.place ?? bed} - correct an entry`}
      button="STRIKE IT OUT: no new value"
      quiet={partOf(entry.kind) !== null}
      make={() => {
        const why = reason();
        if (why === "") return "Why is it wrong?";
        return { path: "/api/v1/entries", keyed: true, body: { bed, kind: "strike", corrects: entry.id, reason: why } };
      }}
      more={
        partOf(entry.kind) !== null && (
          <button type="button" class="tall primary" onClick={replace}>
            ENTER THE RIGHT ONE
          </button>
        )
      }
    >
      <p class="original">
        {dayTime(Date.parse(entry.at), serverNow.peek(), offset)} <strong>{entry.text}</strong>
      </p>
      <p>It stays in the chart, struck through with your name and reason, and counts for nothing any more.</p>
      <Choice form={either} field="reason" legend="Why is it wrong?" of={REASONS} />
      <TextField form={form} field="other" label="Or in your words" long />
    </KeyedForm>
  );
}
