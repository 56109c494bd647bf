import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
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
afterAll(async () => {
  for (const context of contexts) await context.close();
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
  await page.locator("dialog[open]").getByRole("button", { name }).click();
  if (button === undefined) return;
  await page.locator('input[type="password"]').fill(pin);
  await page.locator("dialog[open]").getByRole("button", { name: button }).click();
}

it("charts a lost reflex, rings, is answered from a telephone, and goes through the checklist", async () => {
  const desk = await open(DESK, "#/board");
  const phone = await open(PHONE, "#/bed/bed-3");
  expect(await desk.locator("article.card").count()).toBe(6);
  const card = desk.getByRole("article", { name: /Bed 3/ });
  await card.getByText("no alarm").waitFor();

  await desk.getByRole("button", { name: "UNLOCK" }).click();
  await as(desk, /SIMULATION midwife/, "UNLOCK", "135790");
  await desk.locator("dialog[open] [role=alert]").first().waitFor();
  await desk.locator('input[type="password"]').fill(PIN);
  await desk.locator("dialog[open]").getByRole("button", { name: "UNLOCK" }).click();
  await desk.getByRole("button", { name: "LOCK", exact: true }).waitFor();

  await card.getByRole("button", { name: "ENTER" }).click();
  await desk.getByRole("button", { name: "0 absent" }).click();
  await desk.getByRole("button", { name: "knee", exact: true }).click();
  await desk.getByRole("button", { name: "SAVE", exact: true }).click();
  await desk.locator("dialog[open]").getByText("Saved").waitFor();
  await desk.getByRole("button", { name: "CLOSE", exact: true }).click();
  await card.getByText("No reflexes").waitFor();
  await phone.getByText("No reflexes").first().waitFor();

  await phone.getByRole("button", { name: "COMING", exact: true }).first().click();
  await as(phone, /SIMULATION doctor/);
  await card.getByText(/coming/i).first().waitFor();
  await card.getByText("No reflexes").waitFor();

  await phone.getByRole("button", { name: "I AM HERE", exact: true }).first().click();
  await as(phone, /SIMULATION doctor/);
  await card.getByText(/AT THE BED/).waitFor();

  await card.getByRole("link", { name: "CHECKLIST" }).click();
  await desk.getByText("POSSIBLE MAGNESIUM TOXICITY").waitFor();
  await desk.getByRole("button", { name: "STOPPED" }).click();
  await desk.locator(".ask").getByRole("button", { name: /SIMULATION midwife/ }).click();
  await desk.getByText(/DONE \d\d:\d\d SIMULATION midwife/).waitFor();
  await phone.getByText(/SIMULATION midwife is AT THE BED/).first().waitFor();
  expect(complaints).toEqual([]);
}, 300_000);
