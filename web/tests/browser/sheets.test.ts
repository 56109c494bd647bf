// A sheet hides the page: it must neither lose what lies in it nor what has to be seen.
import type { Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { DESK, PHONE, openPage } from "./browser";
import { open as openAt, stand } from "./ward";

const at = stand("two_beds");
const open = (viewport: { width: number; height: number }, hash?: string): Promise<Page> => openAt(at, viewport, hash);

/** Whether all of it lies within the window, as it is scrolled now. */
async function seen(what: Locator): Promise<boolean> {
  return what.evaluate((one) => {
    const box = one.getBoundingClientRect();
    const over = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return box.top >= 0 && box.bottom <= innerHeight && one.contains(over);
  });
}

describe("Escape", () => {
  it("never closes a sheet that would lose what was typed, however often, and the board is not stuck", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    await page.getByLabel("Counted for 60 s").fill("14");
    const sheet = page.locator("dialog");
    await sheet.evaluate((one) => one.addEventListener("close", () => one.setAttribute("data-closed", "yes")));
    for (let n = 0; n < 4; n++) await page.keyboard.press("Escape");
    expect(await sheet.getAttribute("data-closed")).toBeNull();
    expect(await page.locator("dialog[open]").count()).toBe(1);
    expect(await page.getByLabel("Counted for 60 s").inputValue()).toBe("14");
    // What the browser closes by itself, as by the "back" of a telephone, is open again.
    await sheet.evaluate((one) => (one as HTMLDialogElement).close());
    await page.locator("dialog[open]").waitFor();
    expect(await page.getByLabel("Counted for 60 s").inputValue()).toBe("14");
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  it("closes a sheet that loses nothing, and another one can be opened", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    for (const closing of ["key", "browser"]) {
      await page.keyboard.press("?");
      await page.locator("dialog[open]").waitFor();
      if (closing === "key") await page.keyboard.press("Escape");
      else await page.locator("dialog").evaluate((one) => (one as HTMLDialogElement).close());
      await page.locator("dialog").waitFor({ state: "detached" });
    }
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    await page.getByRole("heading", { name: /new check/ }).waitFor();
  });
});

describe.each([
  ["desk", DESK],
  ["phone", PHONE],
])("a long sheet that is scrolled down: %s", (_name, viewport) => {
  it("goes on showing its title, what rings, and the state of the connection", async () => {
    const context = await at.browser.newContext({ viewport, reducedMotion: "reduce" });
    at.contexts.push(context);
    await context.clock.install();
    const page = await openPage(context, `${at.server.url}/#/bed/bed-5`, at.complaints);
    await page.locator('[data-live="live"]').waitFor();
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    const sheet = page.locator("dialog[open]");
    await sheet.getByText(/^More:/).click();
    const down = () => sheet.evaluate((one) => one.scrollTo(0, one.scrollHeight));
    await down();
    expect(await sheet.evaluate((one) => one.scrollTop)).toBeGreaterThan(200);
    for (const what of [sheet.getByRole("heading", { name: /new check/ }), sheet.locator(".stamp"), sheet.locator(".bar.red")])
      expect(await seen(what)).toBe(true);
    at.server.ward.silent = true;
    await page.clock.runFor(12_000);
    expect(await sheet.locator(".bar.amber").textContent()).toMatch(/Connection lost 1\d s/);
    await down();
    expect(await seen(sheet.locator(".bar.amber"))).toBe(true);
    await page.clock.runFor(9_000);
    await down();
    expect(await sheet.locator(".bar.red").textContent()).toContain("NOT LIVE");
    expect(await seen(sheet.locator(".bar.red"))).toBe(true);
  });
});
