import { describe, expect, it } from "vitest";
import { Freshness, type PageClock } from "../../src/live/freshness";

class TwoClocks implements PageClock {
  steadyNow = 100;
  wallNow = 1_000_000;
  steady = () => this.steadyNow;
  wall = () => this.wallNow;
  pass(seconds: number): void {
    this.steadyNow += seconds;
    this.wallNow += seconds;
  }
}

const at = (seconds: number) => new Date(Date.UTC(2026, 2, 1, 2, 14, 0) + seconds * 1000).toISOString();

describe("freshness", () => {
  it("is late at 10 s and lost at 20 s of silence, not a second later", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    clock.pass(9.9);
    expect(fresh.liveness()).toBe("live");
    clock.pass(0.1);
    expect(fresh.liveness()).toBe("late");
    clock.pass(9.9);
    expect(fresh.liveness()).toBe("late");
    clock.pass(0.1);
    expect(fresh.liveness()).toBe("lost");
  });

  it("is never live before the first message, and lost without one for 20 s", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    expect(fresh.liveness()).toBe("starting");
    clock.pass(20);
    expect(fresh.liveness()).toBe("lost");
  });

  it("sees a sleep of the machine, through which its steady clock stood still", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    clock.wallNow += 3600;
    expect(fresh.liveness()).toBe("lost");
  });

  it("is not fooled by a wall clock that is set back", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    clock.wallNow -= 7200;
    clock.steadyNow += 20;
    expect(fresh.liveness()).toBe("lost");
  });

  it("does not take messages that were held up on the way for news", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    clock.pass(60);
    expect(fresh.heard(at(2), false)).toBe(false);
    expect(fresh.liveness()).toBe("lost");
    expect(fresh.heard(at(60), false)).toBe(true);
    expect(fresh.liveness()).toBe("live");
  });

  it("sees a lag that grows so slowly that no message is far behind the one before it", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    // A heartbeat every 2 s of the server, of which each comes 0.5 s later than the one before.
    const taken = Array.from({ length: 30 }, (_, n) => {
      clock.pass(2.5);
      return fresh.heard(at(2 * (n + 1)), false);
    });
    expect(taken.indexOf(false)).toBe(10);
    expect(taken.slice(10)).not.toContain(true);
    expect(fresh.liveness()).toBe("lost");
  });

  it("counts how long a message was on its way as age, by the quickest one since the snapshot", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    clock.pass(2);
    fresh.heard(at(3), false); // the snapshot itself had been held up for a second
    clock.pass(5);
    expect(fresh.heard(at(4), false)).toBe(true);
    expect(fresh.ageSeconds()).toBe(4);
    clock.pass(6);
    expect(fresh.liveness()).toBe("late");
    expect(fresh.serverNowMs()).toBe(Date.parse(at(14)));
    expect(fresh.heard(at(14), false)).toBe(true);
    expect(fresh.ageSeconds()).toBe(0);
  });

  it("takes a clock of the server that is set for what it is: forward at once, back with the next snapshot", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    clock.pass(2);
    expect(fresh.heard(at(3602), false)).toBe(true);
    clock.pass(2);
    expect(fresh.heard(at(4), false)).toBe(false);
    expect(fresh.heard(at(4), true)).toBe(true);
    clock.pass(2);
    expect(fresh.heard(at(6), false)).toBe(true);
    expect([fresh.ageSeconds(), fresh.liveness()]).toEqual([0, "live"]);
  });

  it("does not take for news what waited while the machine slept, through which its steady clock stood still", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    clock.wallNow += 3600;
    expect(fresh.heard(at(2), false)).toBe(false);
    expect(fresh.liveness()).toBe("lost");
  });

  it("takes the server's time of a new connection, also when its clock was set back", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(3600), true);
    expect(fresh.heard(at(0), true)).toBe(true);
    expect(fresh.serverNowMs()).toBe(Date.parse(at(0)));
  });

  it("carries the server's clock on, whatever the clock of the PC says", () => {
    const clock = new TwoClocks();
    const fresh = new Freshness(clock);
    fresh.heard(at(0), true);
    clock.steadyNow += 5;
    clock.wallNow -= 86_400;
    expect(fresh.serverNowMs()).toBe(Date.parse(at(5)));
  });
});
