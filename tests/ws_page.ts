// For tests: the web client in Chromium, connected, with its places in the life of the object written down.

import { assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { listen } from "../servers/listen.ts";
import type { WsEchoOptions } from "../servers/ws_echo/echo_host.ts";
import { createWsEcho } from "../servers/ws_echo/ws_echo.ts";

/** An echo server that listens; `url` is where its page is. */
export async function startEcho(
  options: WsEchoOptions = {},
): Promise<{ url: string } & AsyncDisposable> {
  const echo = await createWsEcho(options);
  const listening = await listen(echo);
  return {
    url: `${listening.url}${options.basePath ?? ""}/`,
    async [Symbol.asyncDispose]() {
      await echo.close();
      await listening.close();
    },
  };
}

/** A page of the web client. Disposing of it closes it, and fails when it logged an error. */
export async function openClient(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Page & AsyncDisposable & { problems: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 1120 }, ...options });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await page.addInitScript(() => {
    const lit: string[] = [];
    Object.assign(globalThis, { lit });
    const document = Reflect.get(globalThis, "document");
    document.addEventListener("DOMContentLoaded", () => {
      const cycle = document.getElementById("cycle");
      const Observer = Reflect.get(globalThis, "MutationObserver");
      new Observer(() => lit.push(cycle.dataset.state))
        .observe(cycle, { attributes: true, attributeFilter: ["data-state"] });
    });
  });
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(url);
  return Object.assign(page, {
    problems,
    async [Symbol.asyncDispose]() {
      await context.close();
      assertEquals(problems, []);
    },
  });
}

/** Connects, and waits for the welcome. */
export async function connect(page: Page): Promise<void> {
  const welcomed = page.locator('#talk tr[data-kind="connect"][data-state="answered"]');
  const before = await welcomed.count();
  await page.click("#connect");
  await welcomed.nth(before).waitFor();
}

/** Sends a message. */
export async function say(page: Page, content: string): Promise<void> {
  await page.getByLabel("Message", { exact: true }).fill(content);
  await page.keyboard.press("Enter");
}

/** Waits for a row of a kind in a state, and gives its words. */
export async function row(page: Page, kind: string, state: string): Promise<string> {
  const found = page.locator(`#talk tr[data-kind="${kind}"][data-state="${state}"]`).last();
  await found.waitFor();
  return (await found.innerText()).replace(/\s+/g, " ");
}

/** The numbers: sent by the page, received and sent by the object, and what reached the page. */
export async function counts(page: Page): Promise<string[]> {
  return await page.locator("#counts dd").allInnerTexts();
}

/** The steps that the page's list shows, as `state incarnation`. */
export async function steps(page: Page): Promise<string[]> {
  return await page.locator("#steps li").evaluateAll((
    items: { dataset: Record<string, string> }[],
  ) => items.map(({ dataset }) => `${dataset.state} ${dataset.incarnation}`));
}

/** The places that were lit in the picture, in their order. */
export async function lit(page: Page): Promise<string[]> {
  return await page.evaluate(() => [...Reflect.get(globalThis, "lit")]);
}
