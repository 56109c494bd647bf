import type { Alarm, Bed, Call, Check } from "../api/types";
import { go, link, sheet } from "../navigation";
import { alarmsOf, serverNow, timeAt, usable, ward } from "../live/store";
import { shelvedWords } from "../alarms/shelved";
import { labelOf } from "../people/session";
import { bandOf, byUrgency, flashOf, flashes, mark, namedFirst, priorityWords } from "../words/marks";
import { UNKNOWN, reflexWords, signalOf } from "../words/signals";
import { clockTime, dueWords, stopwatch } from "../words/times";
import { tidy } from "../words/units";
import { Value } from "./Value";
import { lineOf, since } from "./history";

function offset(): number {
  return ward.value?.offsetMinutes ?? 0;
}

/** "1 g/h ON", "STOPPED", or why nobody can say. A rate that is not known is never shown as one. */
export function infusionWords(bed: Bed): string {
  const { infusion } = bed;
  if (infusion.rate_unknown_since !== null) {
    return `rate unknown since ${timeAt(infusion.rate_unknown_since)}`;
  }
  if (infusion.running === null) return "not known whether it runs";
  if (infusion.running) {
    return infusion.rate === null ? "ON, rate not known" : `${tidy(infusion.rate.value)} ${infusion.rate.unit} ON`;
  }
  const onBoard = infusion.magnesium_on_board === "no" ? "" : ", still on board";
  return bed.after_stop === null
    ? `OFF${onBoard}`
    : `STOPPED ${timeAt(bed.after_stop.stopped)}${onBoard}`;
}

/** Who looked at a new rate besides the one who charted it; null: no rate was changed. */
export function secondWords(bed: Bed): string | null {
  const changed = bed.infusion.rate_change ?? null;
  if (changed === null) return null;
  const when = `Rate changed ${timeAt(changed.at)} by ${labelOf(changed.by)}`;
  return `${when}: ${changed.second_check_missing ? "second check MISSING" : `checked by ${labelOf(changed.second_person)}`}`;
}

export function nextCheck(bed: Bed): Check | undefined {
  return [...bed.checks].sort((a, b) => Number(b.overdue) - Number(a.overdue) || a.due.localeCompare(b.due))[0];
}

/** What became of the call: never "delivered" for "sent", and "coming" is not "here". */
export function callWords(call: Call | undefined): string | null {
  if (call === undefined) return null;
  switch (call.state) {
    case "waiting":
      return "Nobody paged yet";
    case "calling":
      return `Paging ${call.told.length === 0 ? "" : `${[...new Set(call.told.map((t) => labelOf(t.person)))].join(", ")}: `}no answer yet`;
    case "accepted":
      return `${labelOf(call.person)} is COMING, not here yet`;
    case "attended":
      return `${labelOf(call.person)} is AT THE BED`;
  }
}

/** Colour and mark are of the gravest alarm; what flashes and is named first is what nobody has taken yet. */
function Band(props: { bed: Bed; alarms: Alarm[]; named: Alarm | undefined }) {
  const { alarms, named } = props;
  const worst = alarms[0];
  const told = [...new Set([named, worst])].filter((alarm) => alarm !== undefined);
  const calm = !props.bed.watched ? "NOT WATCHED" : usable.value ? "no alarm" : UNKNOWN;
  return (
    <div class={`band ${bandOf(worst)}${flashOf(named)}`}>
      <h2>
        {worst !== undefined && <span class="mark">{mark(worst)}</span>}
        <span class="label">{props.bed.place}</span>
        {named === undefined && <span class="message">{calm}</span>}
        {named !== undefined && <span class="elapsed">{stopwatch(serverNow.value - Date.parse(named.since))}</span>}
      </h2>
      {told.map((alarm) => (
        <Finding key={alarm.id} alarm={alarm} more={alarm === told[told.length - 1] ? alarms.length - told.length : 0} />
      ))}
    </div>
  );
}

function Finding(props: { alarm: Alarm; more: number }) {
  const { alarm, more } = props;
  return (
    <p class="finding">
      {alarm.message}
      <small>
        {" "}
        {priorityWords(alarm)}
        {alarm.acknowledged ? `, acknowledged by ${labelOf(alarm.acknowledged_by)}` : ""}
        {alarm.shelved == null ? "" : `, ${shelvedWords(alarm, labelOf, offset()) ?? ""}`}
        {more > 0 ? `, and ${more} more` : ""}
      </small>
    </p>
  );
}

