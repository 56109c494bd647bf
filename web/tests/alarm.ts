import type { Alarm } from "../src/api/types";

/** A high alarm that nobody has taken yet, but for what is said otherwise. */
export function alarmOf(over: Partial<Alarm>): Alarm {
  return {
    id: "1-1",
    bed: "bed-1",
    rule: "reflex-absent",
    title: "Tendon reflex absent",
    message: "No reflexes",
    prompt: "Examine her.",
    kind: "physiological",
    priority: "high",
    grade: 1,
    condition: true,
    latched: false,
    acknowledged: false,
    acknowledged_by: null,
    acknowledged_until: null,
    shelved: null,
    since: "2026-03-01T02:14:00Z",
    call: null,
    ...over,
  };
}
