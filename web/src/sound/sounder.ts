// Sounds the ward's alarms by WebAudio. Every pulse of a burst is scheduled on the audio clock, since timers of a hidden
// tab come late. Volume has a floor and the page has no mute: a pause is the daemon's, ends by itself and is recorded.
import { computed, signal } from "@preact/signals";
import type { Call } from "../api/types";
import { liveness, ward } from "../live/store";
import { BURSTS, HARMONICS, type Tune } from "./patterns";

/** What the browser lets us do: until somebody touched the page it stays silent. */
export const soundOn = signal(false);

/** The tune of now; null: silence is right. Losing the server sounds too: here nobody else can. */
export const tune = computed<Tune | null>(() => tuneOf(ward.value?.calls ?? [], paused(), liveness.value === "lost"));

function paused(): ReadonlySet<string> {
  return new Set((ward.value?.beds ?? []).filter((bed) => bed.audio_paused).map((bed) => bed.alias));
}

export function tuneOf(calls: Call[], pausedBeds: ReadonlySet<string>, lost: boolean): Tune | null {
  const ringing = calls.filter((call) => call.sounding && !(call.bed !== null && pausedBeds.has(call.bed)));
  if (ringing.some((call) => call.priority === "high")) return "high";
  if (ringing.some((call) => call.priority === "medium" && call.kind === "physiological")) return "medium";
  if (lost) return "lost";
  return ringing.length > 0 ? "technical" : null;
}

const LOUDNESS = 0.5;
let context: AudioContext | null = null;
let nextBurst = 0;
let playing: Tune | null = null;
let voices: OscillatorNode[] = [];

function wave(audio: AudioContext): PeriodicWave {
  const imaginary = new Float32Array(HARMONICS.length + 1);
  for (const n of HARMONICS) imaginary[n] = 1 / n;
  return audio.createPeriodicWave(new Float32Array(imaginary.length), imaginary);
}

function burst(audio: AudioContext, name: Tune, start: number): void {
  const shape = wave(audio);
  for (const pulse of BURSTS[name].pulses) {
    const voice = audio.createOscillator();
    const gain = audio.createGain();
    const [from, to] = [start + pulse.at, start + pulse.at + pulse.length];
    voice.setPeriodicWave(shape);
    voice.frequency.value = pulse.hertz;
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(LOUDNESS, from + 0.02);
    gain.gain.setValueAtTime(LOUDNESS, to - 0.03);
    gain.gain.linearRampToValueAtTime(0, to);
    voice.connect(gain).connect(audio.destination);
    voice.start(from);
    voice.stop(to);
    voices.push(voice);
    voice.onended = () => {
      voices = voices.filter((v) => v !== voice);
    };
  }
}

/** What was scheduled and is no longer right is stopped at once. */
function hush(): void {
  for (const voice of voices) voice.stop();
  voices = [];
}

export function turn(): void {
  soundOn.value = context?.state === "running";
  if (context === null || context.state !== "running") return;
  const wanted = tune.value;
  if (wanted !== playing) {
    hush();
    playing = wanted;
    nextBurst = context.currentTime + 0.05;
  }
  if (wanted === null || context.currentTime < nextBurst - 1.5) return;
  const start = Math.max(nextBurst, context.currentTime + 0.05);
  burst(context, wanted, start);
  nextBurst = start + BURSTS[wanted].every;
}

/** After a touch or a key the browser allows sound. */
export async function allowSound(): Promise<void> {
  try {
    context ??= new AudioContext();
    if (context.state !== "running") await context.resume();
  } catch {
    // No sound device: the red bar stays and says so.
  }
  turn();
}

/** One medium burst, so that staff know that it works. */
export async function testSound(): Promise<void> {
  await allowSound();
  if (context !== null && context.state === "running") burst(context, "medium", context.currentTime + 0.05);
}

/** One short deep pulse: a timer ran out. It never replaces an alarm that sounds. */
export function beep(): void {
  if (context?.state !== "running" || tune.peek() !== null) return;
  burst(context, "lost", context.currentTime + 0.05);
}

const TURN_MS = 500;

export function followSound(): void {
  setInterval(turn, TURN_MS);
  // Not when the finger comes down: the red bar goes away then, and what is below it would move under the finger.
  addEventListener("click", () => void allowSound());
  addEventListener("keydown", () => void allowSound());
  void allowSound();
}