const LINE = { width: 300, height: 28, top: 40 };

function Sparkline(props: { bed: Bed }) {
  const from = since(props.bed.alias);
  if (from === null || !usable.value) return null;
  const path = lineOf(props.bed.alias, serverNow.value, LINE.width, LINE.height, LINE.top);
  return (
    <figure class="spark">
      <svg viewBox={`0 0 ${LINE.width} ${LINE.height}`} preserveAspectRatio="none" aria-hidden="true">
        <path d={path} />
      </svg>
      <figcaption>RR since {clockTime(from, offset())}</figcaption>
    </figure>
  );
}

function ReflexLine(props: { bed: Bed }) {
  const reflex = signalOf(props.bed, "reflex");
  if (reflex?.last == null) return <p>Reflexes: none charted</p>;
  return (
    <p>
      {reflex.value === null || !usable.value ? "Reflex -- was " : "Reflex "}
      {reflexWords(reflex.last.value)} at {timeAt(reflex.last.at)}
    </p>
  );
}

/** A word without a name: it is shown beside the paging, which it does not stop. */
export function SomebodyHere(props: { bed: Bed }) {
  const here = props.bed.somebody_here ?? null;
  if (here === null) return null;
  return (
    <p class="paging">
      Somebody said at {timeAt(here.at)}: I am here (no name
      {here.station === null ? "" : `, ${here.station}`})
    </p>
  );
}

function Actions(props: { bed: Bed; named: Alarm | undefined; call: string | null }) {
  const { bed, named, call } = props;
  return (
    <div class="actions">
      {named !== undefined && flashes(named) && (
        <button
          type="button"
          class="tall primary wide"
          onClick={() => (sheet.value = { kind: "acknowledge", alarm: named.id })}
        >
          ACKNOWLEDGE
        </button>
      )}
      {call !== null && (
        <button type="button" class="tall" onClick={() => (sheet.value = { kind: "answer", call, answer: "here" })}>
          I AM HERE
        </button>
      )}
      {bed.checklist?.open && (
        <a class="button tall prompt" href={link("checklist", bed.alias)}>
          CHECKLIST
        </a>
      )}
      {bed.watched ? (
        <button type="button" class="tall" onClick={() => (sheet.value = { kind: "entry", bed: bed.alias })}>
          ENTER
        </button>
      ) : (
        <button type="button" class="tall" onClick={() => (sheet.value = { kind: "watch", bed: bed.alias })}>
          START WATCH
        </button>
      )}
      <button type="button" class="tall" onClick={() => go("bed", bed.alias)}>
        OPEN
      </button>
    </div>
  );
}

/** One bed: value first, line second, what is due third, actions last. */
export function BedCard(props: { bed: Bed }) {
  const { bed } = props;
  const alarms = [...alarmsOf(bed.alias)].sort(byUrgency);
  const worst = alarms[0];
  const due = nextCheck(bed);
  const named = namedFirst(alarms);
  const call = named?.call ?? worst?.call ?? null;
  const paging = callWords(ward.value?.calls.find((c) => c.id === call));
  return (
    <article class={`card ${bandOf(worst)}`} aria-label={bed.place}>
      <Band bed={bed} alarms={alarms} named={named} />
      <dl class="vitals">
        <Value bed={bed} signal="rr" label="RR" />
        <Value bed={bed} signal="spo2" label="SpO2" />
        <Value bed={bed} signal="hr" label="HR" />
        <Value bed={bed} signal="reflex" label="Reflex" />
      </dl>
      <Sparkline bed={bed} />
      <ReflexLine bed={bed} />
      <p>
        Magnesium <strong>{usable.value ? infusionWords(bed) : "--"}</strong>
        {usable.value && bed.infusion.rate_change?.second_check_missing && <strong>, second check MISSING</strong>}
      </p>
      {due !== undefined && bed.watched && (
        <p class={due.overdue ? "due overdue" : "due"}>
          <span aria-hidden="true" class="clock-icon" /> {due.title}{" "}
          {usable.value ? dueWords(due.due, due.overdue, serverNow.value) : "--"}
        </p>
      )}
      {bed.watched && !bed.association_confirmed && <p class="due overdue">Bed, devices and patient: NOT CONFIRMED</p>}
      {bed.audio_paused && <p class="due overdue">SOUND PAUSED</p>}
      {paging !== null && <p class="paging">Page: {paging}</p>}
      <SomebodyHere bed={bed} />
      <Actions bed={bed} named={named} call={call} />
    </article>
  );
}
