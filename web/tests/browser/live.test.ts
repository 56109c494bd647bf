// A screen is honest about its age, whatever happens to server, connection and clock: amber at 10 s, NOT LIVE at 20 s, and
// no number drawn as live after that. The page's own clocks are turned by the test; nothing here waits for a machine.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { DevServer } from "../../dev/serve";
import { DESK, openPage } from "./browser";
import { stand, violations } from "./ward";

const at = stand("two_beds");
/** The fault begins at other moments of heartbeat, clock and reconnect. */
const PHASES_MS = [0, 700, 1300, 2900, 5100];

async function open(): Promise<Page> {
  const context = await at.browser.newContext({ viewport: DESK, reducedMotion: "reduce" });
  at.contexts.push(context);
  await context.clock.install();
  const page = await openPage(context, `${at.server.url}/#/board`, at.complaints);
  await page.locator('[data-live="live"]').waitFor();
  return page;
}

const numbers = (page: Page) => page.locator(".digits:not(.unknown)").count();

/** No word from the server from now on: each second is judged as the board shows it. */
async function age(page: Page): Promise<void> {
  let amber = 0;
  let lost = 0;
  for (let second = 1; second <= 24 && lost === 0; second++) {
    await page.clock.runFor(1000);
    if (amber === 0 && (await page.locator(".bar.amber").count()) > 0) amber = second;
    if ((await page.locator(".bar.huge").count()) > 0) lost = second;
  }
  expect(amber).toBeGreaterThan(0);
  expect(amber).toBeLessThanOrEqual(11); // the second in which ten are full, and the tick that draws it
  expect(lost).toBeGreaterThan(amber);
  expect(lost).toBeLessThanOrEqual(21);
  expect(await numbers(page)).toBe(0);
  expect(await page.locator(".spark path").count()).toBe(0);
  expect(await page.locator("main").textContent()).not.toMatch(/\d g\/h ON|due in \d/);
}

/** The server says one word more, which arrives, and then none: nothing that it said before is under way any more. */
async function silence(page: Page, server: DevServer): Promise<void> {
  // The test ran the page's clocks ahead of the server's, which is a lag: with a change that it missed the page asks for a
  // snapshot, and its age begins from there.
  server.ward.frame.beds[1]!.place = "L4 Bed 2 as it was before";
  server.ward.sequence++;
  server.tell();
  await page.getByText("L4 Bed 2 as it was before").waitFor();
  server.ward.frame.beds[1]!.place = "L4 Bed 2 as it was last";
  server.tell();
  server.ward.silent = true;
  await page.getByText("L4 Bed 2 as it was last").waitFor();
}

/** Live again by itself, with everything as the server has it by then. */
async function back(page: Page, server: DevServer): Promise<void> {
  server.ward.frame.beds[1]!.place = "L4 Bed 2 as it is now";
  server.ward.silent = false;
  await expect
    .poll(
      async () => {
        await page.clock.runFor(1000);
        return page.locator('[data-live="live"]').count();
      },
      { timeout: 60_000, interval: 50 },
    )
    .toBe(1);
  await page.getByText("L4 Bed 2 as it is now").waitFor();
  expect(await numbers(page)).toBeGreaterThan(10);
}

describe.each(PHASES_MS)("%i ms after a heartbeat", (phase) => {
  it("a frozen server: connected, and not a word", async () => {
    const page = await open();
    await page.clock.runFor(phase);
    await silence(page, at.server);
    await age(page);
    await back(page, at.server);
  });

  it("a killed server: the connection breaks, and nobody answers", async () => {
    const page = await open();
    await page.clock.runFor(phase);
    await silence(page, at.server);
    at.server.drop();
    await age(page);
    await back(page, at.server);
  });

  it("a cut network: neither words nor answers", async () => {
    const page = await open();
    await page.clock.runFor(phase);
    await silence(page, at.server);
    await page.context().setOffline(true);
    await age(page);
    await page.context().setOffline(false);
    at.server.drop(); // what was cut does not heal by itself
    await back(page, at.server);
  });

  it("a PC that slept: nothing of before is shown as now, in the first moment after it", async () => {
    const page = await open();
    await page.clock.runFor(phase);
    await silence(page, at.server);
    // While a machine sleeps its steady clock stands still, and the wall clock goes on.
    const before = await page.evaluate(() => Date.now());
    await page.clock.setSystemTime(before + 3_600_000);
    await page.clock.runFor(250);
    expect(await page.locator(".bar.huge").count()).toBe(1);
    expect(await numbers(page)).toBe(0);
    await back(page, at.server);
  });

  it("a clock that was set back: the age goes on, and so do the times of the ward", async () => {
    const page = await open();
    await page.clock.runFor(phase);
    const minutes = async () => {
      const [h = "", m = ""] = ((await page.locator(".top .clock").textContent()) ?? "").split(":");
      return Number(h) * 60 + Number(m);
    };
    const shown = await minutes();
    const before = await page.evaluate(() => Date.now());
    await page.clock.setSystemTime(before - 3_600_000);
    await page.clock.runFor(1000);
    const gone = (await minutes()) - shown;
    expect((gone + 1440) % 1440).toBeLessThanOrEqual(2); // an hour back would be 1380
    await silence(page, at.server);
    await age(page);
    await back(page, at.server);
  });
});

