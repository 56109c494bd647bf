// How old what we show may be. The page trusts no single clock: its own steady one stands still while a machine sleeps,
// the wall clock is set by people and time servers. The larger of both ages counts, so either fault looks too old, never new.

export type Liveness = "starting" | "live" | "late" | "lost";

export const LATE_AFTER_SECONDS = 10;
export const LOST_AFTER_SECONDS = 20;
/** A message whose server time lags this far behind what it should be was held up on the way: reconnect. */
export const HELD_UP_SECONDS = 5;

/** Both clocks of the page, in seconds. Tests give their own. */
export interface PageClock {
  steady(): number;
  wall(): number;
}

export const browserClock: PageClock = {
  steady: () => performance.now() / 1000,
  wall: () => Date.now() / 1000,
};

interface Reading {
  steady: number;
  wall: number;
  serverMs: number;
}

/** Remembers the last message that proves the server moves, and tells how old it is. */
export class Freshness {
  private last: Reading | null = null;
  private readonly started: { steady: number; wall: number };

  constructor(private readonly clock: PageClock) {
    this.started = { steady: clock.steady(), wall: clock.wall() };
  }

  /**
   * A message came. False: it lags behind the messages before it, so the stream must be opened anew and this one proves
   * nothing. The first message of a new connection is always right (`fresh`): the server has just written it.
   */
  heard(serverTime: string, fresh: boolean): boolean {
    const serverMs = Date.parse(serverTime);
    if (Number.isNaN(serverMs)) return false;
    if (!fresh && this.last !== null && serverMs < this.serverNowMs() - HELD_UP_SECONDS * 1000) return false;
    this.last = { steady: this.clock.steady(), wall: this.clock.wall(), serverMs };
    return true;
  }

  /** Seconds since the last proof; before the first one since the page began. */
  ageSeconds(): number {
    const from = this.last ?? this.started;
    return Math.max(0, this.clock.steady() - from.steady, this.clock.wall() - from.wall);
  }

  liveness(): Liveness {
    const age = this.ageSeconds();
    if (age >= LOST_AFTER_SECONDS) return "lost";
    if (this.last === null) return "starting";
    return age >= LATE_AFTER_SECONDS ? "late" : "live";
  }

  /** The server's clock now, carried on by our own steady one. Before the first message: 0. */
  serverNowMs(): number {
    if (this.last === null) return 0;
    return this.last.serverMs + (this.clock.steady() - this.last.steady) * 1000;
  }
}
