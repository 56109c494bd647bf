import { useState } from "preact/hooks";
import { Dialog } from "../Dialog";
import { useAsked } from "../api/asked";
import type { AlarmRule, Signal, Trend } from "../api/types";
import { ofNewestStay } from "../bed/stay";
import { bedOf, serverNow, usable, ward } from "../live/store";
import { sheet } from "../navigation";
import { UNKNOWN, signalOf, unitWords, wordsOf } from "../words/signals";
import { dayTime } from "../words/times";
import { tidy } from "../words/units";

const BEFORE_MS = 6 * 3600_000;
const POINTS = 2000;

/** Why an alarm rang: the rule in the pack's own words, its version, its limits, and what it read then and reads now. */
export function RuleSheet(props: { alarm: string }) {
  const asked = useAsked<AlarmRule>(`/api/v1/alarms/${encodeURIComponent(props.alarm)}/rule`, 0);
  // What is shown here goes on being true when the alarm is over: it says when it began.
  const [alarm] = useState(() => ward.value?.alarms.find((one) => one.id === props.alarm));
  const close = () => {
    sheet.value = null;
  };
  const place = bedOf(alarm?.bed ?? null)?.place ?? "the ward";
  return (
    <Dialog title={`${place}: why "${alarm?.message ?? "it"}" rang`} wide escape close={close}>
      {asked === null && <p>Loading the rule.</p>}
      {asked !== null && "why" in asked && <p class="problem">The rule cannot be read: {asked.why}.</p>}
      {asked !== null && "data" in asked && <Told rule={asked.data} bed={alarm?.bed ?? null} />}
      <div class="actions">
        <button type="button" class="tall" onClick={close}>
          CLOSE
        </button>
      </div>
    </Dialog>
  );
}

function Told(props: { rule: AlarmRule; bed: string | null }) {
  const { rule, bed } = props;
  const pack = `${rule.pack}${rule.version === null ? "" : `, version ${rule.version}`}`;
  return (
    <>
      <p>
        <strong>{rule.title}</strong> ({rule.rule}), pack {pack}
      </p>
      {rule.text === null ? (
        <p>
          It is no rule of the pack: it rings under every pack. The page "Alarms" of the manual says what it means.
        </p>
      ) : (
        <p class="rule-text">{rule.text}</p>
      )}
      {rule.inputs.length > 0 && <Inputs rule={rule} bed={bed} />}
      {rule.limits.length > 0 && (
        <>
          <h3>Limits in force</h3>
          <ul>
            {rule.limits.map((limit) => (
              <li key={limit.name}>
                {limit.name} = <strong>{limit.value}</strong>
                {limit.own ? " (for her alone)" : ""}
                {limit.source === null ? "" : `. Source: ${limit.source}`}
              </li>
            ))}
          </ul>
        </>
      )}
      {rule.fields.length > 0 && (
        <details>
          <summary class="tall">As the pack says it</summary>
          <ul>
            {rule.fields.map((field) => (
              <li key={field.key}>
                {field.key}: {field.value}
                {field.from === rule.pack ? "" : ` (from ${field.from})`}
              </li>
            ))}
          </ul>
        </details>
      )}
      {rule.source !== null && <p>Source of its numbers: {rule.source}</p>}
    </>
  );
}

/** What the rule reads: as the history has it when the alarm began, and as it is known now. */
function Inputs(props: { rule: AlarmRule; bed: string | null }) {
  const { rule, bed } = props;
  const began = Date.parse(rule.since);
  const reads = rule.inputs.map((one) => one.signal);
  const query = new URLSearchParams({
    from: new Date(began - BEFORE_MS).toISOString(),
    to: new Date(began + 1000).toISOString(),
    signals: reads.join(","),
    points: String(POINTS),
  });
  const path = bed === null ? null : `/api/v1/beds/${encodeURIComponent(bed)}/trend?${query.toString()}`;
  const asked = useAsked<Trend>(path, 0);
  const offset = ward.value?.offsetMinutes ?? 0;
  const then = asked !== null && "data" in asked ? ofNewestStay(asked.data, reads, null) : null;
  return (
    <div class="scrolls" tabIndex={0} role="region" aria-label="What it reads">
      <table>
        <thead>
          <tr>
            <th scope="col">It reads</th>
            <th scope="col">when it began, {dayTime(began, serverNow.peek(), offset)}</th>
            <th scope="col">now</th>
          </tr>
        </thead>
        <tbody>
          {rule.inputs.map((one) => (
            <tr key={one.signal}>
              <th scope="row">{one.title}</th>
              <td>{asked === null ? "loading" : thenWords(one, then, began, offset)}</td>
              <td>{nowWords(one, bed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {then !== null && <p>{UNKNOWN} means: not known at that time, or not kept in the history.</p>}
      {asked !== null && "why" in asked && <p>What was known when it began cannot be read: {asked.why}.</p>}
    </div>
  );
}

/** As the bed has it at this moment: the rule was read once, and what it read may be old by now. */
function nowWords(input: Signal, alias: string | null): string {
  const bed = bedOf(alias);
  const live = bed === undefined ? undefined : signalOf(bed, input.signal);
  return !usable.value || live === undefined || live.value === null ? UNKNOWN : wordsOf(live, live.value);
}

/** The newest value up to the alarm's beginning, with its own time; dashes where the history has none. */
export function thenWords(input: Signal, trend: Trend | null, began: number, offset: number): string {
  const from = trend === null ? 0 : Date.parse(trend.from);
  const points = (trend?.signals[input.signal]?.points ?? []).filter(([t]) => from + t * 1000 <= began);
  const last = points[points.length - 1];
  if (last === undefined) return UNKNOWN;
  const [at, least, greatest] = last;
  const low = unitWords(input.unit) === "" ? wordsOf(input, least) : tidy(least, 1);
  const value = `${least === greatest ? "" : `${low} to `}${wordsOf(input, greatest)}`;
  return `${value} at ${dayTime(from + at * 1000, began, offset)}`;
}
