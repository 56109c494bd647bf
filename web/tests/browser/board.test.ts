import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { DESK, PHONE, openPage } from "./browser";
import { open as openAt, stand, tooSmall, unlock, unlockFirst, violations } from "./ward";

const SCREENS = [
  "#/board",
  "#/alarms",
  "#/bed/bed-3",
  "#/checklist/bed-3",
  "#/checklist/bed-5",
  "#/pages",
  "#/status",
  "#/handover/bed-3",
];
/** Each sheet with the screen and the button that open it. */
const SHEETS: [hash: string, button: string][] = [
  ...[
    "ENTER CHECK",
    "CONCERNED",
    "SYMPTOMS",
    "SCREENING",
    "PLAN INFUSION",
    "PAUSE SOUND",
    "SOMEBODY IS HERE (no name)",
    "WATCH: confirm or end",
    "CORRECT Knee reflex 2+ normal",
    "UNLOCK",
  ].map((button): [string, string] => ["#/bed/bed-3", button]),
  ["#/alarms", "ACKNOWLEDGE"],
  ["#/alarms", "SHELVE"],
  ["#/alarms", "WHY IT RANG"],
  ["#/alarms", "COMING"],
  ["#/alarms", "I AM HERE"],
  ["#/pages", "PAGE AGAIN"],
  ["#/pages", "I PHONED"],
  ["#/checklist/bed-3", "START"],
  ["#/checklist/bed-3", "CLOSE THE LIST: reason and doctor"],
];

const at = stand("two_beds");
const open = (viewport: { width: number; height: number }, hash?: string): Promise<Page> => openAt(at, viewport, hash);

describe("the board in Chromium", () => {
  it("shows every bed with its worst alarm, and dashes for what is not known", async () => {
    const page = await open(DESK);
    expect(await page.locator("article.card").count()).toBe(6);
    const one = page.getByRole("article", { name: "L4 Bed 1" });
    expect(await one.locator(".finding").textContent()).toContain("CHECK BREATHING NOW");
    expect(await one.locator(".digits").first().textContent()).toBe("--");
    expect(await one.locator(".was").first().textContent()).toMatch(/^was 16\s+at \d\d:\d\d$/);
    expect(await page.getByText("SIMULATION - NOT A PATIENT").first().isVisible()).toBe(true);
  });

  it("takes alarms and values as they come", async () => {
    const page = await open(DESK);
    at.server.show("calm");
    await page.getByRole("article", { name: "L4 Bed 1" }).getByText("no alarm").waitFor();
    at.server.ward.frame.beds[0]!.place = '<img src=x onerror="document.title=1">';
    at.server.tell();
    await page.getByText('<img src=x onerror="document.title=1">').waitFor();
    expect(await page.locator("article img").count()).toBe(0);
  });

  it("says NOT LIVE after 20 s of silence, and shows no number any more", async () => {
    const context = await at.browser.newContext({ viewport: DESK });
    at.contexts.push(context);
    await context.clock.install();
    const page = await openPage(context, at.server.url, at.complaints);
    await page.locator('[data-live="live"]').waitFor();
    at.server.ward.silent = true;
    await page.clock.runFor(12_000);
    expect(await page.locator(".bar.amber").textContent()).toMatch(/Connection lost 1\d s/);
    expect(await page.locator(".digits:not(.unknown)").count()).toBeGreaterThan(10);
    await page.clock.runFor(9_000);
    expect(await page.locator(".bar.huge").textContent()).toContain("NOT LIVE - do not rely on this screen");
    expect(await page.locator(".digits:not(.unknown)").count()).toBe(0);
    expect(await page.locator("body").textContent()).not.toMatch(/1 g\/h ON/);
    expect(await page.title()).toContain("NOT LIVE");
    at.server.ward.silent = false;
    await page.clock.runFor(15_000);
    await page.locator('[data-live="live"]').waitFor();
    expect(await page.locator(".digits:not(.unknown)").count()).toBeGreaterThan(10);
  });

  it("comes back by itself with a whole snapshot after a restart of the server", async () => {
    const page = await open(DESK);
    at.server.ward.frame.beds.pop();
    at.server.drop();
    await expect.poll(() => page.locator("article.card").count(), { timeout: 60_000 }).toBe(5);
  });
});

