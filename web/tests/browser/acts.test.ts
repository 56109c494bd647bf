// What staff do at the board besides the entry sheet: correct, worry, page again, check twice, set up.
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { DESK, PHONE } from "./browser";
import { inkOf, open as openAt, shades, stand, tooSmall, unlock, unlockFirst, violations } from "./ward";

const at = stand("two_beds");
const open = (viewport: { width: number; height: number }, hash?: string): Promise<Page> => openAt(at, viewport, hash);
const last = () => at.server.ward.posted.at(-1);

describe("the chart", () => {
  it("strikes a wrong entry through with reason and name, and goes on showing it", async () => {
    const page = await open(PHONE, "#/bed/bed-5");
    await unlockFirst(page);
    await page.getByRole("button", { name: "CORRECT No symptoms" }).click();
    const sheet = page.locator("dialog[open]");
    await sheet.getByRole("button", { name: /STRIKE IT OUT/ }).click();
    await sheet.getByText("Why is it wrong?").last().waitFor();
    expect(last()?.path).not.toBe("/api/v1/entries");
    expect(await sheet.getByRole("button", { name: "ENTER THE RIGHT ONE" }).count()).toBe(0);
    await sheet.getByRole("button", { name: "wrong patient or bed" }).click();
    await sheet.getByRole("button", { name: /STRIKE IT OUT/ }).click();
    await page.getByText(/^Saved/).waitFor();
    expect(last()?.body).toMatchObject({ kind: "strike", corrects: "1-2", reason: "wrong patient or bed" });
    await page.getByRole("button", { name: "CLOSE", exact: true }).click();
    const row = page.locator('[data-entry="1-2"]');
    await row.locator("s", { hasText: "No symptoms" }).waitFor();
    expect(await row.textContent()).toMatch(/WRONG: wrong patient or bed\. Taken back by A\. Night \(RM\) at \d\d:\d\d/);
    expect(await row.getByRole("button").count()).toBe(0);
  });

  it("replaces a wrong entry by one part of the sheet, with its time, and keeps both", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await unlockFirst(page);
    const was = /\d\d:\d\d/.exec((await page.locator('[data-entry="1-3"]').textContent()) ?? "")?.[0]; // of any day
    await page.getByRole("button", { name: "CORRECT Knee reflex 2+ normal" }).click();
    await page.getByRole("button", { name: "wrong value" }).click();
    await page.getByRole("button", { name: "ENTER THE RIGHT ONE" }).click();
    const sheet = page.locator("dialog[open]");
    await sheet.getByRole("heading", { name: /correct an entry/ }).waitFor();
    expect(await sheet.getByLabel("Seen at (empty: now)").inputValue()).toBe(was);
    expect(await sheet.getByLabel("Counted for 60 s").count()).toBe(0);
    await sheet.getByRole("button", { name: "1+ weak" }).click();
    await sheet.getByRole("button", { name: "knee", exact: true }).click();
    await sheet.getByRole("button", { name: "SAVE", exact: true }).click();
    await sheet.getByText(/Saved/).waitFor();
    expect(last()?.body).toMatchObject({ kind: "reflex", value: 1, corrects: "1-3", reason: "wrong value" });
    await sheet.getByRole("button", { name: "CLOSE", exact: true }).click();
    await page.locator('[data-entry="1-3"] s', { hasText: "Knee reflex 2+ normal" }).waitFor();
    await page.locator('[data-entry="1-4"]', { hasText: "corrected entry" }).waitFor();
  });

  it("offers no correction of what a device said", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    const row = page.locator('[data-entry="1-1"]');
    await row.getByText("Infusion 1 g/h").waitFor();
    expect(await row.textContent()).toContain("pump-1");
    expect(await row.getByRole("button").count()).toBe(0);
  });
});

