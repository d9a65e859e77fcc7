// Nobody leaves while what they ask for is revalidated: `revalidate`.

import { type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, type Judgement } from "../../../lab/verdict.ts";
import type { Answer } from "../answer.ts";
import { type Answers, answersMetrics, collectAnswers } from "../answers.ts";
import { type Context, runPath } from "../clients.ts";
import { judgeCollapsed } from "../collapsed.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { queueReaders } from "../stage.ts";
import { EXPIRED_AFTER_MS, FRESH_S, storeAndExpire } from "../stored.ts";

const STORED = { etag: '"stored"', lastModified: "Thu, 01 Jan 2026 00:00:00 GMT" };
const FRESH = { etag: '"fresh"', lastModified: "Fri, 02 Jan 2026 00:00:00 GMT" };
/** The two versions have different sizes, and so different bytes. */
const STORED_BYTES = 500;

/** What everyone got who asked for an expired URL. */
export interface Revalidated extends Answers {
  /** What the expired answer's content is told by. */
  storedDigest: string;
}

async function askForExpired(context: Context): Promise<Revalidated> {
  const { params, clock } = context;
  const path = runPath(context, "object", { sleepMs: params.originDelayMs, ...FRESH });
  const { digest } = await storeAndExpire(context, path, {
    cacheControl: `s-maxage=${FRESH_S}, stale-while-revalidate=0`,
    sizeBytes: STORED_BYTES,
    ...STORED,
  });
  const queued = await queueReaders(context, path);
  const inARow = params.originDelayMs * (params.numReaders + 2);
  const deadlineMs = clock.now() + inARow + params.thresholdMs;
  return { ...await collectAnswers(context, queued, deadlineMs), storedDigest: digest };
}

function staleOf({ writer, readers, storedDigest }: Revalidated): Answer[] {
  return [writer, ...readers]
    .filter((one) => one.kind === "answered" && one.digest === storedDigest);
}

function revalidatedMetrics(seen: Revalidated): Metrics {
  return { ...answersMetrics(seen), staleAnswers: value(staleOf(seen).length, "stale") };
}

/** Judges whether everyone got the new version, from one request at the origin. */
export function judgeRevalidated(seen: Revalidated, _params: CacheLockParams): Judgement {
  const stale = staleOf(seen);
  if (stale.length > 0) {
    return fail(
      `${stale.length} of ${seen.readers.length + 1} clients got what had expired, although the ` +
        "origin had forbidden it with s-maxage (RFC 9111 §4.2.4)",
    );
  }
  return judgeCollapsed(seen, { what: "revalidations", url: "expired", got: "the new version" });
}

/** Nobody leaves. */
export const revalidate: Case = defineCase(cacheLockParams, {
  id: "revalidate",
  control: true,
  claim: "When a popular URL expires, one request at the origin serves everyone the new version.",
  meaning: "Each time a popular asset expires the origin gets a burst, or clients get what the " +
    "origin has forbidden to serve.",
  figure: "staleAnswers",
  uses: ["revalidation-collapsing"],
  provokes:
    "An asset is stored and expires, which takes 4 s at any pace; its origin allows nobody to serve " +
    "it then. A writer asks, readers ask while the origin is at work, and nobody leaves.",
  rule:
    "pass: the origin saw one request, everyone got the new version. fail: one got the expired " +
    "version, or no answer, or the origin saw several. inconclusive: the target does " +
    "not collapse revalidations at all, or by its own figures the readers did not wait.",
  source:
    "RFC 9111 §4.2.4 (a stale response that the origin prohibits must not be served), §5.2.2.10",
  unpacedMs: EXPIRED_AFTER_MS,
  needs: [],
  provoke: askForExpired,
  judge: judgeRevalidated,
  metrics: revalidatedMetrics,
});
