import { useEffect, useMemo, useState } from "preact/hooks";
import { useAsked } from "../api/asked";
import type { Bed, Limit, Prediction, Trend } from "../api/types";
import { serverNow, usable, ward } from "../live/store";
import { signalOf, unitWords } from "../words/signals";
import { clockTime } from "../words/times";
import { short, tidy } from "../words/units";
import { EventStrip } from "./EventStrip";
import { Plot } from "./Plot";
import { judged, limitsOf, standing } from "./bands";
import { type PlotData, estimateColumns, trendColumns } from "./plot";
import { ofNewestStay } from "./stay";

const ROWS = [
  ["rr", "Respiratory rate", "trend"],
  ["rr_counted", "Breaths, counted", "charted"],
  ["spo2", "Oxygen saturation", "trend"],
  ["hr", "Heart rate", "trend"],
  ["reflex_knee", "Knee reflex", "charted"],
  ["reflex_arm", "Arm reflex", "charted"],
  ["urine", "Urine", "charted"],
] as const;

const CHARTED = ROWS.filter(([, , kind]) => kind === "charted").map(([name]) => name);

type Drawn = [name: string, title: string, kind: "trend" | "charted", data: PlotData, limits: Limit[], note: string];

const NOT_JUDGED = "not judged under an epidural: the arm reflex counts";

const AGAIN_MS = 30_000;
const POINTS = 600;

export function Trends(props: { bed: Bed }) {
  const [hours, setHours] = useState(2);
  const now = serverNow.peek();
  const [until, setUntil] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setUntil(serverNow.peek()), AGAIN_MS);
    return () => clearInterval(timer);
  }, []);
  const to = until === 0 ? now : until;
  const query = new URLSearchParams({
    from: new Date(to - hours * 3600_000).toISOString(),
    to: new Date(to).toISOString(),
    signals: ROWS.map(([name]) => name).join(","),
    points: String(POINTS),
  });
  const path = to === 0 ? null : `/api/v1/beds/${encodeURIComponent(props.bed.alias)}/trend?${query.toString()}`;
  const since = props.bed.watched_since;
  const wrong = (status: number, error: string) =>
    status === 404 ? "this server keeps no history of vital signs for boards" : error;
  const asked = useAsked<Trend>(path, AGAIN_MS, wrong, since);
  const all = asked !== null && "data" in asked ? asked.data : null;
  const trend = useMemo(() => (all === null ? null : ofNewestStay(all, CHARTED, since)), [all, since]);
  const limits = useAsked<{ limits: Limit[] }>(
    `/api/v1/beds/${encodeURIComponent(props.bed.alias)}/limits`,
    AGAIN_MS,
  );
  const known = limits !== null && "data" in limits ? limits.data.limits : NO_LIMITS;
  return (
    <section aria-label="Trends">
      <h2>Trends</h2>
      <div class="actions">
        {[2, 6, 24].map((h) => (
          <button key={h} type="button" class="choice" aria-pressed={hours === h} onClick={() => setHours(h)}>
            {h} h
          </button>
        ))}
      </div>
      {asked === null && <p>Loading the trends.</p>}
      {asked !== null && "why" in asked && <p>No trends: {asked.why}.</p>}
      {trend !== null && usable.value && (
        <Stack trend={trend} limits={known} hours={hours} epidural={(signalOf(props.bed, "epidural")?.value ?? 0) > 0} />
      )}
      {limits !== null && "why" in limits && <p>No limits are drawn: {limits.why}.</p>}
    </section>
  );
}

const NO_LIMITS: Limit[] = [];

