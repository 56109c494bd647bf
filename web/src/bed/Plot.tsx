import { useEffect, useRef, useState } from "preact/hooks";
import type { Limit } from "../api/types";
import { night } from "../navigation";
import { serverNow, ward } from "../live/store";
import { dayTime } from "../words/times";
import { tidy } from "../words/units";
import { ESTIMATE_ROWS, type PlotData, draw } from "./plot";

const NARROWEST = 280;
const TABLE_ROWS = 60;

const NONE: Limit[] = [];

function limitWords(limit: Limit): string {
  const zone = limit.priority === "high" ? "ACT" : "watch";
  return `${zone} ${limit.side} ${tidy(limit.value)}${limit.own ? " (for her alone)" : ""}`;
}

/** A picture for the eye, a sentence for the screen reader, and the same numbers as a table on demand. */
export function Plot(props: {
  title: string;
  sentence: string;
  data: PlotData;
  kind: "trend" | "charted" | "estimate";
  unit: string;
  limits?: Limit[];
  /** What must be known of it before it is read. */
  note?: string;
}) {
  const limits = props.limits ?? NONE;
  const box = useRef<HTMLDivElement>(null);
  const [table, setTable] = useState(false);
  const offset = ward.value?.offsetMinutes ?? 0;
  const isNight = night.value;
  useEffect(() => {
    const into = box.current;
    if (into === null || table) return undefined;
    const width = Math.max(NARROWEST, into.clientWidth);
    const height = props.kind === "estimate" ? 240 : 170;
    const look = { width, height, offsetMinutes: offset, night: isNight, kind: props.kind, now: serverNow.peek(), limits };
    const plot = draw(into, props.data, look);
    return () => plot.destroy();
  }, [props.data, props.kind, offset, isNight, table, limits]);
  return (
    <section class="plot">
      <h3>
        {props.title} <small>{props.unit}</small>{" "}
        <button type="button" aria-pressed={table} onClick={() => setTable(!table)}>
          Table
        </button>
      </h3>
      {props.note && <p class="limits">{props.note}</p>}
      {limits.length > 0 && <p class="limits">{limits.map(limitWords).join("; ")}</p>}
      {table ? (
        <Numbers data={props.data} kind={props.kind} offset={offset} title={props.title} />
      ) : (
        <div ref={box} role="img" aria-label={props.sentence} />
      )}
    </section>
  );
}

function Numbers(props: { data: PlotData; kind: "trend" | "charted" | "estimate"; offset: number; title: string }) {
  const [times, ...rows] = props.data.columns;
  const heads = props.kind !== "estimate" ? ["lowest", "highest"] : ESTIMATE_ROWS;
  const step = Math.max(1, Math.ceil(times.length / TABLE_ROWS));
  const shown = times.map((_, index) => index).filter((index) => index % step === 0);
  return (
    <div class="scrolls" tabIndex={0} role="region" aria-label={`${props.title}, table`}>
      <table>
        <caption class="unseen">{props.title}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {heads.map((head) => (
              <th scope="col" key={head}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {shown.map((index) => (
            <tr key={index}>
              <td>{dayTime((times[index] ?? 0) * 1000, serverNow.peek(), props.offset)}</td>
              {heads.map((head, n) => {
                const value = rows[n]?.[index];
                return <td key={head}>{typeof value === "number" ? tidy(value) : "--"}</td>;
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
