import type { Bed } from "../api/types";
import { AnswerButtons } from "../alarms/AlarmPanel";
import { shelvedWords } from "../alarms/shelved";
import { type Sheet, link, sheet } from "../navigation";
import { Value } from "../board/Value";
import { SomebodyHere, callWords, infusionWords, secondWords } from "../board/BedCard";
import { Loading } from "../board/Skeleton";
import { StopButton } from "../entry/EntrySheet";
import { alarmsOf, bedOf, callOf, serverNow, timeAt, usable, ward } from "../live/store";
import { labelOf } from "../people/session";
import { bandOf, byUrgency, flashes, mark, priorityWords, stateWords } from "../words/marks";
import { dueWords, span } from "../words/times";
import { UNKNOWN } from "../words/signals";
import { LEVEL_UNITS, otherUnit, tidy } from "../words/units";
import { ChartList } from "../chart/ChartList";
import { Estimate, Trends } from "./Trends";

const VALUES = [
  ["rr", "RR"],
  ["spo2", "SpO2"],
  ["hr", "HR"],
  ["sbp", "Systolic"],
  ["dbp", "Diastolic"],
  ["reflex", "Reflex"],
  ["reflex_arm", "Arm reflex"],
  ["avpu", "Awake"],
  ["temp", "Temp"],
] as const;

export function BedDetail(props: { bed: string }) {
  const bed = bedOf(props.bed);
  if (bed === undefined) {
    return (
      <main>
        <h1>{ward.value === null ? "Loading" : "There is no such bed"}</h1>
        <Loading what="the bed" />
        <a class="button tall" href={link("board")}>
          Back to the board
        </a>
      </main>
    );
  }
  return (
    <main class={usable.value ? "bed" : "bed dim"}>
      <h1>
        {bed.place} {bed.watched ? "" : "- NOT WATCHED"}
      </h1>
      <SomebodyHere bed={bed} />
      <Concern bed={bed} />
      <BedAlarms bed={bed} />
      <dl class="vitals wide">
        {VALUES.filter(
          ([name]) => ["rr", "spo2", "hr"].includes(name) || bed.signals.some((s) => s.signal === name),
        ).map(([name, label]) => (
          <Value key={name} bed={bed} signal={name} label={label} unit />
        ))}
      </dl>
      <Acts bed={bed} />
      <div class="columns">
        <div>
          <Trends bed={bed} />
          <Estimate bed={bed} />
        </div>
        <div>
          <Checks bed={bed} />
          <InfusionBox bed={bed} />
          <Charted bed={bed} />
          <ChartList bed={bed} />
          <Held bed={bed} />
        </div>
      </div>
    </main>
  );
}

function Concern(props: { bed: Bed }) {
  const concern = props.bed.concerned ?? null;
  if (concern === null) return null;
  return (
    <p class="due">
      {labelOf(concern.by)} is concerned since {timeAt(concern.at)}
      {concern.note === null ? "" : `: ${concern.note}`}
    </p>
  );
}

function BedAlarms(props: { bed: Bed }) {
  const alarms = [...alarmsOf(props.bed.alias)].sort(byUrgency);
  const offset = ward.value?.offsetMinutes ?? 0;
  return (
    <>
      {alarms.map((alarm) => {
        const call = callOf(alarm.call);
        return (
          <div key={alarm.id} data-alarm={alarm.id} class={`band ${bandOf(alarm)}${flashes(alarm) ? " flash" : ""}`}>
            <h2>
              <span class="mark">{mark(alarm)}</span> {alarm.message}
            </h2>
            <p>
              {priorityWords(alarm)}, since {timeAt(alarm.since)} (
              {span(serverNow.value - Date.parse(alarm.since))}),{" "}
              {shelvedWords(alarm, labelOf, offset) ??
                stateWords({ ...alarm, acknowledged_by: labelOf(alarm.acknowledged_by) })}
              {call === undefined ? "" : `. Page: ${callWords(call) ?? ""}`}
            </p>
            <p>{alarm.prompt}</p>
            <div class="actions">
              {flashes(alarm) && (
                <button
                  type="button"
                  class="tall"
                  data-acknowledge
                  onClick={() => (sheet.value = { kind: "acknowledge", alarm: alarm.id })}
                >
                  ACKNOWLEDGE
                </button>
              )}
              {call !== undefined && <AnswerButtons call={call.id} />}
            </div>
          </div>
        );
      })}
    </>
  );
}

function Acts(props: { bed: Bed }) {
  const { bed } = props;
  const open = (kind: "entry" | "concerned" | "calmed" | "somebody" | "symptoms" | "infusion" | "screening" | "watch" | "pause") => () => {
    sheet.value = { kind, bed: bed.alias } as Sheet;
  };
  return (
    <div class="actions">
      <button type="button" class="tall primary" onClick={open("entry")}>
        ENTER CHECK
      </button>
      <button type="button" class="tall warn" onClick={open("concerned")}>
        CONCERNED
      </button>
      {bed.concerned != null && (
        <button type="button" class="tall" onClick={open("calmed")}>
          NO LONGER CONCERNED
        </button>
      )}
      <button type="button" class="tall" onClick={open("symptoms")}>
        SYMPTOMS
      </button>
      <a class="button tall prompt" href={link("checklist", bed.alias)}>
        {bed.checklist?.open ? "CHECKLIST IS OPEN" : "CHECKLIST"}
      </a>
      <button type="button" class="tall" onClick={open("screening")}>
        SCREENING
      </button>
      <button type="button" class="tall" onClick={open("infusion")}>
        PLAN INFUSION
      </button>
      <button type="button" class="tall" onClick={open("pause")}>
        PAUSE SOUND
      </button>
      <button type="button" class="tall" onClick={open("somebody")}>
        SOMEBODY IS HERE (no name)
      </button>
      <button type="button" class="tall" onClick={open("watch")}>
        {bed.watched ? "WATCH: confirm or end" : "START WATCH"}
      </button>
      <a class="button tall" href={link("handover", bed.alias)}>
        HANDOVER SHEET
      </a>
      <a class="button tall" href={`/api/v1/beds/${encodeURIComponent(bed.alias)}/export.csv`} download>
        CSV OF HER STAY
      </a>
    </div>
  );
}

