// Chromium of Debian, driven by playwright-core. Nothing is downloaded.
import { existsSync } from "node:fs";
import { type Browser, type BrowserContext, type Page, chromium } from "playwright-core";

const CHROMIUM = process.env["MAGWATCH_CHROMIUM"] ?? "/usr/bin/chromium";

export async function startBrowser(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} is missing: run tools/setup`);
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
}

export const DESK = { width: 1920, height: 1080 };
export const PHONE = { width: 390, height: 844 };

/** A page that shows the board and fails the test on any error, refused content or request elsewhere. */
export async function openPage(context: BrowserContext, url: string, complaints: string[]): Promise<Page> {
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith("data:")) {
      complaints.push(`request elsewhere: ${request.url()}`);
    }
  });
  await page.goto(url);
  return page;
}
