// The board before the real daemon of the demo ward, in the hands of its staff. Each story has a bed of its own.
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Bed, Call } from "../../src/api/types";
import { DESK, PHONE, openPage, startBrowser } from "../browser/browser";
import { type Demo, startDemo } from "./demo";

const BIN = process.env["MAGWATCH_BIN"] ?? "../build/dev/bin";
const PIN = "246810";

let browser: Browser;
let demo: Demo;
const contexts: BrowserContext[] = [];
const complaints: string[] = [];

beforeAll(async () => {
  [browser, demo] = await Promise.all([startBrowser(), startDemo(BIN)]);
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
  expect(complaints).toEqual([]);
});
afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

async function open(viewport: { width: number; height: number }, hash: string): Promise<Page> {
  const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
  context.setDefaultTimeout(60_000);
  contexts.push(context);
  const page = await openPage(context, `${demo.url}/${hash}`, complaints);
  await page.locator('[data-live="live"]').waitFor();
  return page;
}

/** Taps a name; with a PIN where one is asked for. */
async function as(page: Page, name: RegExp, button?: string, pin = PIN): Promise<void> {
  const sheet = page.locator("dialog[open]").last();
  await sheet.locator(".people").getByRole("button", { name }).click();
  if (button === undefined) return;
  await sheet.locator('input[type="password"]').fill(pin);
  await sheet.getByRole("button", { name: button }).click();
}

async function unlock(page: Page, name = /SIMULATION midwife/): Promise<void> {
  await page.getByRole("button", { name: "UNLOCK" }).click();
  await as(page, name, "UNLOCK");
  await page.getByRole("button", { name: "LOCK", exact: true }).waitFor();
}

async function save(page: Page): Promise<void> {
  const sheet = page.locator("dialog[open]");
  await sheet.getByRole("button", { name: "SAVE", exact: true }).click();
  await sheet.getByText(/Saved/).first().waitFor();
  await sheet.getByRole("button", { name: "CLOSE", exact: true }).click();
  await sheet.waitFor({ state: "detached" });
}

async function chart(page: Page, bed: string, grade: RegExp, site: string, breaths?: string): Promise<void> {
  await page.goto(`${demo.url}/#/bed/${bed}`);
  await page.getByRole("button", { name: "ENTER CHECK" }).click();
  await page.getByRole("button", { name: grade }).click();
  await page.getByRole("button", { name: site, exact: true }).click();
  if (breaths !== undefined) await page.getByLabel("Counted for 60 s").fill(breaths);
  await save(page);
}

/** What the daemon itself says, beside what the board shows. */
async function asked<T>(path: string): Promise<T> {
  return (await (await fetch(`${demo.url}/api/v1/${path}`)).json()) as T;
}

async function callOf(bed: string): Promise<Call | undefined> {
  return (await asked<{ calls: Call[] }>("calls")).calls.find((c) => c.bed === bed && c.kind === "physiological");
}

/** One step of the checklist: its first button, then whatever is asked. */
async function take(page: Page, step: Locator): Promise<void> {
  await step.locator("button.primary").first().click();
  const ask = page.locator(".ask");
  if ((await ask.locator("input.long").count()) > 0) await ask.locator("input.long").fill("restart no, Dr Demo");
  await ask.getByRole("button", { name: /SIMULATION midwife/ }).click();
  if ((await step.locator(".give").count()) > 0) {
    await ask.getByText(/over/).first().waitFor();
    await ask.getByRole("button", { name: /SIMULATION charge/i }).click();
    await ask.locator('input[type="password"]').fill(PIN);
    await ask.getByRole("button", { name: "START, checked by two" }).click();
  }
  await ask.waitFor({ state: "detached" });
  await step.locator(".tap").waitFor();
}

