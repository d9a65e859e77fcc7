// Many read the object while one read is left: `many-readers`.

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { abandon } from "../abandon.ts";
import { start } from "../attempt.ts";
import { allOf, type Beside, type Client, readBeside } from "../beside.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import { sayReading, tookMs } from "../reading.ts";
import { get } from "../requests.ts";
import { type Context, patienceMs, setStage } from "../stage.ts";
import { judgeStale, type Stale, staleMetrics } from "../stale.ts";
import { RULE, SEED } from "./abandoned_get.ts";

/** How much each of them reads, in bytes: 50 of them are to cost nothing. */
const EACH_BYTES = 4_096;

async function readTogether(context: Context): Promise<Beside> {
  const stage = await setStage(context);
  const control = get(stage, stage.other);
  const clients = Array.from({ length: context.params.numReaders }, (_, index): Client => {
    const first = index * EACH_BYTES % (stage.object.content.sizeBytes - EACH_BYTES);
    const range = { first, last: first + EACH_BYTES - 1 };
    const request = get(stage, stage.object, { range });
    return { via: "range", lane: `reader-${index + 1}`, request, control };
  });
  const baselineMs = await measure(context, clients);
  const read = await abandon(context, stage);
  return await readBeside(context, stage, read, clients, { baselineMs });
}

/** How long the last of them takes when nobody else reads the object, in milliseconds. */
async function measure(context: Context, clients: readonly Client[]): Promise<number> {
  const { clock, params } = context;
  const attempts = clients.map(({ lane, request }) => start(context, `before-${lane}`, request));
  await allOf(context, attempts, clock.now() + patienceMs(params));
  const readings = attempts.map((attempt) => attempt.now());
  const not = readings.find(({ kind }) => kind !== "answered");
  if (not === undefined) return Math.max(...readings.map(tookMs));
  throw new InconclusiveError(
    `${clients.length} cannot read the object at all: ${sayReading(not)}`,
  );
}

/**
 * In which order readers were answered, and how far apart.
 *
 * @returns `inversions`: pairs of which the one sent later was answered earlier, of all pairs; and the
 * time from the first answer to the last; nothing of fewer than two answers.
 */
export function orderMetrics(readers: Stale["readers"]): Metrics {
  const answered = readers.flatMap(({ first }) => first.kind === "answered" ? [first] : [])
    .toSorted((a, b) => a.sentAtMs - b.sentAtMs);
  if (answered.length < 2) return {};
  const atMs = answered.map(({ answeredAtMs }) => answeredAtMs);
  let inversions = 0;
  for (const [index, one] of answered.entries()) {
    for (const later of answered.slice(index + 1)) {
      if (later.sentAtMs > one.sentAtMs && later.answeredAtMs < one.answeredAtMs) inversions++;
    }
  }
  return {
    inversions: value(inversions, "count"),
    pairs: value(answered.length * (answered.length - 1) / 2, "count"),
    spreadMs: value(Math.max(...atMs) - Math.min(...atMs), "ms"),
  };
}

/** Fifty readers. */
export const manyReaders: Case = defineCase(staleReadParams, {
  id: "many-readers",
  control: false,
  claim: "However many read an object beside a GET that is left unread, all are answered at once.",
  provokes:
    "50 readers of 4 KiB each, and how long the last of them takes; then as 'abandoned-get', and " +
    "the same readers again. Where they are held: in which order they come back, and how far apart.",
  meaning:
    "All visitors of a page wait for one client that forgot to read, and come back in a herd.",
  rule: RULE.replace(
    "the threshold",
    "the threshold and thrice the time that the last one took before",
  ),
  source: `${SEED}: "any attempts to read the object within the same region"`,
  figure: "firstByteMs",
  needs: [],
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  provoke: readTogether,
  judge: judgeStale,
  metrics: (seen) => ({ ...staleMetrics(seen), ...orderMetrics(seen.readers) }),
});
