import { useAsked } from "../api/asked";
import type { Bed, ChartOfStay, Charted } from "../api/types";
import { serverNow, usable, ward } from "../live/store";
import { sheet } from "../navigation";
import { labelOf } from "../people/session";
import { dayTime } from "../words/times";

const AGAIN_MS = 60_000;

export function useChart(bed: string, count: number | undefined): ReturnType<typeof useAsked<ChartOfStay>> {
  const path = `/api/v1/beds/${encodeURIComponent(bed)}/chart`;
  return useAsked<ChartOfStay>(path, AGAIN_MS, undefined, count);
}

/** What was charted of this stay, newest first. Nothing is ever taken away: what was wrong is struck through. */
export function ChartList(props: { bed: Bed; fixed?: boolean }) {
  const asked = useChart(props.bed.alias, props.bed.chart_count);
  return (
    <section class="chart" aria-label="Chart">
      <h2>Chart of this stay</h2>
      {asked === null && <p>Loading the chart.</p>}
      {asked !== null && "why" in asked && <p>No chart: {asked.why}.</p>}
      {asked !== null && "data" in asked && asked.data.entries.length === 0 && <p>Nothing was charted yet.</p>}
      {asked !== null && "data" in asked && usable.value && (
        <ol>
          {asked.data.entries.map((entry) => (
            <Row key={entry.id} bed={props.bed.alias} entry={entry} fixed={props.fixed ?? false} />
          ))}
        </ol>
      )}
      {asked !== null && "data" in asked && asked.data.count > asked.data.entries.length && (
        <p>
          The newest {asked.data.entries.length} of {asked.data.count}.
        </p>
      )}
    </section>
  );
}

function Row(props: { bed: string; entry: Charted; fixed: boolean }) {
  const { entry } = props;
  const time = (text: string) => dayTime(Date.parse(text), serverNow.peek(), ward.value?.offsetMinutes ?? 0);
  const late = Date.parse(entry.entered_at) - Date.parse(entry.at) > LATE_MS;
  return (
    <li data-entry={entry.id} class={entry.struck === null ? "" : "struck"}>
      <span class="what">
        {time(entry.at)} {entry.struck === null ? <strong>{entry.text}</strong> : <s>{entry.text}</s>}
        {entry.note === null ? "" : `: ${entry.note}`}, {entry.by === null ? (entry.source ?? "") : labelOf(entry.by)}
        {late ? `, charted at ${time(entry.entered_at)}` : ""}
        {entry.corrects === null ? "" : " - corrected entry"}
        {entry.struck !== null && (
          <em>
            WRONG: {entry.struck.reason}. {entry.struck.instead === null ? "Taken back" : "Corrected"} by{" "}
            {labelOf(entry.struck.by)} at {time(entry.struck.at)}.
          </em>
        )}
      </span>
      {entry.struck === null && entry.source === null && !props.fixed && (
        <button
          type="button"
          aria-label={`CORRECT ${entry.text}`}
          onClick={() => (sheet.value = { kind: "correct", bed: props.bed, entry: entry.id })}
        >
          CORRECT
        </button>
      )}
    </li>
  );
}

const LATE_MS = 5 * 60_000;