describe("a toxicity", () => {
  it("flashes, rings on while somebody is coming, and is treated step by step until the recurrence watch", async () => {
    const desk = await open(DESK, "#/board");
    const phone = await open(PHONE, "#/bed/bed-2");
    const card = desk.getByRole("article", { name: /Bed 2/ });
    await card.getByText("no alarm").waitFor();

    await desk.getByRole("button", { name: "UNLOCK" }).click();
    await as(desk, /SIMULATION midwife/, "UNLOCK", "135790");
    await desk.locator("dialog[open] [role=alert]").first().waitFor();
    await desk.locator('input[type="password"]').fill(PIN);
    await desk.locator("dialog[open]").getByRole("button", { name: "UNLOCK" }).click();
    await desk.getByRole("button", { name: "LOCK", exact: true }).waitFor();
    await chart(desk, "bed-2", /0 absent/, "knee", "7");
    await desk.goto(`${demo.url}/#/board`);

    await card.locator(".band.high.flash").waitFor();
    await phone.getByText(/No reflexes|Slow breathing/).first().waitFor();
    await expect.poll(async () => (await callOf("bed-2"))?.sounding).toBe(true);

    await phone.getByRole("button", { name: "COMING", exact: true }).first().click();
    await as(phone, /SIMULATION doctor/);
    await card.getByText(/is COMING, not here yet/).waitFor();
    expect((await callOf("bed-2"))?.sounding).toBe(true);
    expect(await card.locator(".band.high.flash").count()).toBe(1);

    await phone.getByRole("button", { name: "I AM HERE", exact: true }).first().click();
    await as(phone, /SIMULATION doctor/);
    await card.getByText(/AT THE BED/).waitFor();

    await card.getByRole("link", { name: "CHECKLIST" }).click();
    await desk.getByText("POSSIBLE MAGNESIUM TOXICITY").waitFor();
    const steps = desk.locator("li.step");
    await desk.locator("li.step .give").first().waitFor();
    const numbers = await steps.locator(".number").allTextContents();
    for (const number of [...numbers].sort((a, b) => Number(a) - Number(b))) {
      const step = steps.filter({ has: desk.locator(".number", { hasText: new RegExp(`^${number}$`) }) });
      await take(desk, step);
    }
    const dose = steps.filter({ has: desk.locator(".give") }).first();
    await dose.getByText(/\d:\d\d left/).waitFor();
    expect(await desk.getByText("Second check MISSING").count()).toBe(0);
    await phone.goto(`${demo.url}/#/checklist/bed-2`);
    await phone.getByText(/START \d\d:\d\d SIMULATION midwife/).waitFor();

    await phone.goto(`${demo.url}/#/bed/bed-2`);
    await phone.getByText(/Watch for recurrence until \d\d:\d\d/).waitFor();
    await phone.getByText(/STOPPED \d\d:\d\d/).first().waitFor();
  });

  it("is none under an epidural while the arm answers, and is one when it does not", async () => {
    const desk = await open(DESK, "#/board");
    await unlock(desk);
    await chart(desk, "bed-4", /2\+ normal/, "arm");
    await chart(desk, "bed-4", /0 absent/, "knee");
    const knee = async () =>
      (await asked<{ bed: Bed }>("beds/bed-4")).bed.signals.find((s) => s.signal === "reflex_knee")?.value;
    await expect.poll(knee).toBe(0);
    const alarms = async () =>
      (await asked<{ bed: Bed }>("beds/bed-4")).bed.alarms.filter((a) => a.rule.includes("reflex-absent")).length;
    expect(await alarms()).toBe(0);
    await chart(desk, "bed-4", /0 absent/, "arm");
    await expect.poll(alarms).toBeGreaterThan(0);
    await desk.locator(".band.high.flash").first().waitFor();

    // Why it rang: the rule in words, and the arm that it read, not the knee.
    await desk.goto(`${demo.url}/#/alarms`);
    const row = desk.locator("li.alarm.high", { hasText: "Bed 4" }).first();
    await row.getByRole("button", { name: "WHY IT RANG" }).click();
    const why = desk.locator("dialog[open]");
    await why.locator(".rule-text", { hasText: /raised when .*reflex/ }).waitFor();
    await why.getByText(/version \S+/).first().waitFor();
    const read = why.getByRole("row", { name: /^tendon reflex/ }).locator("td");
    await expect.poll(async () => (await read.allTextContents())[1]).toBe("0 absent");
    await why.getByRole("button", { name: "CLOSE" }).click();
    expect(await row.getByRole("button", { name: "SHELVE", exact: true }).count()).toBe(0);
    const boards = async () => (await (await fetch(`${demo.url}/metrics`)).text()).match(/^magwatch_boards_sound\{.*\} [1-9]/m);
    await expect.poll(boards, { timeout: 60_000 }).not.toBeNull();
  });
});