it("a server that was stopped on purpose: nothing is shown as now from its last word on", async () => {
  const page = await open();
  const { frame } = at.server.ward;
  const running = frame.status;
  frame.status = { ...running, stopping: { at: new Date().toISOString(), by: "systemd" } };
  at.server.tell();
  await page.getByText(/NOT LIVE - do not rely on this screen: monitoring was stopped on purpose at \d\d:\d\d/).waitFor();
  expect(await numbers(page)).toBe(0);
  frame.status = running;
  await silence(page, at.server);
  at.server.drop();
  await back(page, at.server);
});

describe("before the first word of the server", () => {
  it("shows the beds that it knows by name, the word Loading and no digit, and after 5 s why", async () => {
    const context = await at.browser.newContext({ viewport: DESK, reducedMotion: "reduce" });
    at.contexts.push(context);
    const first = await openPage(context, `${at.server.url}/#/board`, at.complaints);
    await first.locator('[data-live="live"]').waitFor();
    await first.close();
    at.server.ward.silent = true;
    at.server.ward.starting = "starting";
    await context.clock.install();
    const page = await openPage(context, `${at.server.url}/#/board`, at.complaints);
    await page.getByRole("article", { name: "L4 Bed 3, loading" }).waitFor();
    expect(await page.locator("article.card").count()).toBe(6);
    expect(await page.locator("article.card").allTextContents()).toEqual([1, 2, 3, 4, 5, 6].map((n) => `L4 Bed ${n}Loading`));
    expect(await page.locator("nav").textContent()).toContain("ALARMS --"); // none is not known either
    expect(await page.locator("main").textContent()).not.toContain("Why");
    expect(await violations(page, "loading")).toEqual([]);
    await page.clock.runFor(6000);
    await page.getByText("Why it takes so long: starting.").waitFor();
    at.server.ward.starting = null;
    await page.clock.runFor(6000);
    await page.getByText("the server answers, but its live stream does not come through").waitFor();
    at.server.ward.silent = false;
    await page.clock.runFor(12_000);
    await page.locator('[data-live="live"]').waitFor();
    expect(await page.getByText("Loading").count()).toBe(0);
  });

  it("names no bed where it never showed one", async () => {
    at.server.ward.silent = true;
    const context = await at.browser.newContext({ viewport: DESK });
    at.contexts.push(context);
    const page = await openPage(context, `${at.server.url}/#/board`, at.complaints);
    await page.locator("article.loading").first().waitFor();
    expect(await page.locator("article.card").allTextContents()).toEqual(["Loading", "Loading", "Loading"]);
  });
});

describe("two boards in two browsers", () => {
  it("show the same, and what one does the other shows", async () => {
    const one = await open();
    const other = await open();
    for (const page of [one, other]) await page.goto(`${at.server.url}/#/alarms`);
    await one.getByRole("button", { name: "ACKNOWLEDGE" }).first().click();
    await one.getByRole("button", { name: /A. Night/ }).click();
    await one.locator('input[type="password"]').fill("246810");
    await one.keyboard.press("Enter");
    await other.getByText(/acknowledged by A. Night/).waitFor();
    expect(await other.locator("li.alarm").allTextContents()).toHaveLength(await one.locator("li.alarm").count());
  });
});

describe("what comes from outside", () => {
  const SCRIPT = '<img src=x onerror="document.title=1"><script>document.title=2</script>{{7*7}}';

  it("is text on every screen and sheet, wherever it stands", async () => {
    const { frame } = at.server.ward;
    const bed = frame.beds[2]!;
    bed.place = SCRIPT;
    bed.concerned = { at: frame.at, by: SCRIPT, note: SCRIPT };
    bed.somebody_here = { at: frame.at, station: SCRIPT };
    bed.events = [{ event: SCRIPT, drug: SCRIPT, at: frame.at, by: SCRIPT }];
    bed.symptoms = [{ symptom: SCRIPT, group: "stop", at: frame.at, by: SCRIPT }];
    for (const check of bed.checks) check.title = SCRIPT;
    for (const alarm of frame.alarms) Object.assign(alarm, { message: SCRIPT, prompt: SCRIPT, title: SCRIPT });
    for (const page of frame.pages) Object.assign(page, { words: [SCRIPT], channel: SCRIPT, place: SCRIPT });
    for (const call of frame.calls) call.person = SCRIPT;
    for (const step of bed.checklist?.steps ?? []) step.words = SCRIPT;
    frame.status.faults = [{ fault: "x", detail: SCRIPT }];
    at.server.ward.chartOf("bed-3")[2]!.text = SCRIPT;
    at.server.ward.chartOf("bed-3")[2]!.note = SCRIPT;
    const context = await at.browser.newContext({ viewport: DESK });
    at.contexts.push(context);
    const page = await openPage(context, at.server.url, at.complaints);
    await page.locator('[data-live="live"]').waitFor();
    const screens = ["board", "alarms", "bed/bed-3", "checklist/bed-3", "pages", "status", "handover/bed-3"];
    for (const hash of screens) {
      await page.goto(`${at.server.url}/#/${hash}`);
      await page.locator("main").getByText(SCRIPT).first().waitFor({ state: "attached" });
      expect([hash, await page.locator("img, main script").count()]).toEqual([hash, 0]);
    }
    await page.goto(`${at.server.url}/#/bed/bed-3`);
    await page.getByRole("button", { name: `CORRECT ${SCRIPT}` }).click();
    await page.locator("dialog").getByText(SCRIPT).first().waitFor();
    expect(await page.locator("img, main script, dialog script").count()).toBe(0);
    expect(await page.title()).toMatch(/magwatch/);
  });
});
