import type { Alarm } from "../api/types";
import { link, sheet } from "../navigation";
import { callWords } from "../board/BedCard";
import { bedOf, callOf, serverNow, usable, ward } from "../live/store";
import { labelOf } from "../people/session";
import { bandOf, byUrgency, flashes, mark, priorityWords, stateWords } from "../words/marks";
import { clockTime, span } from "../words/times";

/** Every open alarm, the most urgent first. There is no "acknowledge all". */
export function AlarmPanel() {
  const now = ward.value;
  const alarms = [...(now?.alarms ?? [])].sort(byUrgency);
  return (
    <main class={usable.value ? "" : "dim"}>
      <h1>Alarms</h1>
      {!usable.value && <p class="empty">NOT LIVE: what is listed here may be over, and more may have come.</p>}
      {now !== null && usable.value && alarms.length === 0 && <p class="empty">No alarm is open.</p>}
      <ul class="alarms">
        {alarms.map((alarm) => (
          <Row key={alarm.id} alarm={alarm} />
        ))}
      </ul>
    </main>
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
    <li class={`alarm ${bandOf(alarm)}`}>
      <div class={`band ${bandOf(alarm)}${flashes(alarm) ? " flash" : ""}`}>
        <h2>
          <span class="mark">{mark(alarm)}</span> {place}: {alarm.message}
        </h2>
        <p>
          {priorityWords(alarm)}, since {clockTime(began, offset)} ({span(serverNow.value - began)}),{" "}
          {alarmState(alarm)}
        </p>
      </div>
      <p class="prompt-words">{alarm.prompt}</p>
      {paging !== null && <p class="paging">Page: {paging}</p>}
      <p class="rule">
        Rule: {alarm.title} ({alarm.rule})
      </p>
      <div class="actions">
        {alarm.priority !== "low" && !alarm.acknowledged && (
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
      </div>
    </li>
  );
}

function alarmState(alarm: Alarm): string {
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