describe("help", () => {
  it("is called for by worry alone: a name, no PIN, no number", async () => {
    const page = await open(PHONE, "#/bed/bed-5");
    await page.getByRole("button", { name: "CONCERNED", exact: true }).click();
    await page.getByLabel(/What do you see/).fill("<b>grey</b> and sweating");
    await page.getByRole("button", { name: /A. Night/ }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(last()?.body).toMatchObject({ kind: "concerned", person: "midwife", note: "<b>grey</b> and sweating" });
    await page.getByText(/A. Night \(RM\) is concerned since/).waitFor();
    await page.locator(".chart").getByText("<b>grey</b> and sweating").waitFor();
    await page.getByRole("button", { name: "NO LONGER CONCERNED" }).click();
    await page.locator("dialog").getByRole("button", { name: "NO LONGER CONCERNED" }).click();
    await page.locator('input[type="password"]').waitFor();
  });

  it("is paged for again, and what was said by telephone is told", async () => {
    const page = await open(PHONE, "#/pages");
    await page.getByRole("button", { name: "PAGE AGAIN" }).first().click();
    await page.getByText(/Paged again, now: A. Night \(RM\)/).waitFor();
    await page.locator("dialog").getByRole("button", { name: /C. Charge/ }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(last()?.path).toMatch(/^\/api\/v1\/calls\/1-\d+\/again$/);
    expect(last()?.body).toEqual({ person: "charge-midwife" });
    await page.getByRole("button", { name: "I PHONED" }).first().click();
    await page.locator(".people").getByRole("button", { name: /A. Night/ }).click();
    await page.getByText(/Whom did you phone, and what was said/).waitFor();
    await page.locator('[data-field="to"]').getByRole("button", { name: "Dr 2" }).click();
    await page.locator('[data-field="answer"]').getByRole("button", { name: "COMING", exact: true }).click();
    await page.locator(".people").getByRole("button", { name: /A. Night/ }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(last()?.body).toEqual({ person: "midwife", to: "anaesthetist", coming: true });
  });

  it("can say that it is here without a name, and stops nothing by that", async () => {
    const page = await open(PHONE, "#/alarms");
    await page.getByRole("button", { name: "I AM HERE" }).first().click();
    await page.getByRole("button", { name: "My name is not here" }).click();
    await page.getByText("Paging goes on and nothing is acknowledged").waitFor();
    await page.getByRole("button", { name: "SOMEBODY IS HERE (no name)" }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(last()).toEqual({ path: "/api/v1/here", body: { bed: "bed-3" } });
    await page.goto(`${at.server.url}/#/board`);
    await page.getByRole("article", { name: "L4 Bed 3" }).getByText(/Somebody said at .* I am here \(no name/).waitFor();
  });
});

describe("a dose of calcium gluconate", () => {
  async function start(page: Page): Promise<void> {
    await page.getByRole("button", { name: "START", exact: true }).click();
    const ask = page.locator(".ask");
    await ask.getByText(/10 %: .* over/).waitFor();
    await ask.getByRole("button", { name: /A. Night/ }).click();
  }

  it("is checked by a second person with a PIN, who is another one", async () => {
    const page = await open(DESK, "#/checklist/bed-3");
    await start(page);
    const ask = page.locator(".ask");
    expect(await ask.getByRole("button", { name: /A. Night/ }).count()).toBe(0);
    await ask.getByRole("button", { name: "START, checked by two" }).click();
    await ask.getByText("The second person taps the name.").waitFor();
    await ask.getByRole("button", { name: /C. Charge/ }).click();
    await ask.locator('input[type="password"]').fill("246810");
    await ask.getByRole("button", { name: "START, checked by two" }).click();
    await ask.waitFor({ state: "detached" });
    expect(last()?.body).toMatchObject({
      act: "start",
      person: "midwife",
      second_person: "charge-midwife",
      second_pin: "246810",
    });
    await page.getByText(/giving: \d+:\d\d left/).waitFor();
    expect(await page.getByText("Second check MISSING").count()).toBe(0);
  });

  it("waits for nobody: the missing check is shown until somebody makes it", async () => {
    const page = await open(PHONE, "#/checklist/bed-3");
    await start(page);
    await page.getByRole("button", { name: "START NOW: second check missing" }).click();
    await page.locator(".ask").waitFor({ state: "detached" });
    expect(last()?.body).not.toHaveProperty("second_person");
    await page.getByText("Second check MISSING").waitFor();
    await page.getByRole("button", { name: "SECOND CHECK", exact: true }).waitFor();
    await page.getByText(/giving: \d+:\d\d left/).waitFor();
    // Later nothing hurries: whoever says that it was checked proves it, and is not the one who gave it.
    await page.getByRole("button", { name: "SECOND CHECK", exact: true }).click();
    const ask = page.locator(".ask");
    expect(await ask.getByRole("button", { name: /A. Night/ }).count()).toBe(0);
    await ask.getByRole("button", { name: /C. Charge/ }).click();
    await ask.getByRole("button", { name: "CHECKED", exact: true }).click();
    await ask.getByText("The second person types the PIN.").waitFor();
    await ask.locator('input[type="password"]').fill("1");
    await ask.getByRole("button", { name: "CHECKED", exact: true }).click();
    await ask.getByText(/NOT SAVED: this PIN is not the right one/).waitFor();
    await ask.locator('input[type="password"]').fill("246810");
    await ask.getByRole("button", { name: "CHECKED", exact: true }).click();
    await ask.waitFor({ state: "detached" });
    expect(last()?.body).toMatchObject({ act: "second", person: "charge-midwife", pin: "246810" });
    await page.getByText("Second check MISSING").waitFor({ state: "detached" });
  });

  it("says it when the second person's PIN was wrong, and that the dose runs all the same", async () => {
    const page = await open(DESK, "#/checklist/bed-3");
    await start(page);
    const ask = page.locator(".ask");
    await ask.getByRole("button", { name: /C. Charge/ }).click();
    await ask.locator('input[type="password"]').fill("1");
    await ask.locator('input[type="password"]').press("Enter");
    await ask.getByText(/the dose is started and its second check is missing/).waitFor();
    expect(await ask.getByRole("button", { name: /START/ }).count()).toBe(0);
    await ask.getByRole("button", { name: "CLOSE" }).click();
    await page.getByText("Second check MISSING").waitFor();
  });
});

describe("a new rate", () => {
  async function change(page: Page): Promise<void> {
    await unlockFirst(page);
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    await page.getByLabel("New rate").fill("1.5");
    await page.getByRole("button", { name: "g/h", exact: true }).click();
  }
  const save = (page: Page) => page.getByRole("button", { name: /^SAVE/ }).click();

  it("is checked by a second person with a PIN in the same sheet, whose digits are no reflex", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await change(page);
    await page.getByRole("button", { name: "SECOND PERSON IS HERE" }).click();
    const second = page.locator(".second");
    expect(await second.getByRole("button", { name: /A. Night/ }).count()).toBe(0);
    expect(await violations(page, "second check")).toEqual([]);
    expect(await tooSmall(page)).toEqual([]);
    await second.getByRole("button", { name: /C. Charge/ }).click();
    await save(page);
    await page.getByText(/The second person types the PIN, or is tapped again/).waitFor();
    expect(at.server.ward.posted.filter((p) => p.path === "/api/v1/entries")).toEqual([]);
    await second.locator('input[type="password"]').fill("24681");
    await second.getByRole("button", { name: "0", exact: true }).click();
    await page.keyboard.press("2");
    expect(await page.locator('.choices[data-field="reflex"] [aria-pressed="true"]').count()).toBe(0);
    await save(page);
    await page.getByText("Saved: recorded").waitFor();
    expect(last()?.body).toMatchObject({ kind: "infusion", value: 1.5, second_person: "charge-midwife", second_pin: "246810" });
    await page.getByRole("button", { name: "CLOSE" }).click();
    await page.getByText(/Rate changed \d\d:\d\d by A. Night \(RM\): checked by C. Charge/).waitFor();
  });

  it("waits for nobody: its check is shown as missing until another person proves it", async () => {
    const page = await open(PHONE, "#/bed/bed-5");
    await change(page);
    await page.getByText("MISSING until another person makes it").waitFor();
    await save(page);
    await page.getByText("Saved: recorded").waitFor();
    expect(last()?.body).not.toHaveProperty("second_person");
    await page.getByRole("button", { name: "CLOSE" }).click();
    await page.getByText(/Rate changed .*: second check MISSING/).waitFor();
    await page.getByRole("button", { name: "SECOND CHECK", exact: true }).click();
    const dialog = page.locator("dialog");
    expect(await dialog.getByRole("button", { name: /A. Night/ }).count()).toBe(0);
    await dialog.getByRole("button", { name: /C. Charge/ }).click();
    await dialog.locator('input[type="password"]').fill("246810");
    await dialog.getByRole("button", { name: "I HAVE CHECKED IT" }).click();
    await page.getByText(/checked by C. Charge/).waitFor();
    expect(last()).toEqual({ path: "/api/v1/beds/bed-5/second-check", body: { person: "charge-midwife", pin: "246810" } });
  });

  it("asks first who charts: the second person is another one", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    await page.getByLabel("New rate").fill("1.5");
    await page.getByRole("button", { name: "SECOND PERSON IS HERE" }).click();
    await unlock(page);
    expect(await page.locator(".second").getByRole("button", { name: /A. Night/ }).count()).toBe(0);
    await page.locator(".second").getByRole("button", { name: /C. Charge/ }).waitFor();
  });

  it("is charted although the second person's PIN was wrong, and says that the check is missing", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await change(page);
    await page.getByRole("button", { name: "SECOND PERSON IS HERE" }).click();
    await page.locator(".second").getByRole("button", { name: /C. Charge/ }).click();
    await page.locator('.second input[type="password"]').fill("1");
    await save(page);
    await page.getByText(/Saved\. charted without the second check/).waitFor();
    await page.getByRole("button", { name: "CLOSE" }).click();
    await page.getByText(/second check MISSING/).first().waitFor();
  });
});

describe("bed, devices and patient", () => {
  it("are confirmed with a PIN, and what is at the bed is asked again and not assumed", async () => {
    const page = await open(PHONE, "#/bed/bed-5");
    await page.getByRole("button", { name: "WATCH: confirm or end" }).click();
    await page.getByRole("button", { name: "CONFIRM bed, devices, patient" }).click();
    const dialog = page.locator("dialog");
    await dialog.getByText("are they all hers?").waitFor();
    const answer = (field: string, word: string) =>
      dialog.locator(`.choices[data-field="${field}"]`).getByRole("button", { name: word, exact: true }).click();
    await answer("calcium_at_bed", "no");
    await answer("oxygen_at_bed", "yes");
    expect(await tooSmall(page)).toEqual([]);
    expect(await violations(page, "confirm")).toEqual([]);
    await dialog.getByRole("button", { name: /A. Night/ }).click();
    await dialog.locator('input[type="password"]').fill("246810");
    await dialog.getByRole("button", { name: "CONFIRM", exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    expect(last()).toEqual({
      path: "/api/v1/watch/confirm",
      body: { bed: "bed-5", person: "midwife", pin: "246810", calcium_at_bed: false, oxygen_at_bed: true },
    });
  });
});

describe("looking", () => {
  it("draws limits and events, and says the same in a sentence and in numbers", async () => {
    const page = await open(DESK, "#/bed/bed-3");
    const breathing = page.getByRole("img", { name: /^Respiratory rate \d+, falling from \d+ over 2 h, below limit 12$/ });
    await breathing.waitFor();
    await page.getByText("ACT below 12; watch below 14; watch above 30").waitFor();
    const zones = ["255,211,217", "255,243,176"];
    expect(await shades(breathing.locator("canvas"), zones)).toEqual(zones);
    await page.getByRole("img", { name: /7 events, the last: Calcium gluconate started/ }).waitFor();
    await page.getByText("Events as a list (7)").click();
    await page.getByText(/\d\d:\d\d Infusion stopped at the pump/).waitFor();
    await page.locator(".plot").first().getByRole("button", { name: "Table" }).click();
    await page.getByRole("region", { name: "Respiratory rate, table" }).waitFor();
  });

  it("draws nothing of the patient before as of this one", async () => {
    const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
    at.server.ward.frame.beds[2]!.watched_since = ago(60);
    at.server.ward.stays = [{ from: ago(300), to: ago(70) }, { from: ago(60), to: null }];
    const page = await open(DESK, "#/bed/bed-3");
    await page.getByText("Events as a list (5)").waitFor(); // a bolus and a rate were of the one before
    const knee = page.locator(".plot", { has: page.getByRole("heading", { name: "Knee reflex" }) });
    await knee.getByRole("button", { name: "Table" }).click();
    expect((await knee.locator("tbody td:last-child").allTextContents()).map(Number)).toEqual([1, 0]);
  });

  it("judges the arm and not the knee under an epidural", async () => {
    const page = await open(DESK, "#/bed/bed-4");
    await page.getByRole("img", { name: /^Knee reflex 0, .*, not judged under an epidural/ }).waitFor();
    await page.getByRole("img", { name: /^Arm reflex 2, .*, within limits$/ }).waitFor();
    const plot = (title: string) => page.locator(".plot", { has: page.getByRole("heading", { name: title }) });
    expect(await plot("Knee reflex").locator(".limits").textContent()).toContain("the arm reflex counts");
    expect(await plot("Arm reflex").locator(".limits").textContent()).toBe("ACT below 1");
    const red = (title: string) => shades(plot(title).locator("canvas"), ["255,211,217"]);
    expect(await red("Arm reflex")).toEqual(["255,211,217"]);
    expect(await red("Knee reflex")).toEqual([]);
  });

  it("draws the estimate as two nested bands six hours ahead, and no further than now where the rate is unknown", async () => {
    const page = await open(DESK, "#/bed/bed-3");
    const plot = page.locator(".estimate .plot");
    // The pale band, and the inner one laid on it: 18 % of the ink, and 18 % of what is left.
    const area = await inkOf(plot.locator("canvas"));
    const about = (share: number) => area.slice(share - 2, share + 3).reduce((a, b) => a + b, 0);
    expect(about(46)).toBeGreaterThan(5000);
    expect(about(84)).toBeGreaterThan(5000);
    expect(about(84)).toBeLessThan(about(46));
    await plot.getByRole("button", { name: "Table" }).click();
    const heads = await plot.locator("th").allTextContents();
    expect(heads).toEqual(["Time", "5 %", "95 %", "25 %", "75 %", "middle", "laboratory"]);
    const cells = (await plot.locator("tbody tr").first().locator("td").allTextContents()).slice(1, 6).map(Number);
    expect([...cells].sort((a, b) => a - b)).toEqual([cells[0], cells[2], cells[4], cells[3], cells[1]]);
    const all = await plot.locator("tbody tr").count();
    for (const point of at.server.ward.frame.prediction["bed-3"]!.points) point.record_incomplete = true;
    await page.reload();
    await page.getByText("The infusion record is incomplete: the estimate ends now").waitFor();
    await plot.getByRole("button", { name: "Table" }).click();
    expect(await plot.locator("tbody tr").count()).toBe(all - 36);
  });

  it("finds the alarms of one bed and of the last 24 h, and gives them as a file", async () => {
    at.server.ward.frame.beds[0]!.alarms[0]!.message = "x";
    for (const alarm of at.server.ward.frame.alarms) if (alarm.bed === "bed-3") alarm.message = "=cmd|' /C calc'!A0";
    const page = await open(DESK, "#/alarms");
    await page.getByRole("button", { name: "L4 Bed 3", exact: true }).click();
    await expect.poll(() => page.locator("li.alarm").count()).toBe(2);
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "CSV", exact: true }).click(),
    ]);
    const text = await new Response((await file.createReadStream()) as unknown as ReadableStream).text();
    expect(text.split("\r\n")[0]).toBe(
      "since,bed,priority,kind,message,state,acknowledged_by,shelved_by,shelved_until,shelved_because,rule,pack",
    );
    expect(text).toContain(",'=cmd|' /C calc'!A0,");
    await page.getByRole("button", { name: "24 h", exact: true }).click();
    await page.getByText(/L4 Bed 3 HIGH RR 9 \(<12\)/).waitFor();
    expect(await page.getByText(/L4 Bed 5/).count()).toBe(1);
  });

  it("puts the most urgent bed first only where somebody asked for it, and remembers that", async () => {
    const page = await open(DESK);
    const places = () => page.locator("article.card .label").allTextContents();
    const usual = await places();
    expect(usual[0]).toBe("L4 Bed 1");
    await page.getByRole("button", { name: /most urgent first: off/ }).click();
    expect((await places()).slice(0, 2)).toEqual(["L4 Bed 3", "L4 Bed 1"]);
    await page.reload();
    await page.locator('[data-live="live"]').waitFor();
    expect((await places())[0]).toBe("L4 Bed 3");
    await page.getByRole("button", { name: /most urgent first: on/ }).click();
    expect(await places()).toEqual(usual);
  });
});