describe("the entry sheet", () => {
  it("asks, refuses with the reason at the field, and stores what was meant", async () => {
    const page = await open(DESK, "#/bed/bed-6");
    await unlock(page);
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    const sheet = page.locator("dialog[open]");
    const field = (name: string) => sheet.locator(`[data-field="${name}"]`);
    await sheet.getByText(/^More:/).click();
    const typed = { sbp: "140", bolus: "4", rate: "25", level: "9.5", creatinine: "88", calcium: "2.1", urine: "a lot" };
    for (const [name, value] of Object.entries(typed)) await field(name).fill(value);
    await field("reflex_reason").fill("plaster");
    await sheet.getByRole("button", { name: "1+ weak" }).click();
    await sheet.getByRole("button", { name: "SAVE", exact: true }).click();
    for (const words of [
      "not both",
      "Urine must be a number",
      "Choose the unit that the laboratory wrote. It is never guessed.",
      "Both numbers are needed",
      "Choose the unit of the rate",
      "Over how many minutes?",
      "When was the sample taken?",
    ])
      await sheet.getByText(words, { exact: false }).first().waitFor();

    for (const name of ["bolus", "rate", "creatinine", "calcium", "reflex_reason", "urine", "sbp"]) await field(name).fill("");
    await sheet.getByRole("button", { name: "1+ weak" }).click();
    await field("level_unit").getByRole("button", { name: "mmol/L" }).click();
    await field("level_drawn").fill("00:10");
    await sheet.getByRole("button", { name: "SAVE", exact: true }).click();
    await sheet.getByText("Did you mean 9.5 mg/dL (3.91 mmol/L)?").waitFor();
    await field("level").fill("25");
    await sheet.getByRole("button", { name: "SAVE", exact: true }).click();
    await sheet.getByRole("button", { name: /The laboratory wrote 25 mmol\/L/ }).click();
    await field("rr").fill("199");
    await field("gcs").fill("2");
    await field("sbp").fill("400");
    await field("dbp").fill("90");
    await sheet.getByRole("button", { name: "SAVE", exact: true }).click();
    for (const title of [/Breaths 199\/min: NOT SAVED/, /Glasgow 2: NOT SAVED/, /Pressure 400\/90: NOT SAVED/])
      await sheet.getByText(title).waitFor();
    await sheet.getByText(/Magnesium 25 mmol\/L: NOT SAVED: .*did you mean 25 mg\/dL/).waitFor();
    expect(await sheet.locator(".results .saved").count()).toBe(0);

    await field("level").fill("3.9");
    await field("rr").fill("16");
    await field("gcs").fill("15");
    await field("sbp").fill("140");
    await sheet.getByRole("button", { name: "SAVE AGAIN" }).click();
    await expect.poll(() => sheet.locator(".results .saved").count()).toBe(4);
    await sheet.getByRole("button", { name: "CLOSE", exact: true }).click();
    await page.locator(".chart").getByText(/3\.9 mmol\/L/).waitFor();
    expect(await page.locator(".chart li").filter({ hasText: /199|400/ }).count()).toBe(0);
  });

  it("and an acknowledgement are done by keys alone", async () => {
    const page = await open(DESK, "#/board");
    const tabTo = async (what: Locator) => {
      for (let n = 0; n < 120; n++) {
        if (await what.evaluate((one) => one === document.activeElement)) return;
        await page.keyboard.press("Tab");
      }
      throw new Error("the focus never came there");
    };
    const pin = async () => {
      await tabTo(page.locator("dialog[open]").last().locator(".people").getByRole("button", { name: /midwife/ }).first());
      await page.keyboard.press("Enter");
      await tabTo(page.locator('input[type="password"]'));
      await page.keyboard.type(PIN);
      await page.keyboard.press("Enter");
    };
    await page.keyboard.press("1");
    await page.getByRole("heading", { name: /Bed 1/ }).first().waitFor();
    await page.keyboard.press("e");
    await page.getByRole("heading", { name: /new check/ }).waitFor();
    await page.keyboard.press("0");
    await tabTo(page.getByRole("button", { name: "knee", exact: true }));
    await page.keyboard.press("Space");
    await page.keyboard.press("Control+Enter");
    await page.getByRole("heading", { name: /Unlock/ }).waitFor();
    await pin();
    await page.getByRole("button", { name: "LOCK", exact: true }).waitFor({ state: "attached" });
    await page.keyboard.press("Control+Enter");
    await page.locator("dialog[open]").getByText(/Saved/).waitFor();
    await tabTo(page.getByRole("button", { name: "CLOSE", exact: true }));
    await page.keyboard.press("Enter");
    await page.locator(".band.high.flash").first().waitFor();
    await page.keyboard.press("a");
    await page.getByRole("heading", { name: /acknowledge HIGH/ }).waitFor();
    await pin();
    await page.getByText(/acknowledged by SIMULATION midwife/).first().waitFor();
  });
});

