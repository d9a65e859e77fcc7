// Asks a store for its figures, which it need not have.

import type { Clock } from "../../lab/clock.ts";

/** How long the store's figures are waited for, in milliseconds. */
const FIGURES_MS = 2_000;

/** What a stats URL answers, unchecked; undefined when it does not answer with JSON in time. */
export async function fetchFigures(url: string, clock: Clock): Promise<unknown> {
  const over = new AbortController();
  const cancel = clock.setTimeout(() => over.abort(), FIGURES_MS);
  try {
    const response = await fetch(url, { signal: over.signal });
    return await response.json();
  } catch {
    // The page then shows what the host knows itself.
    return undefined;
  } finally {
    cancel();
  }
}
