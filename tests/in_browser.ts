// Tests of pages in one browser: it is started once, and each test has a profile of its own in it.

import type { Browser } from "playwright-core";
import { browserAvailability, CHROMIUM, CHROMIUM_ARGS } from "../probes/browser.ts";
import { sideBySide, type Step } from "./side_by_side.ts";

/** Starts the browser. */
async function launch(): Promise<Browser & AsyncDisposable> {
  const { chromium } = await import("playwright-core");
  return await chromium.launch({ executablePath: CHROMIUM, args: [...CHROMIUM_ARGS] });
}

/** A look at a page, in a browser that others use as well. */
export interface Look {
  /** What it shows. */
  name: string;
  /** Whether no other page may be there meanwhile: keys go to the one that has the focus. */
  alone?: boolean;
  /** Rejects when it does not hold. */
  look: (browser: Browser) => Promise<void>;
}

/** How many pages are looked at at once. */
const PAGES_AT_ONCE = 2;

/** Declares one test of `what`, with a step for each look at it. */
export async function testInBrowser(what: string, looks: readonly Look[]): Promise<void> {
  const { available } = await browserAvailability();
  Deno.test({
    name: available ? what : `NOT TESTED, there is no browser: ${what}`,
    ignore: !available,
    async fn(t) {
      await using browser = await launch();
      const steps = (alone: boolean) =>
        looks.filter((one) => (one.alone ?? false) === alone)
          .map(({ name, look }): Step => ({ name, fn: () => look(browser) }));
      await sideBySide(t, PAGES_AT_ONCE, steps(false));
      await sideBySide(t, 1, steps(true));
    },
  });
}
