import { act, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Checklist } from "../../src/api/types";
import { bedOf } from "../../src/live/store";
import { ChecklistScreen } from "../../src/protocol/Checklist";
import { type Stage, stage } from "./stage";

let at: Stage;
beforeEach(() => {
  at = stage("two_beds");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function list(over: Partial<Checklist>): void {
  at.change("bed-3", { checklist: { ...bedOf("bed-3")!.checklist!, ...over } });
}
const tap = (name: string | RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const button = (name: string | RegExp) => screen.queryByRole("button", { name });
const opened = () => at.posted.filter((p) => p.path.endsWith("/protocol/open")).map((p) => p.body);
/** Lets what is under way be answered; `ms` of the board's own waiting pass. */
const passed = (ms = 0) =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(ms);
  });

describe("a checklist that is closed", () => {
  it("is opened again by hand, for any branch", async () => {
    vi.useFakeTimers();
    const closed = { at: "2026-03-01T08:00:00Z", by: "midwife", reason: "well again", doctor: "Dr 1" };
    list({ open: false, closed });
    render(<ChecklistScreen bed="bed-3" />);
    expect(button(/CLOSE THE LIST/)).toBeNull();
    tap("Reflexes lost, high level or dose error");
    tap("OPEN CHECKLIST");
    await passed();
    expect(opened()).toMatchObject([{ person: "midwife", branch: "grade1" }]);
  });
});

describe("a checklist that is open", () => {
  it("is made graver, never milder, and each branch is an act of its own", async () => {
    vi.useFakeTimers();
    list({ branch: "grade1" });
    render(<ChecklistScreen bed="bed-3" />);
    expect(button(/Reflexes lost/)).toBeNull();
    at.answers = [{ status: 409, body: { error: "not now" } }];
    tap("GRAVER: Slow breathing, low oxygen, slow heart");
    tap("MAKE IT GRAVER");
    await passed();
    screen.getByText(/NOT SAVED: not now/);
    tap("ARREST");
    tap("MAKE IT GRAVER");
    await passed();
    expect(opened().map((body) => body["branch"])).toEqual(["grade2", "arrest"]);
    expect(opened()[0]?.["key"]).not.toBe(opened()[1]?.["key"]);
    act(() => list({ branch: "arrest" }));
    expect([button("ARREST"), button("MAKE IT GRAVER")]).toEqual([null, null]);
  });

  it("keeps the key of a branch while it is not confirmed", async () => {
    vi.useFakeTimers();
    list({ branch: "grade2" });
    at.answers = Array.from({ length: 20 }, () => "none" as const);
    render(<ChecklistScreen bed="bed-3" />);
    tap("ARREST");
    tap("MAKE IT GRAVER");
    await passed(30_000);
    screen.getByText(/NOT CONFIRMED\. It may/);
    at.answers = [];
    tap("MAKE IT GRAVER");
    await passed();
    expect(new Set(opened().map((body) => body["key"])).size).toBe(1);
  });
});

describe("a question of a step", () => {
  const steps = () => Array.from(document.querySelectorAll("li.step"));
  const ask = (n: number) => fireEvent.click(steps()[n]!.querySelectorAll("button")[1]!); // NOT DONE: reason
  const why = () => screen.getByLabelText("Why not?") as HTMLInputElement;

  beforeEach(() => {
    const known = bedOf("bed-3")!.checklist!.steps;
    list({ steps: known.map((s) => ({ ...s, kind: "done" as const, state: "open" as const, taps: [], give: null })) });
  });

  it("takes nothing over from the question before it", async () => {
    vi.useFakeTimers();
    render(<ChecklistScreen bed="bed-3" />);
    ask(0);
    fireEvent.input(why(), { target: { value: "of the first" } });
    ask(1);
    expect(why().value).toBe("");
    fireEvent.input(why(), { target: { value: "of the second" } });
    tap(/A\. Night/);
    await passed();
    ask(0);
    fireEvent.input(why(), { target: { value: "again" } });
    tap(/A\. Night/);
    await passed();
    expect(at.posted.map((p) => p.body["reason"])).toEqual(["of the second", "again"]);
    expect(at.posted[0]?.body["key"]).not.toBe(at.posted[1]?.body["key"]);
  });

  it("is not closed by the answer to another one, which is told beside it if it was not saved", async () => {
    vi.useFakeTimers();
    render(<ChecklistScreen bed="bed-3" />);
    for (const answer of [undefined, { status: 409, body: { error: "no such step now" } }]) {
      at.answers = answer === undefined ? ["none"] : ["none", answer];
      ask(0);
      fireEvent.input(why(), { target: { value: "none there" } });
      tap(/A\. Night/);
      await passed();
      screen.getByText("NOT CONFIRMED, checking");
      ask(1);
      await passed(5000);
      expect(why().value).toBe("");
      expect(screen.queryByText("NOT CONFIRMED, checking")).toBeNull();
    }
    screen.getByText(/^NOT DONE, .*: NOT SAVED: no such step now/);
  });
});
