// A tap is worth what the finger pointed at: whatever the page does between down and up.
import type { CDPSession, Locator, Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { DESK, PHONE } from "./browser";
import { alarmOf } from "../alarm";
import { open as openAt, stand } from "./ward";

const at = stand("calm");
const open = (viewport: { width: number; height: number }, hasTouch: boolean): Promise<Page> =>
  openAt(at, viewport, "#/bed/bed-5", { hasTouch });

async function middle(what: Locator): Promise<{ x: number; y: number }> {
  const box = await what.boundingBox();
  if (box === null) throw new Error("it is not to be seen");
  return { x: Math.round(box.x + box.width / 2), y: Math.round(box.y + box.height / 2) };
}

/** The alarms of another bed come to this one, so that all below them moves. */
async function shove(page: Page): Promise<void> {
  const [from] = at.server.ward.frame.beds;
  const since = from?.watched_since ?? new Date().toISOString();
  at.server.ward.frame.alarms = ["first", "second"].map((id) => alarmOf({ id, bed: "bed-5", since }));
  const before = await page.getByRole("button", { name: "ENTER CHECK" }).boundingBox();
  at.server.tell();
  await page.getByText("No reflexes").first().waitFor();
  const after = await page.getByRole("button", { name: "ENTER CHECK" }).boundingBox();
  expect(Math.abs((after?.y ?? 0) - (before?.y ?? 0))).toBeGreaterThan(72);
}

const touch = (to: CDPSession, type: string, points: { x: number; y: number }[]) =>
  to.send("Input.dispatchTouchEvent", { type: type as "touchStart", touchPoints: points });

describe("a tap", () => {
  it.each([
    ["desk", DESK],
    ["phone", PHONE],
  ])("of a mouse opens the sheet although the page moved under it: %s", async (_name, viewport) => {
    const page = await open(viewport, false);
    const spot = await middle(page.getByRole("button", { name: "ENTER CHECK" }));
    await page.mouse.move(spot.x, spot.y);
    await page.mouse.down();
    await shove(page);
    await page.mouse.up();
    await page.getByRole("heading", { name: /Bed 5 - new check/ }).waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
  });

  it("of a finger does what it pointed at, and nothing that came under it since", async () => {
    const page = await open(PHONE, true);
    const finger = await page.context().newCDPSession(page);
    const button = page.getByRole("button", { name: "ENTER CHECK" });
    await button.scrollIntoViewIfNeeded();
    const spot = await middle(button);
    await touch(finger, "touchStart", [spot]);
    await shove(page);
    await touch(finger, "touchEnd", []);
    await page.getByRole("heading", { name: /Bed 5 - new check/ }).waitFor();
    expect(await page.locator("dialog").count()).toBe(1);
  });

  it("is one tap where nothing moved", async () => {
    const page = await open(PHONE, true);
    await page.getByRole("button", { name: "UNLOCK" }).tap();
    await page.locator("dialog").getByRole("button", { name: "7", exact: true }).tap();
    await page.locator("dialog").getByRole("button", { name: "7", exact: true }).click();
    expect(await page.locator('input[type="password"]').inputValue()).toBe("77");
  });

  it("taken back by sliding off does nothing", async () => {
    const page = await open(DESK, false);
    const spot = await middle(page.getByRole("button", { name: "ENTER CHECK" }));
    await page.mouse.move(spot.x, spot.y);
    await page.mouse.down();
    await page.mouse.move(spot.x, spot.y + 200);
    await page.mouse.up();
    await page.getByRole("button", { name: "SYMPTOMS", exact: true }).click();
    await page.getByRole("heading", { name: /symptoms/ }).waitFor();
    expect(await page.locator("dialog").count()).toBe(1);
  });

  it("that switches the sound on moves nothing", async () => {
    const page = await open(PHONE, false);
    const button = page.getByRole("button", { name: "ENTER CHECK" });
    await page.getByRole("button", { name: /SOUND IS OFF/ }).waitFor();
    const before = await middle(button);
    await page.mouse.move(before.x, before.y);
    await page.mouse.down();
    // By now the browser allows sound, and has drawn what follows from that.
    await page.evaluate(async () => {
      await new AudioContext().resume();
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    });
    expect(await middle(button)).toEqual(before);
    await page.mouse.up();
    await page.getByRole("heading", { name: /new check/ }).waitFor();
    await page.getByRole("button", { name: /SOUND IS OFF/ }).waitFor({ state: "detached" });
  });
});
