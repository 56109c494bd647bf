// What every screen reads: the ward, how old it is, and the time. One writer: follow().
import { computed, signal } from "@preact/signals";
import type { Alarm, Bed, Call } from "../api/types";
import { Freshness, type Liveness, type PageClock, browserClock } from "./freshness";
import { sharedStream } from "./shared";
import { dayTime } from "../words/times";
import type { Message, Source } from "./source";
import { type Ward, fromSnapshot, withOffset, withUpdate } from "./ward";

export const ward = signal<Ward | null>(null);
export const liveness = signal<Liveness>("starting");
/** Whole seconds since the server last proved that it moves. */
export const ageSeconds = signal(0);
/** The server's clock, whole seconds; 0 before the first message. Nothing is ever timed by the PC's clock. */
export const serverNow = signal(0);

/** Since when nobody watches because somebody wanted that; null: it was not wanted, or is not so. */
export const stoppedAt = computed(() => ward.value?.status.stopping?.at ?? null);

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

/** A time as staff read it at the ward, with its date where it is not of today. */
export function timeAt(text: string): string {
  return dayTime(Date.parse(text), serverNow.value, ward.value?.offsetMinutes ?? 0);
}

/** Why the screen is not live. */
export function lostBecause(): string {
  const at = stoppedAt.value;
  return at === null ? `nothing heard for ${ageSeconds.value} s` : `monitoring was stopped on purpose at ${timeAt(at)}`;
}

const REOPEN_EVERY_SECONDS = 10;
const TICK_MS = 250;

/** Follows one stream. The clock and the way to open a stream can be given, so that tests need neither. */
export class Follower {
  readonly freshness: Freshness;
  private readonly source: Source;
  private fresh = true;
  /** The server answers while the main loop of the ward stands still: its word proves nothing. */
  private stalled = false;
  private heardAt: { steady: number; wall: number };

  constructor(
    private readonly clock: PageClock = browserClock,
    open: (heard: (message: Message | null) => void) => Source = sharedStream,
  ) {
    this.freshness = new Freshness(clock);
    this.heardAt = { steady: clock.steady(), wall: clock.wall() };
    this.source = open((message) => this.heard(message));
  }

  heard(message: Message | null): void {
    // What comes before a snapshot is no use, however much of it there is.
    if (!this.fresh || message?.kind === "snapshot")
      this.heardAt = { steady: this.clock.steady(), wall: this.clock.wall() };
    if (message === null || !this.understood(message)) this.reopen();
    this.tick();
  }

  /** False: what was heard does not follow from what is known; only a snapshot helps. */
  private understood(message: Message): boolean {
    if (message.kind === "snapshot") {
      if (message.data.status.alive && !this.stalled) this.freshness.heard(message.data.server_time, true);
      ward.value = fromSnapshot(message.data);
      this.fresh = false;
      return true;
    }
    if (this.fresh || ward.value === null) return true; // nothing means anything before a snapshot
    if (message.kind === "update") {
      const next = withUpdate(ward.value, message.data);
      if (next === null || !this.freshness.heard(message.data.server_time, false)) return false;
      ward.value = next;
      return true;
    }
    const again = this.stalled && message.data.alive; // after a stall the server's clock may be another
    this.stalled = !message.data.alive;
    if (message.data.sequence > ward.value.sequence) return false;
    if (this.stalled) return true;
    if (!this.freshness.heard(message.data.server_time, again)) return false;
    ward.value = withOffset(ward.value, message.data.utc_offset_minutes);
    return true;
  }

  /** To be called a few times a second. */
  tick(): void {
    ageSeconds.value = Math.floor(this.freshness.ageSeconds());
    const found = this.freshness.liveness();
    if (stoppedAt.value !== null) liveness.value = "lost"; // until a snapshot says that it runs again
    else liveness.value = found === "live" && this.stalled ? "late" : found;
    const second = Math.floor(this.freshness.serverNowMs() / 1000) * 1000;
    if (second !== serverNow.value) serverNow.value = second;
    // A connection that died without a word is never told by the browser.
    const { steady, wall } = this.heardAt;
    if (Math.max(this.clock.steady() - steady, this.clock.wall() - wall) >= REOPEN_EVERY_SECONDS) this.reopen();
  }

  private reopen(): void {
    this.fresh = true;
    this.heardAt = { steady: this.clock.steady(), wall: this.clock.wall() };
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
