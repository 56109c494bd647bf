import { act, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EntrySheet, StopButton } from "../../src/entry/EntrySheet";
import { forget } from "../../src/entry/sending";
import { bedOf } from "../../src/live/store";
import { type Stage, stage } from "./stage";

let at: Stage;
beforeEach(() => {
  at = stage();
  forget("bed-5");
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const refusal = { status: 422, body: { error: "out of range", field: "value" } };
const field = (name: string) => document.querySelector<HTMLInputElement>(`input[data-field="${name}"]`)!;
const type = (name: string, value: string) => fireEvent.input(field(name), { target: { value } });
const tap = (name: RegExp) => fireEvent.click(screen.getByRole("button", { name }));
const kinds = () => at.posted.map((p) => p.body["kind"]);
/** Everything that is under way is answered, as long as the board goes on asking. */
const settled = () =>
  act(async () => {
    await vi.advanceTimersByTimeAsync(30_000);
  });

describe("a sheet that was saved in part", () => {
  it("sends no dose a second time, whatever is changed before it is saved again", async () => {
    render(<EntrySheet bed="bed-5" />);
    type("rr", "99");
    type("bolus", "4");
    type("bolus_min", "20");
    at.answers = [refusal];
    tap(/^SAVE$/);
    await screen.findByText(/Bolus 4 g: Saved/);
    expect(kinds()).toEqual(["rr", "bolus"]);
    expect([field("rr").value, field("bolus").value, field("bolus_min").value]).toEqual(["99", "", ""]);
    type("at", "09:40");
    type("rr", "14");
    tap(/^SAVE AGAIN$/);
    await screen.findByText(/Breaths 14\/min: Saved/);
    expect(kinds()).toEqual(["rr", "bolus", "rr"]);
    screen.getByText(/Bolus 4 g: Saved/); // it stays to be seen
    screen.getByRole("button", { name: "CLOSE" });
  });

  it("sends what was not confirmed as it was, under its key, and nothing else in its place", async () => {
    vi.useFakeTimers();
    render(<EntrySheet bed="bed-5" />);
    type("im", "5");
    at.answers = Array.from({ length: 20 }, () => "none" as const);
    tap(/^SAVE$/);
    await settled();
    screen.getByText(/Into the muscle 5 g: NOT CONFIRMED/);
    expect(field("im").value).toBe("");
    type("at", "09:40");
    at.answers = [];
    tap(/^SAVE AGAIN$/);
    await settled();
    screen.getByText(/Into the muscle 5 g: Saved/);
    expect(new Set(at.posted.map((p) => JSON.stringify(p.body))).size).toBe(1);
  });

  it("takes the same words once more for another finding", async () => {
    render(<EntrySheet bed="bed-5" />);
    type("rr", "14");
    type("gcs", "2");
    at.answers = [{ status: 200, body: { accepted: true, text: "recorded" } }, refusal];
    tap(/^SAVE$/);
    await screen.findByText(/Glasgow 2: NOT SAVED/);
    type("gcs", "");
    type("rr", "14");
    tap(/^SAVE AGAIN$/);
    await waitFor(() => expect(kinds()).toEqual(["rr", "gcs", "rr"]));
    expect(at.posted[2]?.body["key"]).not.toBe(at.posted[0]?.body["key"]);
  });
});

describe("a time that is typed", () => {
  it("and has not come yet is told, and nothing is sent", async () => {
    render(<EntrySheet bed="bed-5" />);
    type("rr", "14");
    type("at", "10:05");
    tap(/^SAVE$/);
    await screen.findByText(/10:05 has not come yet \(server: 10:00\)/);
    expect(at.posted).toEqual([]);
  });

  it("of another day shows that day beside its field", () => {
    render(<EntrySheet bed="bed-5" />);
    type("at", "23:50");
    screen.getByText("= 28 Feb 23:50, not today");
    type("at", "09:50");
    expect(screen.queryByText(/not today/)).toBeNull();
  });

  it("makes an entry of the past, which does not look like one that counts", async () => {
    render(<EntrySheet bed="bed-5" />);
    type("rr", "14");
    const text = "kept as history: a newer value is known";
    at.answers = [{ status: 200, body: { accepted: true, text } }];
    tap(/^SAVE$/);
    const row = await screen.findByText(/KEPT AS HISTORY, it changes nothing now: a newer value is known/);
    expect(row.className).toBe("history");
  });
});

describe("I HAVE STOPPED THE PUMP", () => {
  const stop = async () => {
    tap(/I HAVE STOPPED/);
    tap(/A\. Night/);
  };
  const keys = () => at.posted.map((p) => p.body["key"]);

  it("is another stop the second time, and says what the server said", async () => {
    render(<StopButton bed={bedOf("bed-5")!} />);
    await stop();
    await screen.findByText(/Saved: recorded\. A\. Night, 10:00/);
    at.answers = [{ status: 200, body: { accepted: true, text: "already recorded" } }];
    await stop();
    await screen.findByText(/Saved: already recorded/);
    expect(keys()[0]).not.toBe(keys()[1]);
  });

  it("is the same stop while it is not confirmed", async () => {
    vi.useFakeTimers();
    at.answers = Array.from({ length: 20 }, () => "none" as const);
    render(<StopButton bed={bedOf("bed-5")!} />);
    await stop();
    await settled();
    screen.getByText(/NOT CONFIRMED\. It may or may not be stored/);
    at.answers = [];
    tap(/A\. Night/);
    await settled();
    screen.getByText(/Saved: recorded/);
    expect(new Set(keys()).size).toBe(1);
  });
});
