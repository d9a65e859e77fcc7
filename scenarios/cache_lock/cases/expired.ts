// The second place where readers wait: what they ask for is stored and has expired (`expired`).

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { inconclusive, type Judgement } from "../../../lab/verdict.ts";
import { type Context, runPath } from "../clients.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { judgeRelease, type Release, releaseMetrics } from "../release.ts";
import { type Queued, queueReaders } from "../stage.ts";
import { EXPIRED_AFTER_MS, FRESH_S, storeAndExpire } from "../stored.ts";
import { leaveHalfClosed, writerDeadline } from "../watch.ts";

const VALIDATORS = { etag: '"same"', lastModified: "Thu, 01 Jan 2026 00:00:00 GMT" };

async function leaveARevalidation(context: Context): Promise<Release> {
  const { originDelayMs } = context.params;
  const path = runPath(context, "object", { sleepMs: originDelayMs, ...VALIDATORS });
  await storeAndExpire(context, path, {
    // Some caches serve what has expired for a while, unless the origin says that they may not:
    // s-maxage does, as proxy-revalidate would (RFC 9111 §5.2.2.10).
    cacheControl: `s-maxage=${FRESH_S}, stale-while-revalidate=0`,
    ...VALIDATORS,
  });
  const queued = await queueAtExpired(context, path);
  return await leaveHalfClosed(context, queued, writerDeadline(context, queued));
}

async function queueAtExpired(context: Context, path: string): Promise<Queued> {
  try {
    return await queueReaders(context, path);
  } catch (error) {
    if (!(error instanceof InconclusiveError)) throw error;
    const message = `the target was asked for what had expired, but ${error.message}`;
    throw new InconclusiveError(message, { cause: error });
  }
}

/** Judges a release as anywhere else, where the readers waited for a revalidation at all. */
export function judgeExpired(release: Release, params: CacheLockParams): Judgement {
  const { queue, leaves } = release;
  if (queue.originRequests !== null && queue.originRequests > 1) {
    return inconclusive(
      `the target does not collapse revalidations: the origin had ${queue.originRequests} requests ` +
        `for one expired URL with ${leaves.length} readers behind one writer`,
    );
  }
  if (queue.answered > 0 || queue.writerAnswered) {
    return inconclusive(
      "the readers did not queue: the target answered with what had expired, although the origin " +
        "had forbidden it with s-maxage (RFC 9111 §5.2.2.10)",
    );
  }
  return judgeRelease(release, params);
}

/** Readers leave while an expired asset is revalidated. */
export const expired: Case = defineCase(cacheLockParams, {
  id: "expired",
  control: false,
  claim: "A reader that disconnects while it waits for a revalidation is let go at once.",
  meaning:
    "Each time a popular asset expires, clients that give up stay on the books until the origin has answered.",
  figure: "serverCloseMs",
  uses: ["revalidation-collapsing"],
  provokes:
    "An asset is stored and expires, which takes 4 s at any pace. A writer revalidates it " +
    "with a slow origin, readers queue behind it, send FIN and read on.",
  rule: "pass: the target closes each connection within the threshold, before the writer has its " +
    "answer, and the origin saw one request for what had expired. fail: it held one longer, also " +
    "when it answered on it in the end. inconclusive: the target does not store the asset, or does " +
    "not collapse revalidations, or no origin log shows that the readers queued.",
  source: "Pingora 0.8, pingora-proxy/src/proxy_cache.rs (its second wait for the cache lock)",
  unpacedMs: EXPIRED_AFTER_MS,
  needs: [],
  provoke: leaveARevalidation,
  judge: judgeExpired,
  metrics: releaseMetrics,
});
