// For tests: a video host and an object store, and its page in Chromium with its events written down.

import { assertEquals } from "@std/assert";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { realClock } from "../lab/clock.ts";
import { listen, type Listening } from "../servers/listen.ts";
import { objectStoreDefinition } from "../servers/object_store/definition.ts";
import { videoHostDefinition } from "../servers/video_host/definition.ts";

/** A video host and an object store as `serve` starts them. */
export class Pair implements AsyncDisposable {
  readonly #scope: AsyncDisposableStack;
  readonly host: Listening;
  readonly store: Listening;

  private constructor(scope: AsyncDisposableStack, host: Listening, store: Listening) {
    this.#scope = scope;
    this.host = host;
    this.store = store;
  }

  static async start(variant: "bug" | "fix"): Promise<Pair> {
    const scope = new AsyncDisposableStack();
    // What is done and deleted is told too; only what went wrong is worth a line among tests.
    const warn = (line: string) => line.startsWith("Cannot") && console.error(line);
    const context = { clock: realClock, warn };
    const store = await objectStoreDefinition.create({ variant }, context);
    scope.defer(() => store.close());
    const storeListening = scope.use(await listen(store));
    const host = await videoHostDefinition.create({ objectStore: storeListening.url }, context);
    scope.defer(() => host.close());
    return new Pair(scope, scope.use(await listen(host)), storeListening);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}

/** A page whose video's events, and whose verdicts, are written down in their order. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Page & AsyncDisposable> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 940 }, ...options });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const log: string[] = [];
    Object.assign(globalThis, { log });
    const document = Reflect.get(globalThis, "document");
    for (const name of ["loadstart", "waiting", "stalled", "loadeddata", "playing", "error"]) {
      document.addEventListener(name, () => log.includes(name) || log.push(name), true);
    }
    document.addEventListener("DOMContentLoaded", () => {
      const verdict = document.getElementById("verdict");
      const Observer = Reflect.get(globalThis, "MutationObserver");
      new Observer(() => {
        const entry = `verdict ${verdict.dataset.kind}`;
        if (log.at(-1) !== entry) log.push(entry);
      }).observe(verdict, { attributes: true });
    });
  });
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(error.message));
  await page.goto(url);
  await page.locator("#upload[aria-disabled=false]").waitFor();
  return Object.assign(page, {
    async [Symbol.asyncDispose]() {
      await context.close();
      assertEquals(problems, []);
    },
  });
}
