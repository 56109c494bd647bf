import { act, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Alarm } from "../../src/api/types";
import { AlarmPanel } from "../../src/alarms/AlarmPanel";
import { Charted } from "../../src/bed/BedDetail";
import { Handover } from "../../src/bed/Handover";
import { BedCard } from "../../src/board/BedCard";
import { bedOf, liveness, ward } from "../../src/live/store";
import { sheet } from "../../src/navigation";
import { alarmOf } from "../alarm";
import { type Stage, stage } from "./stage";

let at: Stage;
beforeEach(() => {
  at = stage();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function ring(...alarms: Alarm[]): void {
  ward.value = { ...ward.peek()!, alarms };
}
const card = () => render(<BedCard bed={bedOf("bed-5")!} />).container;
const texts = (box: Element, which: string) => Array.from(box.querySelectorAll(which), (one) => one.textContent);
const button = (name: string) => screen.queryByRole("button", { name });

describe("a card with several alarms", () => {
  const taken = alarmOf({ id: "1", bed: "bed-5", message: "RR 9", acknowledged: true, acknowledged_by: "midwife", call: "c1" });
  const fresh = alarmOf({ id: "2", bed: "bed-5", message: "Urine low", priority: "medium", call: "c2" });

  it("flashes for a new one behind a graver one that somebody has taken, names it first, and lets it be taken", () => {
    ring(taken, fresh);
    const box = card();
    expect(box.querySelector(".band")?.className).toBe("band high flash slow");
    expect(box.querySelector(".mark")?.textContent).toBe("***");
    expect(texts(box, ".finding")).toEqual(["Urine low MEDIUM", "RR 9 HIGH, acknowledged by A. Night"]);
    fireEvent.click(button("ACKNOWLEDGE")!);
    expect(sheet.value).toEqual({ kind: "acknowledge", alarm: "2" });
    fireEvent.click(button("I AM HERE")!);
    expect(sheet.value).toEqual({ kind: "answer", call: "c2", answer: "here" });
  });

  it("counts what it does not name, and names one once", () => {
    ring(fresh, alarmOf({ id: "3", bed: "bed-5", priority: "medium", since: "2026-03-01T03:00:00Z" }));
    const box = card();
    expect(box.querySelector(".band")?.className).toBe("band medium flash slow");
    expect(texts(box, ".finding")).toEqual(["Urine low MEDIUM, and 1 more"]);
  });

  it("does not flash, and asks nobody, where all are taken", () => {
    ring(taken, { ...fresh, acknowledged: true });
    const box = card();
    expect(box.querySelector(".flash")).toBeNull();
    expect(texts(box, ".finding")).toEqual(["RR 9 HIGH, acknowledged by A. Night, and 1 more"]);
    expect([button("ACKNOWLEDGE"), button("I AM HERE") === null]).toEqual([null, false]);
  });
});

describe("an all-clear", () => {
  it("of one bed is none of the ward", () => {
    ring(alarmOf({ bed: "bed-3" }), alarmOf({ id: "2", bed: null }));
    render(<AlarmPanel />);
    fireEvent.click(button("L4 Bed 5")!);
    screen.getByText('No alarm is open at L4 Bed 5. ELSEWHERE: 2 open. Tap "all beds".');
    expect(screen.queryByText("No alarm is open.")).toBeNull();
    act(() => ring());
    screen.getByText("No alarm is open at L4 Bed 5.");
  });

  it("is not given by a card or a sheet of paper that is not live", () => {
    ring();
    const box = card();
    expect(texts(box, ".message")).toEqual(["no alarm"]);
    act(() => {
      liveness.value = "lost";
    });
    expect(texts(box, ".message")).toEqual(["--"]);
    const paper = render(<Handover bed="bed-5" />).container;
    expect(paper.textContent).not.toContain("None.");
  });
});

describe("a time of another day", () => {
  const yesterday = "2026-02-28T10:30:00Z"; // 11:30 at the ward, nearly a day ago
  const words = "28 Feb 11:30";

  it("is told with its date, wherever a time alone would be taken for one of today", () => {
    const bed = bedOf("bed-5")!;
    const signals = bed.signals.map((s) => ({ ...s, value: null, last: { value: 2, at: yesterday } }));
    const level = { value: 2, unit: "mmol/L", drawn_at: yesterday, near_bolus: null, from_infusion_arm: null, repeat: false };
    const stopped = { stopped: yesterday, decision_due: yesterday, decided: true, watch_until: yesterday };
    at.change("bed-5", {
      signals,
      levels: [level],
      symptoms: [{ symptom: "nausea", group: "", at: yesterday, by: null }],
      events: [{ event: "fit", drug: null, at: yesterday, by: "midwife" }],
      after_stop: stopped,
      infusion: { ...bed.infusion, running: false, rate_unknown_since: null },
      watched_since: yesterday,
      checks: [{ id: "c", title: "Reflexes", due: yesterday, overdue: true }],
    });
    ring(alarmOf({ bed: "bed-5", since: yesterday }));
    const box = card();
    expect(box.querySelector(".was")?.textContent).toContain(words);
    expect(box.textContent).toMatch(/Reflex -- was .* at 28 Feb 11:30/);
    expect(box.textContent).toContain(`STOPPED ${words}`);
    const charted = render(<Charted bed={bedOf("bed-5")!} />).container;
    expect(charted.textContent).toContain(`taken ${words}`);
    expect(charted.textContent).toContain(`nausea ${words}`);
    expect(charted.textContent).toContain(`${words} fit`);
    const paper = render(<Handover bed="bed-5" />).container;
    expect(paper.textContent).toContain(`Watched since ${words}`);
    expect(paper.textContent).toContain(`since ${words}`);
    expect(paper.textContent).toContain(`(${words})`);
    expect(paper.querySelector("td:last-child")?.textContent).toContain(`at ${words}`);
  });
});
