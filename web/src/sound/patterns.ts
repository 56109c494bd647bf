// Pulses of the alarm sounds after IEC 60601-1-8 (no conformity is claimed): high 3 + 2 twice each 10 s, medium 3 each
// 25 s, technical or low 1 or 2 deep ones. Fundamentals within 150 to 1000 Hz with four harmonics to 4000 Hz.

export interface Pulse {
  at: number; // s after the start of the burst
  length: number; // s
  hertz: number;
}

export interface Burst {
  pulses: Pulse[];
  every: number; // s from start to start
}

export type Tune = "high" | "medium" | "technical" | "lost";

const [C4, LOW, LOWER] = [262, 196, 165];

function row(starts: number[], length: number, hertz: number): Pulse[] {
  return starts.map((at) => ({ at, length, hertz }));
}

const FIVE = [0, 0.3, 0.6, 1.15, 1.45]; // 3 + 2, the gap between them longer
const AGAIN = 2.4;

export const BURSTS: Record<Tune, Burst> = {
  high: { pulses: row([...FIVE, ...FIVE.map((at) => at + AGAIN)], 0.18, C4 * 2), every: 10 },
  medium: { pulses: row([0, 0.4, 0.8], 0.22, C4), every: 25 },
  technical: { pulses: row([0, 0.5], 0.3, LOW), every: 25 },
  lost: { pulses: row([0], 0.4, LOWER), every: 10 },
};

export const HARMONICS = [1, 2, 3, 4, 5];