describe("a technical alarm that is known", () => {
  it("is shelved with reason, time and PIN, stays to be seen without a flash, and is unshelved by a name", async () => {
    for (const alarm of at.server.ward.frame.alarms) if (alarm.kind === "technical") alarm.priority = "medium";
    const page = await open(PHONE, "#/alarms");
    const id = await page.locator("li.alarm", { hasText: "TECHNICAL" }).first().getAttribute("data-alarm");
    const row = page.locator(`[data-alarm="${id}"]`);
    await row.getByRole("button", { name: "SHELVE", exact: true }).click();
    const send = page.locator("dialog").getByRole("button", { name: "SHELVE", exact: true });
    await send.click();
    for (const words of ["Choose a reason.", "Choose a time."]) await page.getByText(words).waitFor();
    await page.getByRole("button", { name: "other: say what" }).click();
    await page.getByRole("button", { name: "1 h", exact: true }).click();
    await page.getByRole("button", { name: /A. Night/ }).click();
    await page.locator('input[type="password"]').fill("246810");
    await send.click();
    await page.getByText("Say what it is.").waitFor();
    expect(at.server.ward.posted).toEqual([]);
    await page.getByLabel("Note").fill("cable under repair");
    await page.locator('input[type="password"]').fill("246810");
    await send.click();
    await row.getByText(/shelved by A. Night \(RM\) until \d\d:\d\d: cable under repair/).waitFor();
    expect(last()?.path).toMatch(/^\/api\/v1\/alarms\/[^/]+\/shelve$/);
    expect(last()?.body).toEqual({ person: "midwife", pin: "246810", reason: "other", note: "cable under repair", minutes: 60 });
    expect(await row.locator(".flash").count()).toBe(0);
    expect(await row.getByRole("button", { name: "ACKNOWLEDGE" }).count()).toBe(0);
    await row.getByRole("button", { name: "UNSHELVE" }).click();
    await page.getByRole("button", { name: /C. Charge/ }).click();
    await row.getByRole("button", { name: "SHELVE", exact: true }).waitFor();
    expect(last()?.body).toEqual({ person: "charge-midwife" });
  });

  it("is the only kind that can be shelved", async () => {
    const page = await open(DESK, "#/alarms");
    const high = page.locator("li.alarm.high");
    expect(await high.count()).toBeGreaterThan(0);
    expect(await high.getByRole("button", { name: "SHELVE", exact: true }).count()).toBe(0);
  });
});

