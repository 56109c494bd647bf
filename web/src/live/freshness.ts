// How old what we show may be. The page trusts no single clock: its own steady one stands still while a machine sleeps,
// the wall clock is set by people and time servers. The larger of both ages counts, so either fault looks too old, never new.

export type Liveness = "starting" | "live" | "late" | "lost";

export const LATE_AFTER_SECONDS = 10;
export const LOST_AFTER_SECONDS = 20;
/** A message whose server time lags this far behind the quickest of its stream was held up on the way: reconnect. */
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
}

/** Both clocks of the page against the server's, milliseconds. */
interface Ahead {
  steady: number;
  wall: number;
}

/** Remembers the last message that proves the server moves, and tells how old it is. */
export class Freshness {
  private last: Reading | null = null;
  /**
   * By how much the server's clock was ahead at most since the stream was opened: that message was the least time on its
   * way. Against the one before alone a lag that grows slowly would never be seen.
   */
  private base: Ahead = { steady: -Infinity, wall: -Infinity };
  /** Seconds that the last message was held up on its way. */
  private lag = 0;
  private readonly started: Reading;

  constructor(private readonly clock: PageClock) {
    this.started = this.now();
  }

  private now(): Reading {
    return { steady: this.clock.steady(), wall: this.clock.wall() };
  }

  /**
   * A message came. False: it lags behind the messages before it, so the stream must be opened anew and this one proves
   * nothing. The first message of a new connection is always right (`fresh`): the server has just written it, and its
   * clock may have been set meanwhile.
   */
  heard(serverTime: string, fresh: boolean): boolean {
    const serverMs = Date.parse(serverTime);
    if (Number.isNaN(serverMs)) return false;
    const now = this.now();
    const ahead: Ahead = { steady: serverMs - now.steady * 1000, wall: serverMs - now.wall * 1000 };
    const { base } = this;
    const lag = fresh ? 0 : Math.max(base.steady - ahead.steady, base.wall - ahead.wall, 0) / 1000;
    if (lag > HELD_UP_SECONDS) return false;
    const most: Ahead = { steady: Math.max(base.steady, ahead.steady), wall: Math.max(base.wall, ahead.wall) };
    this.base = fresh ? ahead : most;
    this.lag = lag;
    this.last = now;
    return true;
  }

  /** How old what is known is: the silence since the last proof, and how long that was on its way. Before the first one since the page began. */
  ageSeconds(): number {
    const from = this.last ?? this.started;
    return Math.max(0, this.clock.steady() - from.steady, this.clock.wall() - from.wall) + this.lag;
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
    return this.base.steady + this.clock.steady() * 1000;
  }
}
