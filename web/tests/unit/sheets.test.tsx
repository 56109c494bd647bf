import { act, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RuleSheet } from "../../src/alarms/RuleSheet";
import { bedOf, liveness, ward } from "../../src/live/store";
import { SymptomSheet } from "../../src/watch/SymptomSheet";
import { alarmOf } from "../alarm";
import { type Stage, stage } from "./stage";

let at: Stage;
beforeEach(() => {
  at = stage();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const button = (name: string | RegExp) => screen.getByRole("button", { name });
const tap = (name: string | RegExp) => fireEvent.click(button(name));
const pressed = (name: string) => button(name).getAttribute("aria-pressed") === "true";

describe("the symptoms of a bed", () => {
  const charted = (...words: string[]) => ({
    symptoms: words.map((symptom) => ({ symptom, group: "examine", at: "2026-03-01T08:00:00Z", by: "charge" })),
  });
  const saved = async () => {
    tap("SAVE");
    await screen.findByText(/Saved: recorded/);
    return at.posted[0]?.body;
  };

  it("send only what was tapped: what a colleague charted meanwhile stays", async () => {
    at.change("bed-5", charted("nausea", "slurred_speech"));
    render(<SymptomSheet bed="bed-5" />);
    tap("nausea");
    tap("drowsiness");
    act(() => at.change("bed-5", charted("nausea", "slurred_speech", "chest_pain")));
    screen.getByText("Charted meanwhile by somebody else: chest pain. It stays.");
    expect(await saved()).toMatchObject({ symptoms: ["drowsiness"], gone: ["nausea"] });
  });

  it("are charted once more where they were tapped twice, and never by themselves", async () => {
    at.change("bed-5", charted("nausea", "rash"));
    render(<SymptomSheet bed="bed-5" />);
    tap("SAVE");
    screen.getByText("Tap what is new, what is over, or NONE.");
    tap("nausea");
    tap("nausea");
    const body = await saved();
    expect(body).toMatchObject({ symptoms: ["nausea"] });
    expect(body).not.toHaveProperty("gone");
  });

  it("come back when NONE is taken back", async () => {
    at.change("bed-5", charted("nausea", "rash"));
    render(<SymptomSheet bed="bed-5" />);
    tap(/^NONE/);
    expect([pressed("nausea"), pressed("rash")]).toEqual([false, false]);
    tap(/^NONE/);
    expect([pressed("nausea"), pressed("rash")]).toEqual([true, true]);
    tap(/^NONE/);
    tap("nausea"); // she has this one after all
    expect([pressed("nausea"), pressed("rash")]).toEqual([true, true]);
    const body = await saved();
    expect(body).toMatchObject({ symptoms: ["nausea"] });
    expect(body).not.toHaveProperty("gone");
    expect(body).not.toHaveProperty("none");
  });
});

describe("why an alarm rang", () => {
  it("is told with the value of now, as the bed has it, and with dashes where it has none", async () => {
    const rr = { ...bedOf("bed-5")!.signals.find((s) => s.signal === "rr")!, value: 9 };
    const mg = { ...rr, signal: "mg_on_board", title: "magnesium on board", unit: "1", value: 1 };
    const none = { text: "x", source: null, fields: [], limits: [] };
    const known = { alarm: "1", bed: "bed-5", rule: "rr", title: "RR", since: "2026-03-01T08:50:00Z", pack: "p", version: "1" };
    at.readings["/api/v1/alarms/"] = { ...known, ...none, inputs: [rr, mg] };
    const setNow = (value: number | null) => at.change("bed-5", { signals: [{ ...rr, value }] });
    setNow(9);
    ward.value = { ...ward.peek()!, alarms: [alarmOf({ id: "1", bed: "bed-5" })] };
    render(<RuleSheet alarm="1" />);
    await screen.findByText("magnesium on board");
    const now = () => Array.from(document.querySelectorAll("tbody td:last-child"), (cell) => cell.textContent);
    expect(now()).toEqual(["9 /min", "--"]);
    act(() => setNow(4));
    expect(now()).toEqual(["4 /min", "--"]);
    act(() => setNow(null));
    expect(now()).toEqual(["--", "--"]);
    act(() => {
      setNow(4);
      liveness.value = "lost";
    });
    expect(now()).toEqual(["--", "--"]);
  });
});
