// Pictures of every screen for the eye of a person: vite-node dev/screenshots.ts -- DIST OUT
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DESK, PHONE, openPage, startBrowser } from "../tests/browser/browser";
import { serve } from "./serve";

const [root = "dist", out = "shots"] = process.argv.slice(-2);
const SCREENS: [string, string][] = [
  ["board", "#/board"],
  ["alarms", "#/alarms"],
  ["bed", "#/bed/bed-3"],
  ["checklist", "#/checklist/bed-3"],
  ["pages", "#/pages"],
  ["status", "#/status"],
  ["handover", "#/handover/bed-3"],
];

const SHEETS: [string, string, string][] = [
  ["entry", "#/bed/bed-3", "ENTER CHECK"],
  ["concerned", "#/bed/bed-3", "CONCERNED"],
  ["somebody", "#/bed/bed-3", "SOMEBODY IS HERE (no name)"],
  ["correct", "#/bed/bed-3", "CORRECT Knee reflex 2+ normal"],
  ["symptoms", "#/bed/bed-3", "SYMPTOMS"],
  ["acknowledge", "#/alarms", "ACKNOWLEDGE"],
  ["shelve", "#/alarms", "SHELVE"],
  ["why", "#/alarms", "WHY IT RANG"],
  ["again", "#/pages", "PAGE AGAIN"],
  ["phoned", "#/pages", "I PHONED"],
  ["unlock", "#/board", "UNLOCK"],
  ["start", "#/checklist/bed-3", "START"],
];

async function main(): Promise<void> {
  mkdirSync(out, { recursive: true });
  const server = await serve(root, 0, "two_beds");
  const browser = await startBrowser();
  for (const [size, viewport] of Object.entries({ desk: DESK, phone: PHONE })) {
    const complaints: string[] = [];
    const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
    const page = await openPage(context, server.url, complaints);
    await page.waitForSelector('[data-live="live"]');
    await page.mouse.click(2, 2);
    for (const night of ["no", "yes"]) {
      if (night === "yes") await page.getByRole("button", { name: "NIGHT" }).click();
      for (const [name, hash] of SCREENS) {
        await page.goto(`${server.url}/${hash}`);
        await page.waitForTimeout(700);
        await page.screenshot({
          path: join(out, `${name}-${size}-${night === "yes" ? "night" : "day"}.png`),
          fullPage: name !== "board" || size === "phone",
        });
      }
    }
    await page.getByRole("button", { name: "DAY" }).click();
    for (const [name, hash, button] of SHEETS) {
      await page.goto(`${server.url}/${hash}`);
      await page.getByRole("button", { name: button, exact: true }).first().click();
      await page.locator("dialog[open], .ask").first().waitFor();
      await page.screenshot({ path: join(out, `${name}-${size}.png`) });
      await page.getByRole("button", { name: /^(Cancel|CLOSE)$/ }).click();
    }
    for (const complaint of new Set(complaints)) process.stdout.write(`${complaint}\n`);
    await context.close();
  }
  await browser.close();
  await server.close();
}

await main();
