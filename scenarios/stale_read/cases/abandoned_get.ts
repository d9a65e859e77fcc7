// A read of the object while another was left unread: `abandoned-get`, `abandoned-range`, `expiry`.

import { InconclusiveError } from "../../../lab/errors.ts";
import type { Metrics } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { abandon } from "../abandon.ts";
import { type Beside, readBeside } from "../beside.ts";
import { allClients, plainClient, rangeClient } from "../clients.ts";
import { LEAST_OBJECT_BYTES, staleReadParams } from "../params.ts";
import type { ByteRange } from "../requests.ts";
import { type Context, setStage } from "../stage.ts";
import { judgeStale, staleMetrics } from "../stale.ts";

/** The report. */
export const SEED = "report: Cloudflare R2 stale connections";

/** How a second read is judged, for `describe`. */
export const RULE =
  "pass: each first byte comes within the threshold while the abandoned read is " +
  "proved to be open, in the middle of its body. fail: one does not, or is refused, while another " +
  "object is read at once. inconclusive: the target is slow for every object, or answers late by " +
  "itself, or nothing was left unread, or a client that was asked for could not read.";

async function abandonWhole(context: Context): Promise<Beside> {
  const stage = await setStage(context);
  const { clients, leftOut, unusable } = await allClients(context, stage);
  const read = await abandon(context, stage);
  return await readBeside(context, stage, read, clients, { leftOut, unusable });
}

/** How much of the object stands before the range that is abandoned, in bytes. */
const BEFORE_BYTES = 65_536;

async function abandonRange(context: Context): Promise<Beside> {
  const stage = await setStage(context);
  const range: ByteRange = { first: BEFORE_BYTES, last: context.params.objectSize - 1 };
  const read = await abandon(context, stage, { range });
  if (read.head.status !== 206) {
    throw new InconclusiveError(
      `the target does not serve ranges: it answered one with ${read.head.status}, expected 206`,
    );
  }
  const before = rangeClient(stage, { first: 0, last: BEFORE_BYTES - 1 });
  return await readBeside(context, stage, read, [plainClient(stage), before]);
}

async function awaitExpiry(context: Context): Promise<Beside> {
  const stage = await setStage(context);
  const read = await abandon(context, stage);
  return await readBeside(context, stage, read, [plainClient(stage)], { keepOpen: true });
}

/** Of one that was held, since when it could be: what the report gives as 60 s. */
function expiryMetrics(seen: Beside): Metrics {
  const { sinceAbandonedMs: releaseMs, ...others } = staleMetrics(seen);
  const held = seen.readers.some(({ control }) => control !== null);
  return { ...others, ...(releaseMs && held && { releaseMs }) };
}

/** The report's own. */
export const abandonedGet: Case = defineCase(staleReadParams, {
  id: "abandoned-get",
  control: false,
  claim:
    "A GET whose body nobody reads does not keep other reads of the object from being answered.",
  provokes:
    "Uploads an object, GETs it at once and leaves the body unread. Then reads it by plain " +
    "HTTP, by the bucket's public URL and with the AWS SDK, as far as these can be used.",
  meaning: "One client that forgets to read or cancel a body makes the object unreadable for a " +
    "whole region, for as long as its connection is open.",
  rule: RULE,
  source: `${SEED}, "What the Program Does"`,
  figure: "firstByteMs",
  needs: [],
  // Loading the SDK would hold up whatever runs beside it.
  alone: "last",
  provoke: abandonWhole,
  judge: judgeStale,
  metrics: staleMetrics,
});

/** The same with a range. */
export const abandonedRange: Case = defineCase(staleReadParams, {
  id: "abandoned-range",
  control: false,
  claim: "A GET of a range whose body nobody reads does not hold up other reads of the object.",
  provokes: "As 'abandoned-get', with a range that leaves out the first 64 KiB; then the whole " +
    "object is read, and only those 64 KiB.",
  meaning: "A video player that stops in the middle makes the video unreadable for all others.",
  rule: RULE,
  source: `${SEED}: a video element reads by ranges; RFC 9110 §14`,
  figure: "firstByteMs",
  needs: [],
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  provoke: abandonRange,
  judge: judgeStale,
  metrics: staleMetrics,
});

/** Nobody closes anything. */
export const expiry: Case = defineCase(staleReadParams, {
  id: "expiry",
  control: false,
  claim: "No read of an object waits for a lock timeout behind a GET that is left unread and open.",
  provokes:
    "As 'abandoned-get', but the unread GET stays open; where reads are held, the time is " +
    "measured at which they come back (60 s by the report).",
  meaning: "A client that hangs, rather than ends, makes the object unreadable until a timeout.",
  rule: RULE,
  source:
    `${SEED}: "until the connection is closed e.g. the program is closed or after 60 seconds"`,
  figure: "firstByteMs",
  needs: [],
  defaults: { objectSize: LEAST_OBJECT_BYTES },
  provoke: awaitExpiry,
  judge: judgeStale,
  metrics: expiryMetrics,
});
