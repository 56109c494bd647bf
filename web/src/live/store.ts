// What every screen reads: the ward, how old it is, and the time. One writer: follow().
import { computed, signal } from "@preact/signals";
import type { Alarm, Bed, Call } from "../api/types";
import { Freshness, type Liveness, type PageClock, browserClock } from "./freshness";
import { type Message, type Source, openStream } from "./source";
import { type Ward, fromSnapshot, withUpdate } from "./ward";

export const ward = signal<Ward | null>(null);
export const liveness = signal<Liveness>("starting");
/** Whole seconds since the server last proved that it moves. */
export const ageSeconds = signal(0);
/** The server's clock, whole seconds; 0 before the first message. Nothing is ever timed by the PC's clock. */
export const serverNow = signal(0);

/** Numbers may be shown only while this holds: 20 s of silence replace them all by dashes. */
export const usable = computed(() => ward.value !== null && (liveness.value === "live" || liveness.value === "late"));

export const simulated = computed(() => ward.value?.simulation ?? false);

export function bedOf(alias: string | null): Bed | undefined {
  return ward.value?.beds.find((bed) => bed.alias === alias);
}

export function alarmsOf(alias: string | null): Alarm[] {
  return (ward.value?.alarms ?? []).filter((alarm) => alarm.bed === alias);
}

export function callOf(id: string | null): Call | undefined {
  return id === null ? undefined : ward.value?.calls.find((call) => call.id === id);
}

const REOPEN_EVERY_SECONDS = 10;
const TICK_MS = 250;

/** Follows one stream. The clock and the way to open a stream can be given, so that tests need neither. */
export class Follower {
  readonly freshness: Freshness;
  private readonly source: Source;
  private fresh = true;
  private reopenedAt = 0;

  constructor(
    private readonly clock: PageClock = browserClock,
    open: (heard: (message: Message | null) => void) => Source = (heard) => openStream("/api/v1/stream", heard),
  ) {
    this.freshness = new Freshness(clock);
    this.source = open((message) => this.heard(message));
  }

  heard(message: Message | null): void {
    if (message === null) return this.reopen();
    if (message.kind === "snapshot") {
      this.freshness.heard(message.data.server_time, true);
      ward.value = fromSnapshot(message.data);
      this.fresh = false;
    } else if (this.fresh || ward.value === null) {
      return; // nothing means anything before a snapshot
    } else if (message.kind === "update") {
      const next = withUpdate(ward.value, message.data);
      if (next === null || !this.freshness.heard(message.data.server_time, false)) return this.reopen();
      ward.value = next;
    } else {
      if (message.data.sequence > ward.value.sequence) return this.reopen();
      // A main loop that stands still proves nothing, however well its server answers.
      if (message.data.alive && !this.freshness.heard(message.data.server_time, false)) return this.reopen();
    }
    this.tick();
  }

  /** To be called a few times a second. */
  tick(): void {
    const age = this.freshness.ageSeconds();
    ageSeconds.value = Math.floor(age);
    liveness.value = this.freshness.liveness();
    const second = Math.floor(this.freshness.serverNowMs() / 1000) * 1000;
    if (second !== serverNow.value) serverNow.value = second;
    const since = this.clock.steady() - this.reopenedAt;
    // A connection that died without a word is never told by the browser.
    if (age >= REOPEN_EVERY_SECONDS && since >= REOPEN_EVERY_SECONDS) this.reopen();
  }

  private reopen(): void {
    this.fresh = true;
    this.reopenedAt = this.clock.steady();
    this.source.reopen();
  }

  close(): void {
    this.source.close();
  }
}

export function follow(): Follower {
  const follower = new Follower();
  setInterval(() => follower.tick(), TICK_MS);
  document.addEventListener("visibilitychange", () => follower.tick());
  return follower;
}
