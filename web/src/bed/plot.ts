// Small plots by uPlot: one parameter each, never two on one axis. What is not known is a gap.
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Level, Limit, Prediction, Trend } from "../api/types";
import { toMmol } from "../words/units";
import { type Zone, axisOf, bandsOf } from "./bands";

export interface PlotData {
  /** Seconds of the server's clock, then rows of the same length; null is a gap. */
  columns: [number[], ...(number | null)[][]];
  /** The time that was asked for, seconds: all plots of a bed share one axis, however little is known of it. */
  span: [number, number] | null;
}

/** Points of [seconds since `from`, min, max]; a longer silence than 2.5 steps is a gap, never a straight line. */
export function trendColumns(trend: Trend, signal: string, kind: "trend" | "charted" = "trend"): PlotData {
  const points = trend.signals[signal]?.points ?? [];
  const from = Date.parse(trend.from) / 1000;
  const longest = Math.max(trend.resolution_seconds, 1) * 2.5;
  const [at, low, high]: [number[], (number | null)[], (number | null)[]] = [[], [], []];
  let before: number | null = null;
  for (const [seconds, min, max] of points) {
    if (kind === "trend" && before !== null && seconds - before > longest) {
      at.push(from + before + longest / 2);
      low.push(null);
      high.push(null);
    }
    at.push(from + seconds);
    low.push(min);
    high.push(max);
    before = seconds;
  }
  return { columns: [at, low, high], span: [from, Date.parse(trend.to) / 1000] };
}

/** What the rows of an estimate are, in the order in which they are drawn: edges of the bands, middle, measured levels. */
export const ESTIMATE_ROWS = ["5 %", "95 %", "25 %", "75 %", "middle", "laboratory"] as const;

/**
 * The estimate's two nested bands and middle, and the laboratory's levels on the same times. Where nobody knows what is
 * given now, nothing is drawn of the time to come.
 */
export function estimateColumns(prediction: Prediction, levels: Level[], nowMs: number): PlotData {
  const rows = new Map<number, (number | null)[]>();
  for (const p of prediction.points) {
    const at = Date.parse(p.at);
    if (p.record_incomplete && at > nowMs) continue;
    rows.set(at / 1000, [p.p5_mmol_l, p.p95_mmol_l, p.p25_mmol_l, p.p75_mmol_l, p.p50_mmol_l, null]);
  }
  for (const level of levels) {
    const unit = level.unit === "mg/dL" || level.unit === "mEq/L" ? level.unit : "mmol/L";
    const at = Date.parse(level.drawn_at) / 1000;
    const row = rows.get(at) ?? ESTIMATE_ROWS.map(() => null);
    row[ESTIMATE_ROWS.length - 1] = toMmol(level.value, unit);
    rows.set(at, row);
  }
  const times = [...rows.keys()].sort((a, b) => a - b);
  const column = (n: number) => times.map((t) => rows.get(t)?.[n] ?? null);
  return { columns: [times, ...ESTIMATE_ROWS.map((_, n) => column(n))], span: null };
}

/** The room left and right of every plot, so that all of them and the strip of events share one time axis. */
export const AXIS_PX = 64;
export const RIGHT_PX = 14;

const FONT = '18px "DejaVu Sans", "Noto Sans", sans-serif';

export interface Look {
  width: number;
  height: number;
  offsetMinutes: number;
  night: boolean;
  /** What is charted is seldom: dots, never a line between them. */
  kind: "trend" | "charted" | "estimate";
  /** A line at the server's now. */
  now: number;
  /** The limits in force for this sign; none: none is known. */
  limits: Limit[];
}

interface Ink {
  line: string;
  band: string;
  /** The border of a band: a thing of its own, so that the inner one is seen inside the outer one. */
  edge: string;
  grid: string;
  text: string;
  zone: Record<Zone, string>;
}

function ink(night: boolean): Ink {
  return night
    ? {
        line: "#8ab4ff",
        band: "rgba(138,180,255,0.25)",
        edge: "rgba(138,180,255,0.7)",
        grid: "#333a44",
        text: "#d6dbe2",
        zone: { watch: "#4a3f00", act: "#5a1420" },
      }
    : {
        line: "#0b3d91",
        band: "rgba(11,61,145,0.18)",
        edge: "rgba(11,61,145,0.6)",
        grid: "#d5d9df",
        text: "#1b1f24",
        zone: { watch: "#fff3b0", act: "#ffd3d9" },
      };
}

