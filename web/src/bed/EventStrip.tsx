import { useEffect, useRef, useState } from "preact/hooks";
import type { Trend, TrendEvent } from "../api/types";
import { timeAt } from "../live/store";
import { AXIS_PX, RIGHT_PX } from "./plot";

/** The lanes of the strip, each with its kinds of event. A sign says what it is without its colour. */
const LANES = [
  ["Pump", { infusion: "R", bolus: "B", stop: "S" }],
  ["Calc.", { calcium: "C", checklist: "L" }],
  ["Chart", { entry: "E", watch_start: "W", watch_end: "W" }],
  ["Alarm", { alarm: "!", acknowledged: "A", alarm_over: "o", shelved: "z", unshelved: "u" }],
  ["Page", { page: "P", attended: "H" }],
] as const;

const LEGEND =
  "R rate, B bolus, S stop, C calcium gluconate, L checklist, E entry, W watch, ! alarm, A acknowledged, o over, z shelved, u unshelved, P page, H at the bed";
const LANE_PX = 24;
const NARROWEST = 280;
const SIGN_PX = 14;

interface Sign {
  x: number;
  text: string;
  high: boolean;
}

/** The signs of a lane from left to right; of those that would lie on each other the first stands, with a plus. */
export function signsOf(events: TrendEvent[], signs: Record<string, string>, place: (at: number) => number): Sign[] {
  const out: Sign[] = [];
  for (const event of [...events].sort((a, b) => a.at.localeCompare(b.at))) {
    const text = signs[event.kind];
    if (text === undefined) continue;
    const x = place(Date.parse(event.at));
    const last = out[out.length - 1];
    const high = event.priority === "high";
    if (last !== undefined && x - last.x < SIGN_PX) {
      if (!last.text.includes(text)) last.text = last.text.length > 1 ? last.text : `${last.text}+`;
      last.high ||= high;
    } else out.push({ x, text, high });
  }
  return out;
}

/** What happened, on the same time axis as the plots below it; the same as a list for whoever cannot see it. */
export function EventStrip(props: { trend: Trend }) {
  const { trend } = props;
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(NARROWEST);
  useEffect(() => {
    setWidth(Math.max(NARROWEST, box.current?.clientWidth ?? 0));
  }, [trend]);
  const [from, to] = [Date.parse(trend.from), Date.parse(trend.to)];
  const inner = width - AXIS_PX - RIGHT_PX;
  const place = (at: number) => AXIS_PX + ((at - from) / Math.max(1, to - from)) * inner;
  const told = [...trend.events].sort((a, b) => b.at.localeCompare(a.at));
  return (
    <section class="strip" aria-label="Events">
      <div ref={box}>
        <svg width={width} height={LANES.length * LANE_PX} role="img" aria-label={eventSentence(trend.events)}>
          {LANES.map(([name, signs], n) => (
            <g key={name} transform={`translate(0 ${n * LANE_PX})`}>
              <line x1={AXIS_PX} x2={width - RIGHT_PX} y1={LANE_PX - 2} y2={LANE_PX - 2} />
              {signsOf(trend.events, signs, place).map((sign) => (
                <g key={sign.x}>
                  <line class="tick" x1={sign.x} x2={sign.x} y1={LANE_PX - 6} y2={LANE_PX - 1} />
                  <text x={sign.x} y={LANE_PX - 8} class={sign.high ? "high" : ""}>
                    {sign.text}
                  </text>
                </g>
              ))}
              <text class="lane" x={0} y={LANE_PX - 8}>
                {name}
              </text>
            </g>
          ))}
        </svg>
      </div>
      <details>
        <summary>Events as a list ({told.length})</summary>
        <p>{LEGEND}</p>
        <ul class="events">
          {told.map((event, index) => (
            <li key={`${event.at} ${event.kind} ${index}`}>
              {timeAt(event.at)} {event.text}
            </li>
          ))}
        </ul>
      </details>
    </section>
  );
}

function eventSentence(events: TrendEvent[]): string {
  const newest = [...events].sort((a, b) => b.at.localeCompare(a.at))[0];
  return newest === undefined ? "No events in this time" : `${events.length} events, the last: ${newest.text}`;
}