function Checks(props: { bed: Bed }) {
  const checks = [...props.bed.checks].sort((a, b) => a.due.localeCompare(b.due));
  return (
    <section>
      <h2>Checks</h2>
      {checks.length === 0 && (
        <p>{!props.bed.watched ? "Nobody is watched here." : usable.value ? "No check is due now." : UNKNOWN}</p>
      )}
      <ul class="checks">
        {checks.map((check) => (
          <li key={check.id} class={check.overdue ? "due overdue" : "due"}>
            {check.title}: {usable.value ? dueWords(check.due, check.overdue, serverNow.value) : "--"}
          </li>
        ))}
      </ul>
    </section>
  );
}

function InfusionBox(props: { bed: Bed }) {
  const { bed } = props;
  const total = bed.infusion.dose_total;
  return (
    <section>
      <h2>Infusion</h2>
      <p>
        Magnesium sulfate: <strong>{usable.value ? infusionWords(bed) : "--"}</strong>
      </p>
      {secondWords(bed) !== null && usable.value && (
        <p class={bed.infusion.rate_change?.second_check_missing ? "due overdue" : ""}>{secondWords(bed)}</p>
      )}
      {bed.infusion.rate_change?.second_check_missing && (
        <button type="button" class="tall" onClick={() => (sheet.value = { kind: "second", bed: bed.alias })}>
          SECOND CHECK
        </button>
      )}
      {total !== null && usable.value && (
        <p>
          Given since the watch began: {tidy(total.value, 1)} {total.unit}
        </p>
      )}
      {bed.session !== null && (
        <p>
          Plan: {bed.session.title}
          {bed.session.rate === null ? "" : `, ${tidy(bed.session.rate.value)} ${bed.session.rate.unit}`}
          {bed.session.expected_end === null ? "" : `, ends ${timeAt(bed.session.expected_end)}`}
        </p>
      )}
      {bed.after_stop !== null && (
        <p class="due">
          Stopped {timeAt(bed.after_stop.stopped)}. Watch for recurrence until {timeAt(bed.after_stop.watch_until)}.{" "}
          {bed.after_stop.decided
            ? "A senior has decided."
            : `Senior decision ${dueWords(bed.after_stop.decision_due, false, serverNow.value)}.`}
        </p>
      )}
      <StopButton bed={bed} />
    </section>
  );
}

/** What people charted: levels in both units, symptoms, events. */
export function Charted(props: { bed: Bed }) {
  const { bed } = props;
  return (
    <section>
      <h2>Charted</h2>
      <h3>Magnesium levels</h3>
      {bed.levels.length === 0 && <p>No level yet.</p>}
      <ul>
        {bed.levels.map((level) => {
          const unit = LEVEL_UNITS.find((u) => u === level.unit);
          return (
            <li key={`${level.drawn_at} ${level.value}`}>
              {level.value} {level.unit}
              {unit === undefined ? "" : ` (${otherUnit(level.value, unit)})`}, taken {timeAt(level.drawn_at)}
              {level.near_bolus ? ", soon after a bolus" : ""}
              {level.from_infusion_arm ? ", from the infusion arm" : ""}
              {level.repeat ? <strong> - IN DOUBT: repeat it from the other arm</strong> : ""}
            </li>
          );
        })}
      </ul>
      <h3>Symptoms</h3>
      <p>
        {bed.symptoms.length > 0
          ? bed.symptoms.map((s) => `${s.symptom} ${timeAt(s.at)}`).join(", ")
          : bed.no_symptoms_at === null
            ? "Nobody has asked yet."
            : `None at ${timeAt(bed.no_symptoms_at)}.`}
      </p>
      {bed.events.length > 0 && <h3>Events</h3>}
      <ul>
        {bed.events.map((event) => (
          <li key={`${event.at} ${event.event}`}>
            {timeAt(event.at)} {event.event}
            {event.drug === null ? "" : `: ${event.drug}`} ({labelOf(event.by)})
          </li>
        ))}
      </ul>
    </section>
  );
}

function Held(props: { bed: Bed }) {
  const { inhibited, uncommissioned } = props.bed;
  if (inhibited.length === 0 && (uncommissioned ?? []).length === 0) return null;
  return (
    <section>
      <h2>Not judged now</h2>
      <ul>
        {inhibited.map((held) => (
          <li key={held.rule}>
            {held.rule}
            {held.reason === undefined ? "" : `: ${held.reason}`}
          </li>
        ))}
        {(uncommissioned ?? []).map((device) => (
          <li key={device}>{device}: not commissioned, its values are used by nothing</li>
        ))}
      </ul>
    </section>
  );
}