describe("why it rang", () => {
  it("is told by the rule in words, its pack and version, its limits, and what it read then and now", async () => {
    const page = await open(DESK, "#/alarms");
    const high = page.locator('li.alarm.high[data-alarm]', { hasText: "L4 Bed 3" }).first();
    await high.getByRole("button", { name: "WHY IT RANG" }).click();
    const dialog = page.locator("dialog");
    await dialog.getByText(/raised when rr below rr_stop has held for 30 s/).waitFor();
    await dialog.getByText(/pack example, version 0\.3/).waitFor();
    await dialog.getByText(/rr_stop = 12 \/min \(for her alone\)\. Source: GGC: stop below 12/).waitFor();
    const cells = (name: string) =>
      dialog.getByRole("row", { name: new RegExp(`^${name}`) }).locator("td").allTextContents();
    await expect.poll(async () => (await cells("respiratory rate"))[0]).toMatch(/^\d+ to \d+ \/min at \d\d:\d\d$/);
    expect((await cells("respiratory rate"))[1]).toBe("14 /min");
    expect((await cells("knee reflex"))[0]).toMatch(/^1\+ weak at \d\d:\d\d$/); // 0 came later
    expect(await cells("magnesium on board")).toEqual(["--", "yes"]);
    await dialog.getByText("As the pack says it").click();
    expect(await violations(page, "why it rang")).toEqual([]);
    expect(await tooSmall(page)).toEqual([]);
    await dialog.getByText("when: rr below rr_stop (from minimal)").waitFor();
    await dialog.getByRole("button", { name: "CLOSE" }).click();
    await page.locator("li.alarm", { hasText: "TECHNICAL" }).first().getByRole("button", { name: "WHY IT RANG" }).click();
    await page.getByText("It is no rule of the pack: it rings under every pack.").waitFor();
  });
});