/** What is filled, by upper and lower edge; the inner band of an estimate lies on the outer one, so it is darker. */
const BANDS: Record<Look["kind"], [number, number][]> = { trend: [[2, 1]], charted: [], estimate: [[2, 1], [4, 3]] };

export function draw(into: HTMLElement, data: PlotData, look: Look): uPlot {
  const colours = ink(look.night);
  const axis = { stroke: colours.text, grid: { stroke: colours.grid }, ticks: { stroke: colours.grid }, font: FONT };
  const bounds = { stroke: colours.edge, width: 1, dash: [4, 4], points: { show: false }, spanGaps: true };
  const line = { stroke: colours.line, width: 1.5, points: { show: false } };
  const dot = { stroke: colours.line, width: 0, points: { show: true, size: 12, fill: colours.line } };
  const series: uPlot.Series[] =
    look.kind === "trend"
      ? [{}, line, line]
      : look.kind === "charted"
        ? [{}, dot, dot]
        : [
            {},
            bounds,
            bounds,
            bounds,
            bounds,
            { stroke: colours.line, dash: [8, 6], width: 2, points: { show: false }, spanGaps: true },
            { stroke: colours.text, width: 0, points: { show: true, size: 12, fill: colours.text } },
          ];
  const options: uPlot.Options = {
    width: look.width,
    height: look.height,
    series,
    bands: BANDS[look.kind].map((edges) => ({ series: edges, fill: colours.band })),
    legend: { show: false },
    scales: {
      x: { time: true, range: (_plot, low, high) => data.span ?? [low, high] },
      ...(look.limits.length === 0
        ? {}
        : { y: { range: (_plot: uPlot, low: number | null, high: number | null) => axisOf(low, high, look.limits) } }),
    },
    cursor: { show: false },
    tzDate: (seconds) => uPlot.tzDate(new Date((seconds + look.offsetMinutes * 60) * 1000), "Etc/UTC"),
    axes: [
      { ...axis, values: clock(look.offsetMinutes), space: 100, size: 40 },
      { ...axis, size: AXIS_PX, space: 36 },
    ],
    padding: [8, RIGHT_PX, 0, 0],
    hooks: {
      drawClear: [(plot) => zones(plot, look.limits, colours)],
      draw: [
        (plot) => edges(plot, look.limits, colours),
        (plot) => nowLine(plot, look.now / 1000, colours.text),
      ],
    },
  };
  return new uPlot(options, data.columns as uPlot.AlignedData, into);
}

/** Pale bands behind everything: watch and act. What lies between them is normal. */
function zones(plot: uPlot, limits: Limit[], colours: Ink): void {
  const { left, top, width, height } = plot.bbox;
  const inside = (y: number) => Math.min(top + height, Math.max(top, y));
  for (const { zone, from, to } of bandsOf(limits)) {
    const upper = to === null ? top : inside(plot.valToPos(to, "y", true));
    const lower = from === null ? top + height : inside(plot.valToPos(from, "y", true));
    plot.ctx.fillStyle = colours.zone[zone];
    plot.ctx.fillRect(left, upper, width, lower - upper);
  }
}

/** Each band ends in a line at its limit, whole for act and dashed for watch: colour never stands alone. */
function edges(plot: uPlot, limits: Limit[], colours: Ink): void {
  const { left, top, width, height } = plot.bbox;
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = colours.text;
  for (const { zone, from, to } of bandsOf(limits)) {
    const y = plot.valToPos(from ?? to ?? 0, "y", true);
    if (y < top || y > top + height) continue;
    ctx.lineWidth = zone === "act" ? 2 : 1;
    ctx.setLineDash(zone === "act" ? [] : [6, 6]);
    ctx.beginPath();
    ctx.moveTo(left, y);
    ctx.lineTo(left + width, y);
    ctx.stroke();
  }
  ctx.restore();
}

function clock(offsetMinutes: number): uPlot.Axis.Values {
  return (_plot, splits) => splits.map((s) => new Date((s + offsetMinutes * 60) * 1000).toISOString().slice(11, 16));
}

function nowLine(plot: uPlot, at: number, colour: string): void {
  const x = plot.valToPos(at, "x", true);
  if (!(x >= plot.bbox.left && x <= plot.bbox.left + plot.bbox.width)) return;
  plot.ctx.save();
  plot.ctx.strokeStyle = colour;
  plot.ctx.beginPath();
  plot.ctx.moveTo(x, plot.bbox.top);
  plot.ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
  plot.ctx.stroke();
  plot.ctx.restore();
}
