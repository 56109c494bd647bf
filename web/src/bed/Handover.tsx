import { link } from "../navigation";
import { shelvedWords } from "../alarms/shelved";
import { infusionWords, secondWords } from "../board/BedCard";
import { alarmsOf, bedOf, serverNow, timeAt, usable, ward } from "../live/store";
import { labelOf } from "../people/session";
import { byUrgency, mark, stateWords } from "../words/marks";
import { UNKNOWN, digits, lastWords, unitWords } from "../words/signals";
import { clockTime, dueWords } from "../words/times";
import { ChartList } from "../chart/ChartList";
import { Charted } from "./BedDetail";

const SHOWN = [
  "rr",
  "spo2",
  "hr",
  "sbp",
  "dbp",
  "temp",
  "reflex",
  "reflex_knee",
  "reflex_arm",
  "avpu",
  "gcs",
  "urine",
  "weight",
];

/** One bed on paper: what is known, since when, what is due. It says when it was printed, for paper does not age visibly. */
export function Handover(props: { bed: string }) {
  const bed = bedOf(props.bed);
  if (bed === undefined)
    return (
      <main>
        <h1>There is no such bed</h1>
      </main>
    );
  const offset = ward.value?.offsetMinutes ?? 0;
  const day = new Date(serverNow.value + offset * 60_000).toISOString().slice(0, 10);
  return (
    <main class="handover">
      <h1>Handover {bed.place}</h1>
      <p>
        {usable.value ? `As of ${day} ${clockTime(serverNow.value, offset)}` : "NOT LIVE: do not print this now"}.{" "}
        {ward.value?.name}. Watched since {bed.watched_since === null ? UNKNOWN : timeAt(bed.watched_since)} by{" "}
        {labelOf(bed.watched_by)}.
      </p>
      <div class="actions no-print">
        <button type="button" class="tall primary" onClick={() => print()} disabled={!usable.value}>
          PRINT
        </button>
        <a class="button tall" href={link("bed", bed.alias)}>
          Back to the bed
        </a>
      </div>
      <h2>Alarms now</h2>
      {alarmsOf(bed.alias).length === 0 && <p>{usable.value ? "None." : UNKNOWN}</p>}
      <ul>
        {[...alarmsOf(bed.alias)].sort(byUrgency).map((alarm) => (
          <li key={alarm.id}>
            {mark(alarm)} {alarm.message}, since {timeAt(alarm.since)},{" "}
            {shelvedWords(alarm, labelOf, ward.value?.offsetMinutes ?? 0) ??
              stateWords({ ...alarm, acknowledged_by: labelOf(alarm.acknowledged_by) })}
          </li>
        ))}
      </ul>
      <h2>Values</h2>
      <table>
        <caption class="unseen">Values</caption>
        <thead>
          <tr>
            <th scope="col">What</th>
            <th scope="col">Now</th>
            <th scope="col">Last</th>
          </tr>
        </thead>
        <tbody>
          {bed.signals
            .filter((s) => SHOWN.includes(s.signal))
            .map((s) => (
              <tr key={s.signal}>
                <td>{s.title}</td>
                <td>
                  {digits(s, usable.value)} {s.value === null ? "" : unitWords(s.unit)}
                </td>
                <td>{s.last === null ? UNKNOWN : `${lastWords(s) ?? ""} at ${timeAt(s.last.at)}`}</td>
              </tr>
            ))}
        </tbody>
      </table>
      <h2>Magnesium</h2>
      <p>{usable.value ? [infusionWords(bed), secondWords(bed)].filter((words) => words !== null).join(". ") : UNKNOWN}</p>
      <h2>Checks</h2>
      <ul>
        {bed.checks.map((check) => (
          <li key={check.id}>
            {check.title}: {dueWords(check.due, check.overdue, serverNow.value)} ({timeAt(check.due)})
          </li>
        ))}
      </ul>
      <Charted bed={bed} />
      <ChartList bed={bed} fixed />
      {bed.checklist !== null && (
        <>
          <h2>Calcium gluconate checklist, {bed.checklist.stamp}</h2>
          <ul>
            {bed.checklist.steps.map((step) => (
              <li key={step.id}>
                {step.words}{" "}
                {step.taps.length === 0
                  ? "- not done"
                  : step.taps.map((tap) => `${tap.act} ${timeAt(tap.at)} ${labelOf(tap.by)}`).join("; ")}
              </li>
            ))}
          </ul>
        </>
      )}
    </main>
  );
}
