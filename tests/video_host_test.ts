// The video host in a real browser: what one sees of an unread download, with both stores.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Page } from "playwright-core";
import { type Look, testInBrowser } from "./in_browser.ts";
import { contrast, uniqueIds, visibleTexts } from "./page_checks.ts";
import { openPage, Pair } from "./video_host_page.ts";

const looks: Look[] = [];
const inBrowser = (name: string, look: Look["look"]) => void looks.push({ name, look });
const aloneInBrowser = (name: string, look: Look["look"]) =>
  void looks.push({ name, look, alone: true });

/** Where screenshots go, when there are to be any: `docs/images`, to draw them anew. */
const IMAGES = Deno.env.get("EDGE_REPRO_SCREENSHOTS");

/** Waits for a verdict, and gives what was written down up to then. */
async function verdict(page: Page, kind: string): Promise<string[]> {
  await page.locator(`#verdict[data-kind="${kind}"]`).waitFor();
  return await page.evaluate(() => [...Reflect.get(globalThis, "log")]);
}

async function screenshot(page: Page, name: string): Promise<void> {
  if (IMAGES !== undefined) await page.screenshot({ path: `${IMAGES}/${name}.png` });
}

/** Whether one stands before the other. */
function inOrder(log: readonly string[], ...names: string[]): void {
  const places = names.map((name) => log.indexOf(name));
  assert(places.every((at, index) => at > (places[index - 1] ?? -1)), `${names} in ${log}`);
}

inBrowser(
  "bug: no first frame while the unread download is open, and one when it is closed",
  async (browser) => {
    await using pair = await Pair.start("bug");
    await using page = await openPage(browser, pair.host.url);
    await page.click("#story");
    await page.locator("#events dt").getByText("stalled").waitFor();
    const before = await verdict(page, "held");
    inOrder(before, "loadstart", "verdict held");
    inOrder(before, "loadstart", "stalled");
    assert(!before.includes("loadeddata"), before.join());
    await page.getByText("1 read waits for its turn").waitFor();
    await page.getByRole("rowheader", { name: "Unread download" }).waitFor();
    await screenshot(page, "stale-read-bug");
    await page.click("#close");
    const after = await verdict(page, "released");
    inOrder(after, "verdict held", "loadeddata", "playing");
    inOrder(after, "stalled", "loadeddata", "verdict released");
    assertMatch(
      await page.locator("#verdict").innerText(),
      /^First frame after \d+\.\d s: \d+\.\d+ s after the unread download was closed\.$/,
    );
    await screenshot(page, "stale-read-released");
  },
);

inBrowser(
  "fix: the first frame comes at once, while the unread download is open",
  async (browser) => {
    await using pair = await Pair.start("fix");
    await using page = await openPage(browser, pair.host.url);
    await page.click("#story");
    const log = await verdict(page, "served");
    inOrder(log, "loadstart", "loadeddata", "verdict served");
    assert(!log.includes("stalled") && !log.includes("verdict held"), log.join());
    await page.getByRole("rowheader", { name: "Unread download" }).waitFor();
    if (IMAGES !== undefined) await page.waitForTimeout(4_000);
    await screenshot(page, "stale-read-fix");
    await page.click("#close");
    await page.locator("#close[aria-disabled=true]").waitFor();
    assertEquals(await page.locator("#verdict").getAttribute("data-kind"), "served");
  },
);

aloneInBrowser(
  "keyboard: the whole story, step by step, with Tab and Enter and without a lost focus",
  async (browser) => {
    await using pair = await Pair.start("bug");
    await using page = await openPage(browser, pair.host.url);
    const focused = () => page.evaluate("document.activeElement.id");
    await page.keyboard.press("Tab");
    assertEquals(await page.evaluate("document.activeElement.className"), "skip");
    await page.keyboard.press("Tab");
    assertEquals(await focused(), "story");
    const outline = "getComputedStyle(document.activeElement).outlineStyle";
    assertEquals(await page.evaluate(outline), "solid");
    // What cannot be done yet can be reached, and says why.
    for (const [id, why] of [["upload", ""], ["abandon", "Not now: there is no clip yet."]]) {
      await page.keyboard.press("Tab");
      assertEquals([await focused(), await page.locator(`#${id}-why`).textContent()], [id, why]);
    }
    await page.keyboard.press("Enter");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    await page.locator("#abandon[aria-disabled=false]").waitFor();
    assertEquals(await focused(), "upload");
    assertEquals(await page.locator("#clip").getByText("edge-repro-clip-").count(), 1);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator("#close[aria-disabled=false]").waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    await verdict(page, "held");
    await page.keyboard.press("Tab");
    assertEquals(await focused(), "close");
    await page.keyboard.press("Enter");
    await verdict(page, "released");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await verdict(page, "idle");
    assertEquals(await focused(), "delete");
    const figures = await (await fetch(`${pair.store.url}/_edge-repro/stats`)).json();
    assertEquals(figures.objects, 0);
  },
);

for (const colorScheme of ["light", "dark"] as const) {
  inBrowser(
    `accessible in the ${colorScheme} scheme: contrast, names, landmarks, 320 pixels`,
    async (browser) => {
      await using pair = await Pair.start("bug");
      const viewport = { width: 320, height: 800 };
      await using page = await openPage(browser, pair.host.url, { colorScheme, viewport });
      const look = async () => {
        const texts = await page.evaluate(visibleTexts);
        assert(texts.length > 20);
        for (const { text, color, ground, large } of texts) {
          const found = contrast(color, ground);
          assert(found >= (large ? 3 : 4.5), `${text}: ${found.toFixed(2)}`);
        }
        assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 320);
      };
      await look();
      await page.click("#story");
      await verdict(page, "held");
      await look();
      await page.click("#close");
      await verdict(page, "released");
      await look();
      for (const role of ["banner", "main", "contentinfo"] as const) {
        assertEquals(await page.getByRole(role).count(), 1, role);
      }
      assertEquals(await page.getByRole("heading", { level: 1 }).count(), 1);
      for (const button of await page.getByRole("button").all()) {
        assert((await button.innerText()).trim() !== "");
      }
      assertEquals(await page.getByRole("status").count(), 2);
      assertEquals(await page.locator("[id]").evaluateAll(uniqueIds), true);
      const described = await page.locator("#abandon").getAttribute("aria-describedby");
      for (const id of described?.split(" ") ?? [""]) {
        assertEquals(await page.locator(`#${id}`).count(), 1);
      }
    },
  );
}

await testInBrowser("the video host's page", looks);
