// A recorded ward without a stream or a server: the signals that screens read, and answers that a test chooses.
import { cleanup, configure } from "@testing-library/preact";
import { vi } from "vitest";
import type { Bed } from "../../src/api/types";
import { liveness, serverNow, ward } from "../../src/live/store";
import { fromSnapshot } from "../../src/live/ward";
import { sheet, unlocking } from "../../src/navigation";
import { people, peopleMissing, session } from "../../src/people/session";
import { snapshotOf } from "./recording";

// They wait for what comes, not for a time: a busy machine may take long.
configure({ asyncUtilTimeout: 30_000 });
vi.setConfig({ testTimeout: 60_000 });

/** 10:00 of 1 March 2026 at a ward that is an hour ahead of UTC. */
export const NOW = Date.UTC(2026, 2, 1, 9, 0, 0);

export interface Asked {
  method: string;
  path: string;
  body: Record<string, unknown>;
}

export type Answer = { status: number; body: object } | "none";

export const RECORDED: Answer = { status: 200, body: { accepted: true, text: "recorded" } };

export interface Stage {
  /** What was posted, oldest first. */
  posted: Asked[];
  /** What the next posts are answered with; then all are recorded. */
  answers: Answer[];
  /** What a reading of a path that begins so is answered with. */
  readings: Record<string, object>;
  /** Another state of one bed, as an update would bring it. */
  change(alias: string, over: Partial<Bed>): void;
}

/** To be called before each test: a ward that is live, one midwife, the station unlocked. */
export function stage(frame = "calm"): Stage {
  cleanup();
  const at: Stage = {
    posted: [],
    answers: [],
    readings: {},
    change(alias, over) {
      const now = ward.peek();
      if (now === null) throw new Error("there is no ward");
      ward.value = { ...now, beds: now.beds.map((bed) => (bed.alias === alias ? { ...bed, ...over } : bed)) };
    },
  };
  const first = snapshotOf(frame);
  ward.value = { ...fromSnapshot(first), offsetMinutes: 60 };
  liveness.value = "live";
  serverNow.value = NOW;
  sheet.value = null;
  unlocking.value = false;
  people.value = [
    { name: "midwife", label: "A. Night", role: "midwife", has_pin: true },
    { name: "charge", label: "C. Charge", role: "charge", has_pin: true },
  ];
  peopleMissing.value = null;
  const until = new Date(NOW + 3600_000).toISOString();
  const who = { person: "midwife", label: "A. Night", role: "midwife", until } as const;
  session.value = { simulation: true, setup_needed: false, unlocked: who };
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  vi.stubGlobal("fetch", (path: string, init: RequestInit): Promise<Response> => {
    const method = init.method ?? "GET";
    if (method === "GET") {
      const found = Object.entries(at.readings).find(([start]) => path.startsWith(start));
      const [status, body] = found === undefined ? [404, { error: "no such path" }] : [200, found[1]];
      return Promise.resolve(new Response(JSON.stringify(body), { status }));
    }
    at.posted.push({ method, path, body: JSON.parse(String(init.body)) as Record<string, unknown> });
    const answer = at.answers.shift() ?? RECORDED;
    if (answer === "none") return Promise.reject(new Error("no answer"));
    return Promise.resolve(new Response(JSON.stringify(answer.body), { status: answer.status }));
  });
  return at;
}
