// What the tests of the board in Chromium share: a small server, a browser, hands and eyes.
import AxeBuilder from "@axe-core/playwright";
import type { Browser, BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type DevServer, serve } from "../../dev/serve";
import type { FrameName } from "../../dev/ward";
import { wardOffset } from "../clock";
import { openPage, startBrowser } from "./browser";

export const ROOT = process.env["MAGWATCH_WEB_DIST"] ?? "dist";

export interface Stand {
  browser: Browser;
  server: DevServer;
  complaints: string[];
  contexts: BrowserContext[];
}

/** A server for each test and one browser for the file. Any error, refused content or request elsewhere fails the test. */
export function stand(frame: FrameName): Stand {
  const now = { complaints: [], contexts: [] } as unknown as Stand;
  beforeAll(async () => {
    now.browser = await startBrowser();
  });
  afterAll(async () => {
    await now.browser?.close();
  });
  beforeEach(async () => {
    now.server = await serve(ROOT, 0, frame, wardOffset());
    now.complaints = [];
  });
  afterEach(async () => {
    for (const context of now.contexts.splice(0)) await context.close();
    await now.server?.close();
    expect(now.complaints).toEqual([]);
  });
  return now;
}

export async function open(
  at: Stand,
  viewport: { width: number; height: number },
  hash = "#/board",
  more: { hasTouch?: boolean } = {},
): Promise<Page> {
  const context = await at.browser.newContext({ viewport, reducedMotion: "reduce", ...more });
  at.contexts.push(context);
  const page = await openPage(context, `${at.server.url}/${hash}`, at.complaints);
  await page.locator('[data-live="live"]').waitFor();
  return page;
}

export async function unlock(page: Page, name = /A. Night/): Promise<void> {
  await page.getByRole("button", { name }).click();
  await page.locator('input[type="password"]').fill("246810");
  await page.locator("dialog").getByRole("button", { name: "UNLOCK" }).click();
}

/** Unlocks before anything else is done, and waits until the board knows. */
export async function unlockFirst(page: Page, name = /A. Night/): Promise<void> {
  await page.getByRole("button", { name: "UNLOCK" }).click();
  await unlock(page, name);
  await page.getByRole("button", { name: "LOCK", exact: true }).waitFor();
}

/** What a thumb in a glove cannot hit, and what old eyes cannot read: its words and size. */
export async function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const seen = (one: Element) => {
      const box = one.getBoundingClientRect();
      return box.width > 0 && box.height > 0 && (one as HTMLElement).offsetParent !== null;
    };
    // Acknowledging, entering and the checklist are done in a hurry and with gloves.
    const tall = (one: Element) =>
      one.closest("dialog, .checklist") !== null || /ACKNOWLEDGE|ENTER|CONCERNED/.test(one.textContent ?? "");
    const words = (one: Element) => (one.textContent || one.tagName).slice(0, 40);
    const touched = Array.from(document.querySelectorAll("button, a, input, summary"))
      .filter((one) => seen(one))
      .map((one) => ({ one, box: one.getBoundingClientRect(), least: tall(one) ? 71.9 : 47.9 }))
      .filter(({ box, least }) => box.width < 47.9 || box.height < least)
      .map(({ one, box, least }) => `${words(one)}: ${Math.round(box.width)} x ${Math.round(box.height)} of ${least}`);
    const read = Array.from(document.querySelectorAll("body *"))
      .filter((one) => Array.from(one.childNodes).some((n) => n.nodeType === 3 && n.textContent?.trim()))
      .filter((one) => seen(one) && !one.matches(".unseen"))
      .filter((one) => Number.parseFloat(getComputedStyle(one).fontSize) < 17.9)
      .map((one) => `${words(one)}: ${getComputedStyle(one).fontSize}`);
    return [...touched, ...read];
  });
}

/** Which of these colours, each "red,green,blue", a canvas has. */
export async function shades(canvas: Locator, colours: string[]): Promise<string[]> {
  const found = await canvas.evaluate((one) => {
    const { width, height } = one as HTMLCanvasElement;
    const data = (one as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
    const seen = new Set<string>();
    for (let i = 0; i < data.length; i += 4) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
    return [...seen];
  });
  return colours.filter((colour) => found.includes(colour));
}

/** How many dots of a canvas are covered by how much ink, from 0 to 255. */
export async function inkOf(canvas: Locator): Promise<number[]> {
  return canvas.evaluate((one) => {
    const { width, height } = one as HTMLCanvasElement;
    const data = (one as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
    const count = new Array<number>(256).fill(0);
    for (let i = 3; i < data.length; i += 4) count[data[i] ?? 0] = (count[data[i] ?? 0] ?? 0) + 1;
    return count;
  });
}

/** Every violation that axe-core finds, each with where it stands. */
export async function violations(page: Page, where: string): Promise<string[]> {
  const found = await new AxeBuilder({ page }).analyze();
  return found.violations.map((v) => {
    const nodes = v.nodes.map((n) => n.target.join(" ")).slice(0, 3);
    return `${where}: ${v.id}: ${nodes.join(" | ")}`;
  });
}
