// Reads a target's figures (`edge-repro/stats@1`) from its stats URL.

import type { Clock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { type Figures, figuresSchema, STATS_SCHEMA } from "../lab/figures.ts";
import { controlJson } from "./http_json.ts";

/**
 * The figures of this moment.
 *
 * @throws {InconclusiveError} when there is nothing at the URL, or no figures.
 */
export async function readFigures(url: URL, options: { signal: AbortSignal }): Promise<Figures> {
  const json = await controlJson("the figures", url, options);
  const parsed = figuresSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new InconclusiveError(
    `Cannot read the figures at ${url.origin}${url.pathname}: received ${sayReceived(json)}, ` +
      `expected ${STATS_SCHEMA}`,
  );
}

/**
 * Asks until the figures are as wanted, or the time is over; gives the last ones either way.
 *
 * @throws {InconclusiveError} as {@linkcode readFigures} does.
 */
export async function waitForFigures(
  url: URL,
  wanted: (figures: Figures) => boolean,
  options: { timeoutMs: number; intervalMs?: number; clock: Clock; signal: AbortSignal },
): Promise<Figures> {
  const { clock, signal, timeoutMs, intervalMs = 5 } = options;
  const endMs = clock.now() + timeoutMs;
  while (true) {
    const figures = await readFigures(url, { signal });
    if (wanted(figures) || clock.now() >= endMs) return figures;
    await clock.sleep(intervalMs, { signal });
  }
}

function sayReceived(json: unknown): string {
  const schema = typeof json === "object" && json !== null && "schema" in json && json.schema;
  if (typeof schema !== "string") return "JSON of another kind";
  return schema === STATS_SCHEMA ? "it with other fields" : JSON.stringify(schema.slice(0, 60));
}