describe("the acts beside it", () => {
  it("correct an entry and keep both, call for help without a number, page again and tell what was phoned", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await unlock(page);
    await chart(page, "bed-5", /3\+ brisk/, "knee");
    const wrong = page.locator(".chart li", { hasText: /reflex 3/ });
    await wrong.getByRole("button").click();
    await page.getByRole("button", { name: "wrong value" }).click();
    await page.getByRole("button", { name: "ENTER THE RIGHT ONE" }).click();
    await page.getByRole("button", { name: "2+ normal" }).click();
    await page.getByRole("button", { name: "knee", exact: true }).click();
    await save(page);
    await wrong.locator("s").waitFor();
    await wrong.getByText(/WRONG: wrong value\. Corrected by SIMULATION midwife/).waitFor();
    await page.locator(".chart li", { hasText: "corrected entry" }).getByText(/reflex 2/).waitFor();

    await page.getByRole("button", { name: "CONCERNED", exact: true }).click();
    await page.getByLabel(/What do you see/).fill("grey");
    await as(page, /SIMULATION midwife/);
    await page.locator(".band.medium.flash").waitFor();
    await page.getByText(/is concerned since .*grey/).waitFor();

    await page.getByRole("button", { name: "SOMEBODY IS HERE (no name)" }).click();
    await page.locator("dialog").getByRole("button", { name: "SOMEBODY IS HERE (no name)" }).click();
    await page.getByText(/I am here \(no name/).waitFor();
    expect((await callOf("bed-5"))?.state).toBe("calling");

    await page.goto(`${demo.url}/#/pages`);
    const row = page.locator("li.alarm", { hasText: "Bed 5" });
    await row.getByRole("button", { name: "I PHONED" }).click();
    await page.locator('[data-field="to"]').getByRole("button", { name: /doctor/ }).first().click();
    await page.locator('[data-field="answer"]').getByRole("button", { name: "COMING", exact: true }).click();
    await as(page, /SIMULATION midwife/);
    await row.getByText(/by telephone/).waitFor();
    await row.getByRole("button", { name: "PAGE AGAIN" }).click();
    await as(page, /SIMULATION midwife/);
    await expect
      .poll(async () => (await asked<{ pages: { reason: string }[] }>("pages")).pages.some((p) => p.reason === "again"))
      .toBe(true);
  });
});

describe("a server that is not there", () => {
  it("is told as amber and NOT LIVE when it freezes or dies, and all comes back by itself", async () => {
    const one = await open(DESK, "#/board");
    const other = await open(PHONE, "#/alarms");
    const digits = (page: Page) => page.locator(".digits:not(.unknown)").count();
    const lost = async () => {
      const bar = (page: Page, kind: string, words: string) =>
        page.locator(`.bar.${kind}`, { hasText: words }).waitFor({ timeout: 60_000 });
      await Promise.all([one, other].map((page) => bar(page, "amber", "Connection lost 1")));
      await Promise.all([one, other].map((page) => bar(page, "huge", "NOT LIVE")));
      expect(await digits(one)).toBe(0);
    };
    const live = async () => {
      for (const page of [one, other]) await page.locator('[data-live="live"]').waitFor();
      await expect.poll(() => digits(one), { timeout: 60_000 }).toBeGreaterThan(10);
    };
    const frozen = demo.daemon();
    process.kill(frozen, "SIGSTOP");
    await lost();
    process.kill(frozen, "SIGCONT");
    await live();

    const started = (await asked<{ started: string }>("status")).started;
    process.kill(demo.director, "SIGSTOP"); // who would start it again at once
    process.kill(demo.daemon(), "SIGKILL");
    await lost();
    process.kill(demo.director, "SIGCONT");
    await live();
    expect((await asked<{ started: string }>("status")).started).not.toBe(started);
    await one.goto(`${demo.url}/#/checklist/bed-2`);
    await one.getByText(/DONE \d\d:\d\d SIMULATION midwife/).first().waitFor();
  });
});
