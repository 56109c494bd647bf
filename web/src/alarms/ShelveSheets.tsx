import type { Alarm } from "../api/types";
import { Choice, TextField, useForm } from "../entry/fields";
import { bedOf, ward } from "../live/store";
import { NameTapSheet } from "../people/NameTapSheet";
import { Over, PinAct } from "./AcknowledgeSheet";
import { SHELVE_MINUTES, SHELVE_REASONS } from "./shelved";

function alarmOf(id: string): Alarm | undefined {
  return ward.value?.alarms.find((alarm) => alarm.id === id);
}

function titleOf(alarm: Alarm, act: string): string {
  return `${bedOf(alarm.bed)?.place ?? "the ward"}: ${act} "${alarm.message}"`;
}

/** A technical alarm that is known: no sound and no page for a while, and it stays to be seen. A PIN, each time. */
export function ShelveSheet(props: { alarm: string }) {
  const { draft, form, found } = useForm();
  const alarm = alarmOf(props.alarm);
  if (alarm === undefined) return <Over />;
  const note = (draft["note"] ?? "").trim();

  function body(): object | null {
    const { reason = "", minutes = "" } = draft;
    const wrong = {
      ...(reason === "" ? { reason: "Choose a reason." } : {}),
      ...(reason === "other" && note === "" ? { note: "Say what it is." } : {}),
      ...(minutes === "" ? { minutes: "Choose a time." } : {}),
    };
    found(wrong);
    if (Object.keys(wrong).length > 0) return null;
    return { reason, minutes: Number(minutes), ...(note === "" ? {} : { note }) };
  }

  return (
    <PinAct
      title={titleOf(alarm, "shelve")}
      explain="For a known technical cause alone. It makes no sound and no page until the time is over, and stays on the board. It comes back at once when it gets worse, or ends and begins anew."
      button="SHELVE"
      path={`/api/v1/alarms/${encodeURIComponent(alarm.id)}/shelve`}
      make={body}
      missing="See what is missing above."
    >
      <Choice form={form} field="reason" legend="Why?" of={SHELVE_REASONS} />
      <TextField form={form} field="note" label="Note" long />
      <Choice
        form={form}
        field="minutes"
        legend="For how long?"
        of={SHELVE_MINUTES.map((n) => ({ value: String(n), label: n < 60 ? `${n} min` : `${n / 60} h` }))}
      />
    </PinAct>
  );
}

/** It sounds and pages again: a tap on a name is enough for that. */
export function UnshelveSheet(props: { alarm: string }) {
  const alarm = alarmOf(props.alarm);
  if (alarm === undefined) return <Over />;
  return (
    <NameTapSheet
      title={titleOf(alarm, "unshelve")}
      explain="It sounds and pages again, as long as its cause is there."
      path={`/api/v1/alarms/${encodeURIComponent(alarm.id)}/unshelve`}
      make={() => ({})}
    />
  );
}
