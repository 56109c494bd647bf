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
