// Stale-while-revalidate, and the client whose request began the revalidation leaves: `stale-leave`.

import { formatDuration } from "../../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import { type Answer, answerOf, sayAnswer } from "../answer.ts";
import { type OriginRequest, originRequests } from "../answers.ts";
import { type Context, openClient, openReaders, runPath, send } from "../clients.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { originLog } from "../stage.ts";
import { EXPIRED_AFTER_MS, storeAndExpire } from "../stored.ts";

const STORED = { etag: '"stored"', lastModified: "Thu, 01 Jan 2026 00:00:00 GMT" };
const FRESH = { etag: '"fresh"', lastModified: "Fri, 02 Jan 2026 00:00:00 GMT" };
/** The two versions have different sizes, and so different bytes. */
const STORED_BYTES = 500;

/** What everyone got who asked for a stale asset. Times are milliseconds of the run's clock. */
export interface StaleLeave {
  /** What the stored answer's content is told by. */
  storedDigest: string;
  /** What the client whose request began the revalidation had got when it left. */
  starter: Answer;
  starterSentAtMs: number;
  starterLeftAtMs: number;
  /** What those got who asked after it, while the revalidation was on its way. */
  readers: readonly Answer[];
  sentAtMs: readonly number[];
  /** Requests that the origin had seen when the starter left; null without its log. */
  revalidations: number | null;
  /** The origin's requests since the asset had expired, in order of arrival; null without its log. */
  origin: readonly OriginRequest[] | null;
  /** What a client got in the end, asked once the origin was done with the revalidation. */
  newcomer: Answer;
}

async function leaveAtStale(context: Context): Promise<StaleLeave> {
  const { access, params, clock, signal, timeline } = context;
  const { originDelayMs, thresholdMs, disconnectDelayMs } = params;
  const path = runPath(context, "object", { sleepMs: originDelayMs, ...FRESH });
  const { digest } = await storeAndExpire(context, path, {
    cacheControl: "stale-while-revalidate=60",
    sizeBytes: STORED_BYTES,
    ...STORED,
  });
  const origin = originLog(context);
  const pathname = new URL(path, access.url).pathname;
  const opened = await openReaders(context, params.numReaders);
  const { connection, exchange } = await openClient(context, "starter", path);
  // Asked for as it arrives: an answer that is there already does not show that it is under way.
  await origin?.waitFor(pathname, { min: 1, timeoutMs: Math.max(2_000, thresholdMs) });
  const readers = opened.map((reader) => send(context, reader, path));
  const leaveAtMs = clock.now() + disconnectDelayMs;
  const starter = await answerOf(context, exchange, exchange.sentAtMs + thresholdMs);
  await clock.sleep(Math.max(0, leaveAtMs - clock.now()), { signal });
  const before = await origin?.read(pathname);
  const starterLeftAtMs = connection.close();
  timeline.add("starter", "closed", {}, starterLeftAtMs);
  const patienceMs = 2 * originDelayMs + 2 * thresholdMs;
  const deadlineMs = clock.now() + patienceMs;
  const answers = await Promise.all(
    readers.map((reader) => answerOf(context, reader.exchange, deadlineMs)),
  );
  if (origin === undefined) await clock.sleep(originDelayMs, { signal });
  else await origin.waitFor(pathname, { min: 1, done: 1, timeoutMs: patienceMs });
  return {
    storedDigest: digest,
    starter,
    starterSentAtMs: exchange.sentAtMs,
    starterLeftAtMs,
    readers: answers,
    sentAtMs: readers.map((reader) => reader.exchange.sentAtMs),
    revalidations: before?.requests.length ?? null,
    newcomer: await askUntilFresh(context, path, digest),
    origin: await originRequests(context, { origin, pathname }),
  };
}

/** The target may need a moment to take the new version in: until then it may serve the old one. */
async function askUntilFresh(context: Context, path: string, stored: string): Promise<Answer> {
  const { params: { originDelayMs, thresholdMs }, clock, signal } = context;
  const untilMs = clock.now() + thresholdMs;
  while (true) {
    await clock.sleep(thresholdMs / 10, { signal });
    const { connection, exchange } = await openClient(context, "newcomer", path);
    const deadlineMs = clock.now() + 2 * originDelayMs + 2 * thresholdMs;
    const answer = await answerOf(context, exchange, deadlineMs);
    connection.close();
    if (!isStale(answer, stored) || clock.now() >= untilMs) return answer;
  }
}

function isStale(answer: Answer, storedDigest: string): boolean {
  return answer.kind === "answered" && answer.status === 200 && answer.digest === storedDigest;
}