describe("charting", () => {
  it("asks about a unit that fits another one better, and stores once what was said", async () => {
    const page = await open(PHONE, "#/bed/bed-5");
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    await page.getByLabel("Result").fill("9.5");
    await page.getByRole("button", { name: "mmol/L" }).click();
    await page.locator('[data-field="level_drawn"]').fill("00:10");
    await page.getByRole("button", { name: "SAVE", exact: true }).click();
    await page.getByText("Did you mean 9.5 mg/dL (3.91 mmol/L)?").waitFor();
    expect(at.server.ward.posted).toEqual([]);
    await page.getByRole("button", { name: /The laboratory wrote 9.5 mmol\/L/ }).click();
    await page.getByRole("button", { name: "SAVE", exact: true }).click();
    await unlock(page);
    at.server.ward.unconfirmed = 1;
    await page.getByRole("button", { name: "SAVE", exact: true }).click();
    await page.getByText(/Saved\. 9\.5 mmol\/L is far above/).waitFor();
    const entries = at.server.ward.posted.filter((p) => p.path === "/api/v1/entries");
    expect(entries.length).toBe(2);
    expect(entries[0]?.body["key"]).toBe(entries[1]?.body["key"]);
    expect(entries[0]?.body).toMatchObject({
      bed: "bed-5",
      person: "midwife",
      kind: "level",
      value: 9.5,
      unit: "mmol/L",
    });
  });

  it("asks for the PIN above a sheet, and loses nothing that was tapped", async () => {
    const page = await open(PHONE, "#/bed/bed-5");
    await page.getByRole("button", { name: "SYMPTOMS", exact: true }).click();
    await page.getByRole("button", { name: "slurred speech" }).click();
    await page.getByRole("button", { name: "SAVE", exact: true }).click();
    await unlock(page);
    await page.getByRole("button", { name: "SAVE", exact: true }).click();
    await page.getByText("Saved: recorded").waitFor();
    expect(at.server.ward.posted.at(-1)?.body["symptoms"]).toContain("slurred speech");
  });

  it("shows a refusal at its part, with nothing lost", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await unlockFirst(page);
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    await page.getByLabel("Counted for 60 s").fill("99");
    await page.keyboard.press("Control+Enter");
    const field = page.locator(".field", { has: page.getByLabel("Counted for 60 s") });
    await field.getByText(/NOT SAVED: value 99 .* Nothing was recorded/).waitFor();
    expect(await page.getByLabel("Counted for 60 s").inputValue()).toBe("99");
  });

  it("says NOT CONFIRMED when no answer came, and keeps its key for the next try", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await unlockFirst(page);
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    await page.getByLabel("Counted for 60 s").fill("14");
    at.server.ward.unconfirmed = 1000;
    await page.getByRole("button", { name: "SAVE", exact: true }).click();
    await page.getByText("NOT CONFIRMED, checking").waitFor();
    await page.getByText(/Write it on the paper chart/).waitFor({ timeout: 60_000 });
    at.server.ward.unconfirmed = 0;
    await page.getByRole("button", { name: "SAVE AGAIN" }).click();
    await page.getByText("Breaths 14/min: Saved").waitFor();
    const keys = new Set(at.server.ward.posted.filter((p) => p.path === "/api/v1/entries").map((p) => p.body["key"]));
    expect(keys.size).toBe(1);
  });

  it("acknowledges with a PIN each time, and answers with a tap on a name", async () => {
    const page = await open(PHONE, "#/alarms");
    await page.getByRole("button", { name: "ACKNOWLEDGE" }).first().click();
    await page.getByRole("button", { name: /A. Night/ }).click();
    await page.locator('input[type="password"]').fill("1");
    await page.keyboard.press("Enter");
    await page.getByText("name or PIN is wrong").waitFor();
    await page.locator('input[type="password"]').fill("246810");
    await page.keyboard.press("Enter");
    await page
      .getByText(/acknowledged by A. Night/)
      .first()
      .waitFor();
    await page.getByRole("button", { name: "COMING", exact: true }).first().click();
    await page.getByRole("button", { name: /Dr 2/ }).click();
    await expect.poll(() => at.server.ward.posted.at(-1)?.body).toEqual({ person: "anaesthetist", answer: "coming" });
  });

  it("takes a step of the checklist with a tap on a name", async () => {
    const page = await open(PHONE, "#/checklist/bed-3");
    await page.getByRole("button", { name: "START" }).click();
    await page.getByRole("button", { name: /C. Charge/ }).click();
    await page.getByRole("button", { name: /START NOW/ }).click();
    await expect
      .poll(() => at.server.ward.posted.at(-1)?.body)
      .toMatchObject({ person: "charge-midwife", step: "calcium", act: "start" });
    await page.locator(".ask").waitFor({ state: "detached" });
  });
});