function Stack(props: { trend: Trend; limits: Limit[]; hours: number; epidural: boolean }) {
  const [drawn, setDrawn] = useState<Drawn[]>([]);
  useEffect(() => {
    setDrawn(
      ROWS.filter(([name]) => (props.trend.signals[name]?.points.length ?? 0) > 0).map(([name, title, kind]) => [
        name,
        title,
        kind,
        trendColumns(props.trend, name, kind),
        judged(name, props.epidural) ? limitsOf(props.limits, name, props.trend.signals[name]?.unit ?? "") : NO_LIMITS,
        judged(name, props.epidural) ? "" : NOT_JUDGED,
      ]),
    );
  }, [props.trend, props.limits, props.epidural]);
  return (
    <>
      <EventStrip trend={props.trend} />
      {drawn.length === 0 && <p>No values in this time.</p>}
      {drawn.map(([name, title, kind, data, limits, note]) => (
        <Plot
          key={name}
          title={title}
          unit={unitWords(props.trend.signals[name]?.unit ?? "")}
          kind={kind}
          data={data}
          limits={limits}
          note={note}
          sentence={sentence(title, data, props.hours, limits, note)}
        />
      ))}
    </>
  );
}

/** "Respiratory rate 9, falling from 15 over 2 h, below limit 12": what the picture says, for those who do not see it. */
export function sentence(title: string, data: PlotData, hours: number, limits: Limit[], note = ""): string {
  const values = (data.columns[2] ?? []).filter((v): v is number => v !== null);
  const [first, last] = [values[0], values[values.length - 1]];
  if (first === undefined || last === undefined) return `${title}: no values in ${hours} h`;
  const way = last < first ? "falling" : last > first ? "rising" : "steady";
  const now = [`${title} ${tidy(last, 1)}`, `${way} from ${tidy(first, 1)} over ${hours} h`];
  const words = [...now, standing(limits, last), note];
  return words.filter((word) => word !== "").join(", ");
}

export function Estimate(props: { bed: Bed }) {
  const path = `/api/v1/beds/${encodeURIComponent(props.bed.alias)}/prediction`;
  const asked = useAsked<Prediction>(path, AGAIN_MS);
  const [data, setData] = useState<PlotData | null>(null);
  const levels = props.bed.levels.length;
  useEffect(() => {
    setData(asked !== null && "data" in asked ? estimateColumns(asked.data, props.bed.levels, serverNow.peek()) : null);
  }, [asked, levels]);
  const offset = ward.value?.offsetMinutes ?? 0;
  const because = asked !== null && "data" in asked ? asked.data.because : undefined;
  const unknownSince = props.bed.infusion.rate_unknown_since;
  return (
    <section class="estimate" aria-label="Magnesium estimate">
      <h2>Magnesium in serum: estimate, not a lab result</h2>
      <p>
        Dots are laboratory results. The dashed line is the middle of what is to be expected: half of the levels lie in
        the dark band, 9 of 10 in the pale one. Nothing here is an all-clear.
      </p>
      {unknownSince !== null && (
        <p class="problem">Rate unknown since {clockTime(Date.parse(unknownSince), offset)}.</p>
      )}
      {asked === null && <p>Loading the estimate.</p>}
      {asked !== null && "why" in asked && <p>No estimate: {asked.why}.</p>}
      {because && <p>No estimate: {because}.</p>}
      {asked !== null && "data" in asked && data !== null && asked.data.points.length > 0 && (
        <>
          {asked.data.points.some((p) => p.record_incomplete) && (
            <p class="problem">The infusion record is incomplete: the estimate ends now, and nothing is told ahead.</p>
          )}
          {asked.data.take_level_before != null && (
            <p>Take a level before {clockTime(Date.parse(asked.data.take_level_before), offset)}.</p>
          )}
          <Plot title="Estimate" unit="mmol/L" kind="estimate" data={data} sentence={estimateSentence(asked.data)} />
        </>
      )}
    </section>
  );
}

function estimateSentence(prediction: Prediction): string {
  const now = serverNow.peek();
  const point =
    prediction.points.find((p) => Date.parse(p.at) >= now) ?? prediction.points[prediction.points.length - 1];
  if (point === undefined) return "No estimate";
  const [low, mid, high] = [point.p5_mmol_l, point.p50_mmol_l, point.p95_mmol_l].map(short);
  return `Estimate, not a lab result: about ${mid} mmol/L now, between ${low} and ${high}`;
}