/** Judges whether nobody waited for the revalidation, and nobody's leaving ended it. */
export function judgeStaleLeave(seen: StaleLeave, params: CacheLockParams): Judgement {
  const { starter, readers, origin, revalidations, newcomer, storedDigest } = seen;
  const unserved = readers.find((one) => one.kind !== "answered" || one.status !== 200);
  const served = [starter, ...readers].filter((one) => isStale(one, storedDigest)).length;
  if (readers.length === 0) return inconclusive("there was no reader beside the one that left");
  if (origin?.length === 0) {
    return inconclusive(
      "the target did not ask the origin for what had expired: does it keep answers for longer " +
        "than they are fresh?",
    );
  }
  if (unserved) {
    return fail(`a reader of what had expired was not served with 200: ${sayAnswer(unserved)}`);
  }
  if (served === 0) {
    return inconclusive(
      "the target does not serve what has expired while it revalidates it, which RFC 5861 §3 " +
        "allows and does not demand",
    );
  }
  const lost = whyLost(seen);
  if (lost) return fail(lost);
  if (served === readers.length && !isStale(starter, storedDigest)) {
    return inconclusive(
      "the target serves what has expired to others, but its first client waits for the " +
        "revalidation, which RFC 5861 §3 asks caches not to do: is stale-while-revalidate on?",
    );
  }
  const waited = whyWaited(seen, params);
  if (waited) return fail(waited);
  if (origin === null || revalidations === null) {
    return inconclusive("what became of the revalidation is not known (--origin)");
  }
  if (revalidations === 0) {
    return inconclusive("the revalidation had not reached the origin when its client left");
  }
  const [first] = origin;
  if (first?.endedAtMs === null || (first?.endedAtMs ?? 0) <= seen.starterLeftAtMs) {
    return inconclusive(
      "the revalidation was not on its way when its client left: use a longer --origin-delay or a " +
        "shorter --disconnect-delay-ms",
    );
  }
  if (newcomer.kind !== "answered") return inconclusive("the newcomer's answer is not known");
  return pass(
    `all ${served} clients were served at once with what had expired, and the revalidation outlived ` +
      "the client that began it",
  );
}

function whyLost({ origin, revalidations, newcomer, storedDigest }: StaleLeave) {
  if (newcomer.kind !== "answered" || newcomer.status !== 200) {
    return "after the client that began the revalidation had left, a newcomer was not served with " +
      `200: ${sayAnswer(newcomer)}`;
  }
  // Without the log it is not known whether the origin was ever asked.
  if (origin === null || revalidations === null) return undefined;
  const fate = origin[0]?.outcome === "aborted" ? "ended" : "lost";
  if (origin.length > Math.max(1, revalidations)) {
    return `the revalidation was ${fate} when the client that began it left: the origin was asked ` +
      `${origin.length} times, expected ${Math.max(1, revalidations)}`;
  }
  if (isStale(newcomer, storedDigest)) {
    return `the revalidation was ${fate} when the client that began it left: a newcomer still got ` +
      "what had expired";
  }
  return undefined;
}

function whyWaited(seen: StaleLeave, { thresholdMs }: CacheLockParams): string | undefined {
  const { starter, starterSentAtMs, readers, sentAtMs, storedDigest } = seen;
  const asked = [[starter, starterSentAtMs] as const].concat(
    readers.map((reader, index) => [reader, sentAtMs[index] ?? 0] as const),
  );
  const waited = asked.filter(([answer, sentMs]) =>
    !isStale(answer, storedDigest) ||
    answer.kind === "answered" && answer.completedAtMs - sentMs > thresholdMs
  );
  if (waited.length === 0) return undefined;
  const who = isStale(starter, storedDigest) ? "" : ", with the one that began it,";
  return `${waited.length} of ${asked.length} clients${who} were not served at once with what had ` +
    `expired (threshold ${formatDuration(thresholdMs)}): they waited for the revalidation`;
}

function staleMetrics({ readers, sentAtMs, storedDigest, origin }: StaleLeave): Metrics {
  const times = readers.flatMap((answer, index) =>
    answer.kind === "answered" ? [Math.max(0, answer.completedAtMs - (sentAtMs[index] ?? 0))] : []
  );
  const spread = distribution(times, "ms");
  const stale = readers.filter((answer) => isStale(answer, storedDigest)).length;
  return {
    ...(spread && { answerMs: spread }),
    staleAnswers: value(stale, "count"),
    ...(origin && { originRequests: value(origin.length, "count") }),
  };
}

/** The client that began a background revalidation leaves. */
export const staleLeave: Case = defineCase(cacheLockParams, {
  id: "stale-leave",
  control: true,
  claim: "Under stale-while-revalidate nobody waits, and a client that leaves ends nothing.",
  meaning: "Clients wait for the origin although stale-while-revalidate is set, or a client that " +
    "leaves throws the revalidation away.",
  figure: "answerMs",
  uses: ["stale-while-revalidate"],
  provokes:
    "An asset that may be served stale is stored and expires, which takes 4 s at any pace. " +
    "A client asks for it, so that the target revalidates it with a slow origin; readers ask " +
    "too; the client leaves; when the origin is done, a newcomer asks.",
  rule: "pass: the client and the readers get the stored bytes within the threshold, and the " +
    "newcomer gets the new ones without another request at the origin. fail: one of them waits or " +
    "is not served, or the revalidation is lost. inconclusive: the target does not serve what has " +
    "expired, or not to the client that begins the revalidation, or was not revalidating it when the client left.",
  source: "RFC 5861 §3",
  unpacedMs: EXPIRED_AFTER_MS,
  needs: [],
  provoke: leaveAtStale,
  judge: judgeStaleLeave,
  metrics: staleMetrics,
});