describe("hands and eyes", () => {
  it("can be used by keys alone", async () => {
    const page = await open(DESK);
    await page.keyboard.press("5");
    await page.getByRole("heading", { name: "L4 Bed 5" }).waitFor();
    await page.keyboard.press("e");
    await page.getByRole("heading", { name: "L4 Bed 5 - new check" }).waitFor();
    await page.keyboard.press("0");
    const absent = page.getByRole("button", { name: "0 absent" });
    await expect.poll(() => absent.getAttribute("aria-pressed")).toBe("true");
    expect(await page.locator("dialog .bar.red").textContent()).toContain("L4 Bed 1: CHECK BREATHING NOW");
    await page.keyboard.press("Escape");
    expect(await page.locator("dialog").isVisible()).toBe(true);
    const inside = () =>
      page.evaluate(
        () => document.activeElement?.closest("dialog") !== null || document.activeElement === document.body,
      );
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press("Tab");
      expect(await inside()).toBe(true);
    }
    await page.getByRole("button", { name: "Cancel" }).press("Enter");
    await page.keyboard.press("b");
    await page.getByRole("article", { name: "L4 Bed 1" }).waitFor();
    await page.keyboard.press("a");
    await page.getByRole("heading", { name: /L4 Bed 1: acknowledge HIGH, CHECK BREATHING NOW/ }).waitFor();
  });

  it.each([
    ["desk", DESK],
    ["phone", PHONE],
  ])("has nothing too small to touch or to read, and nothing beyond the edge: %s", async (_name, viewport) => {
    const page = await open(viewport);
    for (const hash of SCREENS) {
      await page.goto(`${at.server.url}/${hash}`);
      await page.locator("main h1").first().waitFor({ state: "attached" });
      expect([hash, await tooSmall(page)]).toEqual([hash, []]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect([hash, wide <= 0]).toEqual([hash, true]);
    }
    for (const [hash, name] of SHEETS) {
      await page.goto(`${at.server.url}/${hash}`);
      await page.getByRole("button", { name, exact: true }).first().click();
      await page.locator("dialog[open], .ask").waitFor();
      expect([name, await tooSmall(page)]).toEqual([name, []]);
      const wide = await page.evaluate(() =>
        Math.max(0, ...Array.from(document.querySelectorAll("dialog, .ask"), (one) => one.scrollWidth - one.clientWidth)),
      );
      expect([name, wide]).toEqual([name, 0]);
      await page.getByRole("button", { name: /^(Cancel|Keep it open|CLOSE)$/ }).click();
    }
  });

  it("shows twelve quiet beds on one screen without scrolling", async () => {
    at.server.ward.show("calm");
    const beds = at.server.ward.frame.beds;
    for (const bed of [...beds])
      beds.push({ ...bed, alias: `bed-${beds.length + 1}`, place: `L4 Bed ${beds.length + 1}`, alarms: [] });
    const page = await open(DESK);
    expect(await page.locator("article.card").count()).toBe(12);
    const bottom = await page
      .locator("article.card")
      .last()
      .evaluate((card) => card.getBoundingClientRect().bottom);
    expect(bottom).toBeLessThanOrEqual(DESK.height);
  });

  it.each(["day", "night"])("has no violation that axe knows, on every screen and sheet: %s", async (light) => {
    const page = await open(DESK);
    await page.mouse.click(3, 3);
    if (light === "night") await page.getByRole("button", { name: "NIGHT" }).click();
    const found: string[] = [];
    for (const hash of SCREENS) {
      await page.goto(`${at.server.url}/${hash}`);
      await page.locator("main h1").first().waitFor({ state: "attached" });
      found.push(...(await violations(page, hash)));
    }
    for (const [hash, name] of SHEETS) {
      await page.goto(`${at.server.url}/${hash}`);
      await page.getByRole("button", { name, exact: true }).first().click();
      await page.locator("dialog[open], .ask").waitFor();
      found.push(...(await violations(page, name)));
      await page.getByRole("button", { name: /^(Cancel|Keep it open|CLOSE)$/ }).click();
    }
    expect(found).toEqual([]);
  });
});
