// How soon the board is there, and what a busy ward costs it: vite-node dev/bench.ts -- DIST [BEDS] [ROUNDS]
// A small server plays BEDS beds that all change once a second; Chromium opens the page anew in each round, with
// nothing cached. Printed in ms: the first picture with every card on it, and the longest pause in the 10 s after it.
import type { Browser } from "playwright-core";
import { DESK, startBrowser } from "../tests/browser/browser";
import { type DevServer, serve } from "./serve";

const [root = "dist", beds = "64", rounds = "10"] = process.argv.slice(2).filter((word) => word !== "--");
const WATCH_MS = 10_000;

/** As many beds as asked for, each a copy of a quiet one. */
function fill(server: DevServer, count: number): void {
  const { frame } = server.ward;
  const [one] = frame.beds;
  if (one === undefined) throw new Error("the recording has no bed");
  frame.beds = Array.from({ length: count }, (_, n) => ({
    ...structuredClone(one),
    alias: `bed-${n + 1}`,
    place: `L4 Bed ${n + 1}`,
    alarms: [],
  }));
  frame.alarms = [];
  frame.calls = [];
}

/** Every bed has another heart rate and breathing than a second ago. */
function beat(server: DevServer, second: number): void {
  for (const [n, bed] of server.ward.frame.beds.entries())
    for (const signal of bed.signals)
      if (signal.value !== null && (signal.signal === "hr" || signal.signal === "rr"))
        signal.value = (signal.signal === "hr" ? 80 : 14) + ((second + n) % 5);
  server.tell();
}

async function round(browser: Browser, server: DevServer, count: number): Promise<{ first: number; pause: number }> {
  const context = await browser.newContext({ viewport: DESK, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.addInitScript((wanted) => {
    const seen = window as unknown as { firstMs: number; longestMs: number };
    seen.longestMs = 0;
    const look = () => {
      if (document.querySelectorAll("article.card").length < wanted) return void requestAnimationFrame(look);
      // The frame after the one that holds all cards: by then that one was drawn.
      requestAnimationFrame(() => (seen.firstMs = performance.now()));
    };
    requestAnimationFrame(look);
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries())
        if (entry.startTime > (seen.firstMs || Infinity)) seen.longestMs = Math.max(seen.longestMs, entry.duration);
    }).observe({ entryTypes: ["longtask"] });
  }, count);
  await page.goto(server.url);
  await page.waitForFunction(() => (window as unknown as { firstMs?: number }).firstMs !== undefined);
  await page.waitForTimeout(WATCH_MS);
  const found = await page.evaluate(() => {
    const { firstMs, longestMs } = window as unknown as { firstMs: number; longestMs: number };
    return { first: firstMs, pause: longestMs };
  });
  await context.close();
  return found;
}

function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? NaN);
}

async function main(): Promise<void> {
  const server = await serve(root, 0, "calm");
  fill(server, Number(beds));
  let second = 0;
  const timer = setInterval(() => beat(server, second++), 1000);
  const browser = await startBrowser();
  const found = [];
  for (let n = 0; n < Number(rounds); n++) found.push(await round(browser, server, Number(beds)));
  clearInterval(timer);
  await browser.close();
  await server.close();
  const of = (values: number[]) => ({ median: quantile(values, 0.5), p90: quantile(values, 0.9) });
  const out = {
    beds: Number(beds),
    rounds: Number(rounds),
    first_picture_ms: of(found.map((f) => f.first)),
    longest_pause_ms: of(found.map((f) => f.pause)),
  };
  process.stdout.write(`${JSON.stringify(out)}\n`);
}

await main();