describe("a screen that is silent", () => {
  it("says so to the server, and says it when it sounds", async () => {
    const page = await open(DESK);
    await expect.poll(() => at.server.ward.sounds.at(-1), { timeout: 20_000 }).toBe("off");
    await page.getByRole("button", { name: /SOUND IS OFF/ }).click();
    await expect.poll(() => at.server.ward.sounds.at(-1), { timeout: 20_000 }).toBe("on");
    expect(at.server.ward.posted).toEqual([]);
  });
});

describe("who may", () => {
  it("sets up the first person with the code, once, and says what is wrong with it", async () => {
    at.server.ward.setupCode = "k7m2-9qpx";
    const page = await open(PHONE);
    await page.getByRole("button", { name: "SET UP" }).click();
    const sheet = page.locator("dialog[open]");
    await sheet.getByLabel("One-time code").fill("wrong");
    await sheet.getByLabel("Name as it is shown").fill("<i>A. Night</i>");
    await sheet.getByLabel("Badge or short name").fill("a-night");
    await sheet.getByRole("button", { name: "in charge", exact: true }).click();
    await sheet.getByLabel("PIN", { exact: true }).fill("31415");
    await sheet.getByRole("button", { name: "SET UP" }).click();
    await sheet.getByText("6 to 12 digits.").waitFor();
    await sheet.getByLabel("PIN", { exact: true }).fill("314159");
    await sheet.getByLabel("PIN once more").fill("314158");
    await sheet.getByRole("button", { name: "SET UP" }).click();
    await sheet.getByText("The two are not the same.").waitFor();
    expect(at.server.ward.posted).toEqual([]);
    await sheet.getByLabel("PIN once more").fill("314159");
    await sheet.getByRole("button", { name: "SET UP" }).click();
    await sheet.getByText("this is not the code", { exact: true }).waitFor();
    await sheet.getByLabel("One-time code").fill("k7m2-9qpx");
    await sheet.getByRole("button", { name: "SET UP" }).click();
    await page.locator("dialog").waitFor({ state: "detached" });
    expect(last()?.body).toEqual({
      code: "k7m2-9qpx",
      name: "a-night",
      label: "<i>A. Night</i>",
      role: "charge",
      pin: "314159",
    });
    await page.getByRole("button", { name: "SET UP" }).waitFor({ state: "detached" });
  });

  it("leaves an act to be seen that a role may not do, and says who may", async () => {
    const page = await open(DESK, "#/bed/bed-5");
    await unlockFirst(page, /E. Biomed/);
    await page.getByRole("button", { name: "ENTER CHECK" }).click();
    await page.getByText("Your role (engineer) cannot chart. Ask a midwife or a doctor.").waitFor();
    expect(await page.getByRole("button", { name: "SAVE", exact: true }).isDisabled()).toBe(true);
    await page.getByRole("button", { name: "Cancel" }).click();
    await page.goto(`${at.server.url}/#/alarms`);
    await page.getByRole("button", { name: "ACKNOWLEDGE" }).first().click();
    const engineer = page.getByRole("button", { name: /E. Biomed engineer: cannot do this/ });
    expect(await engineer.isDisabled()).toBe(true);
  });
});
