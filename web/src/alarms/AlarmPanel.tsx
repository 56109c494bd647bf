import { useEffect, useState } from "preact/hooks";
import type { Alarm } from "../api/types";
import { link, sheet } from "../navigation";
import { callWords } from "../board/BedCard";
import { Loading } from "../board/Skeleton";
import { bedOf, callOf, serverNow, usable, ward } from "../live/store";
import { labelOf } from "../people/session";
import { bandOf, byUrgency, flashes, mark, priorityWords, stateWords } from "../words/marks";
import { dayTime, span } from "../words/times";
import { csvOf, pastOf, save } from "./past";
import { mayShelve, shelvedWords } from "./shelved";

/** Every open alarm, the most urgent first, or what rang in the last 24 h. There is no "acknowledge all". */
export function AlarmPanel() {
  const now = ward.value;
  const [past, setPast] = useState(false);
  const [only, setOnly] = useState<string | null>(null);
  const alarms = [...(now?.alarms ?? [])].filter((a) => only === null || a.bed === only).sort(byUrgency);
  return (
    <main class={usable.value ? "" : "dim"}>
      <h1>Alarms</h1>
      {now === null ? (
        <Loading what="the alarms" />
      ) : (
        !usable.value && <p class="empty">NOT LIVE: what is listed here may be over, and more may have come.</p>
      )}
      <div class="actions" role="group" aria-label="Which alarms">
        <Which label="now" on={!past} tap={() => setPast(false)} />
        <Which label="24 h" on={past} tap={() => setPast(true)} />
        <Which label="all beds" on={only === null} tap={() => setOnly(null)} />
        {(now?.beds ?? [])
          .filter((bed) => bed.watched || bed.alias === only)
          .map((bed) => (
            <Which key={bed.alias} label={bed.place} on={only === bed.alias} tap={() => setOnly(bed.alias)} />
          ))}
        {!past && (
          <button type="button" onClick={() => save("alarms-now.csv", csvOf(NOW_HEAD, alarms.map(nowRow)))}>
            CSV
          </button>
        )}
      </div>
      {past ? (
        <Past only={only} />
      ) : (
        <>
          {now !== null && usable.value && alarms.length === 0 && <p class="empty">{noneWords(now.alarms, only)}</p>}
          <ul class="alarms">
            {alarms.map((alarm) => (
              <Row key={alarm.id} alarm={alarm} />
            ))}
          </ul>
        </>
      )}
    </main>
  );
}

/** An empty list of one bed is no all-clear of the ward. */
function noneWords(all: Alarm[], only: string | null): string {
  if (only === null) return "No alarm is open.";
  const here = `No alarm is open at ${bedOf(only)?.place ?? only}.`;
  return all.length === 0 ? here : `${here} ELSEWHERE: ${all.length} open. Tap "all beds".`;
}

function Which(props: { label: string; on: boolean; tap: () => void }) {
  return (
    <button type="button" class="choice" aria-pressed={props.on} onClick={props.tap}>
      {props.label}
    </button>
  );
}

const NOW_HEAD = [
  ...["since", "bed", "priority", "kind", "message", "state", "acknowledged_by", "shelved_by", "shelved_until"],
  ...["shelved_because", "rule", "pack"],
];

function nowRow(alarm: Alarm): string[] {
  const { since, bed, priority, kind, message, acknowledged_by: by, rule } = alarm;
  const name = by === null ? "" : labelOf(by);
  const { by: shelver = null, until = "", reason = "", note = null } = alarm.shelved ?? {};
  const shelf = [shelver === null ? "" : labelOf(shelver), until, note === null ? reason : `${reason}: ${note}`];
  const state = [stateWords(alarm), name, ...shelf];
  return [since, bed ?? "", priority, kind, message, ...state, rule, ward.value?.status.pack ?? ""];
}

