import { beforeEach, describe, expect, it } from "vitest";
import type { Update } from "../../src/api/types";
import type { PageClock } from "../../src/live/freshness";
import type { Message } from "../../src/live/source";
import { Follower, ageSeconds, liveness, lostBecause, usable, ward } from "../../src/live/store";
import { snapshotOf } from "./recording";

let seconds = 0;
let reopened = 0;
const clock: PageClock = { steady: () => seconds, wall: () => seconds };

function follower(): { follow: Follower; hear: (message: Message | null) => void } {
  let hear: (message: Message | null) => void = () => undefined;
  const follow = new Follower(clock, (heard) => {
    hear = heard;
    return {
      reopen: () => {
        reopened++;
      },
      close: () => undefined,
    };
  });
  return { follow, hear: (message) => hear(message) };
}

const first = snapshotOf("calm");
const serverAt = (s: number) => new Date(Date.parse(first.server_time) + s * 1000).toISOString();
const beat = (s: number, alive = true, sequence = 7): Message => ({
  kind: "heartbeat",
  data: { simulation: true, server_time: serverAt(s), sequence, alive },
});
const update = (s: number, sequence: number, more: Partial<Update> = {}): Message => ({
  kind: "update",
  data: { simulation: true, server_time: serverAt(s), sequence, beds: [], gone: [], ...more },
});

beforeEach(() => {
  seconds = 0;
  reopened = 0;
  ward.value = null;
});

describe("the live ward", () => {
  it("shows nothing as usable before a snapshot", () => {
    const { follow, hear } = follower();
    hear(beat(0));
    follow.tick();
    expect(usable.value).toBe(false);
    expect(ward.value).toBeNull();
  });

  it("asks again for a snapshot that never came, although heartbeats do", () => {
    const { follow, hear } = follower();
    for (seconds = 0; seconds <= 12; seconds += 2) {
      hear(beat(seconds));
      follow.tick();
    }
    expect(reopened).toBe(1);
  });

  it("takes whole beds of an update and drops those that are gone", () => {
    const { hear } = follower();
    hear({ kind: "snapshot", data: first });
    const bed = { ...first.beds[1]!, place: "moved" };
    hear(update(1, 8, { beds: [bed], gone: ["bed-1"] }));
    expect(ward.value?.beds.map((b) => b.alias)).not.toContain("bed-1");
    expect(ward.value?.beds.find((b) => b.alias === bed.alias)?.place).toBe("moved");
    expect(ward.value?.alarms).toEqual(first.alarms);
  });

  it("is not live from the moment in which it is told that nobody watches, until it runs again", () => {
    const { follow, hear } = follower();
    hear({ kind: "snapshot", data: first });
    follow.tick();
    expect(liveness.value).toBe("live");
    const stopping = { at: serverAt(1), by: "systemd" };
    hear(update(1, 8, { status: { ...first.status, stopping } }));
    expect(liveness.value).toBe("lost");
    expect(usable.value).toBe(false);
    expect(lostBecause()).toMatch(/^monitoring was stopped on purpose at \d\d:\d\d$/);
    hear(beat(2, true, 8));
    expect(liveness.value).toBe("lost");
    hear({ kind: "snapshot", data: first });
    expect(liveness.value).toBe("live");
  });

  it("asks for a new snapshot when an update is missing, and believes nothing until it came", () => {
    const { hear } = follower();
    hear({ kind: "snapshot", data: first });
    hear(update(1, 9));
    expect(reopened).toBe(1);
    hear(update(2, 8, { gone: ["bed-1"] }));
    expect(ward.value?.beds.length).toBe(first.beds.length);
    hear({ kind: "snapshot", data: { ...first, sequence: 10 } });
    hear(update(3, 11, { gone: ["bed-1"] }));
    expect(ward.value?.beds.length).toBe(first.beds.length - 1);
  });

  it("sees by the heartbeat that an update was lost", () => {
    const { hear } = follower();
    hear({ kind: "snapshot", data: first });
    hear(beat(2, true, 9));
    expect(reopened).toBe(1);
  });

  it("takes the offset of its zone from each event: summer time begins under a board that is open", () => {
    const { hear } = follower();
    hear({ kind: "snapshot", data: { ...first, utc_offset_minutes: 60 } });
    expect(ward.value?.offsetMinutes).toBe(60);
    hear(update(1, 8));
    expect(ward.value?.offsetMinutes).toBe(60);
    hear(update(2, 9, { utc_offset_minutes: 120 }));
    expect(ward.value?.offsetMinutes).toBe(120);
    const back = beat(3, true, 9);
    hear({ ...back, data: { ...back.data, utc_offset_minutes: 60 } } as Message);
    expect(ward.value?.offsetMinutes).toBe(60);
  });

  it("is lost while heartbeats come from a main loop that stands still", () => {
    const { follow, hear } = follower();
    hear({ kind: "snapshot", data: first });
    for (seconds = 2; seconds <= 20; seconds += 2) hear(beat(seconds, false));
    seconds = 20;
    follow.tick();
    expect(liveness.value).toBe("lost");
    expect(usable.value).toBe(false);
    hear({ kind: "snapshot", data: first });
    expect(usable.value).toBe(false);
    hear(beat(20, true));
    expect(liveness.value).toBe("live");
  });

  it("says at the first word of a loop that stands still that it is late", () => {
    const { hear } = follower();
    hear({ kind: "snapshot", data: first });
    expect(liveness.value).toBe("live");
    hear(beat(2, false));
    expect(liveness.value).toBe("late");
  });

  it("opens a silent stream anew each 10 s", () => {
    const { follow, hear } = follower();
    seconds = 100;
    hear({ kind: "snapshot", data: first });
    for (seconds = 101; seconds <= 131; seconds++) follow.tick();
    expect(reopened).toBe(3);
    expect(ageSeconds.value).toBe(31);
  });

  it("opens the stream anew for what cannot be read", () => {
    const { hear } = follower();
    hear(null);
    expect(reopened).toBe(1);
  });
});