function Past(props: { only: string | null }) {
  const [found, setFound] = useState<Awaited<ReturnType<typeof pastOf>> | null>(null);
  const { only } = props;
  useEffect(() => {
    let gone = false;
    setFound(null);
    const beds = (ward.peek()?.beds ?? []).filter((bed) => only === null || bed.alias === only);
    void pastOf(beds, serverNow.peek()).then((read) => (gone ? undefined : setFound(read)));
    return () => {
      gone = true;
    };
  }, [only]);
  if (found === null) return <p class="empty">Reading the last 24 h.</p>;
  const offset = ward.value?.offsetMinutes ?? 0;
  const table = found.rows.map((r) => [r.at, r.bed, r.priority, r.kind, r.text]);
  return (
    <>
      {found.missing.length > 0 && <p class="problem">Not known for: {found.missing.join(", ")}.</p>}
      {found.rows.length === 0 && <p class="empty">Nothing rang in the last 24 h, as far as it is known.</p>}
      <button
        type="button"
        onClick={() => save("alarms-24h.csv", csvOf(["at", "bed", "priority", "kind", "text"], table))}
      >
        CSV of 24 h
      </button>
      <ul class="past">
        {found.rows.map((row, index) => (
          <li key={`${row.at} ${row.bed} ${index}`}>
            {dayTime(Date.parse(row.at), serverNow.peek(), offset)} <strong>{row.place}</strong>{" "}
            {row.priority.toUpperCase()} {row.text}
          </li>
        ))}
      </ul>
    </>
  );
}

function Row(props: { alarm: Alarm }) {
  const { alarm } = props;
  const offset = ward.value?.offsetMinutes ?? 0;
  const began = Date.parse(alarm.since);
  const call = callOf(alarm.call);
  const place = bedOf(alarm.bed)?.place ?? "Whole ward";
  const paging = callWords(call);
  return (
    <li data-alarm={alarm.id} class={`alarm ${bandOf(alarm)}`}>
      <div class={`band ${bandOf(alarm)}${flashes(alarm) ? " flash" : ""}`}>
        <h2>
          <span class="mark">{mark(alarm)}</span> {place}: {alarm.message}
        </h2>
        <p>
          {priorityWords(alarm)}, since {dayTime(began, serverNow.value, offset)} ({span(serverNow.value - began)}),{" "}
          {alarmState(alarm)}
        </p>
      </div>
      <p class="prompt-words">{alarm.prompt}</p>
      {paging !== null && <p class="paging">Page: {paging}</p>}
      <p class="rule">
        Rule: {alarm.title} ({alarm.rule}), of {ward.value?.status.pack}{" "}
        <button type="button" onClick={() => (sheet.value = { kind: "rule", alarm: alarm.id })}>
          WHY IT RANG
        </button>
      </p>
      <div class="actions">
        {flashes(alarm) && (
          <button
            type="button"
            class="tall primary"
            data-acknowledge
            onClick={() => (sheet.value = { kind: "acknowledge", alarm: alarm.id })}
          >
            ACKNOWLEDGE
          </button>
        )}
        {call !== undefined && <AnswerButtons call={call.id} />}
        {alarm.bed !== null && (
          <a class="button tall" href={link("bed", alarm.bed)}>
            OPEN BED
          </a>
        )}
        {(mayShelve(alarm) || alarm.shelved != null) && (
          <button
            type="button"
            class="tall"
            onClick={() => (sheet.value = { kind: alarm.shelved == null ? "shelve" : "unshelve", alarm: alarm.id })}
          >
            {alarm.shelved == null ? "SHELVE" : "UNSHELVE"}
          </button>
        )}
      </div>
    </li>
  );
}

function alarmState(alarm: Alarm): string {
  const shelved = shelvedWords(alarm, labelOf, ward.value?.offsetMinutes ?? 0);
  if (shelved !== null) return shelved;
  const words = stateWords({ ...alarm, acknowledged_by: labelOf(alarm.acknowledged_by) });
  if (!alarm.acknowledged || alarm.acknowledged_until === null) return words;
  const left = Date.parse(alarm.acknowledged_until) - serverNow.value;
  return `${words}, rings again in ${span(left)} if it persists`;
}

export function AnswerButtons(props: { call: string }) {
  const ask = (answer: "coming" | "here" | "cannot") => () => {
    sheet.value = { kind: "answer", call: props.call, answer };
  };
  return (
    <>
      <button type="button" class="tall" onClick={ask("coming")}>
        COMING
      </button>
      <button type="button" class="tall" onClick={ask("here")}>
        I AM HERE
      </button>
      <button type="button" class="tall" onClick={ask("cannot")}>
        CANNOT COME
      </button>
    </>
  );
}
