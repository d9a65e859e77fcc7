// The origin's body comes in pieces, and one reader leaves in the middle: `trickle`.

import { formatDuration } from "../../../lab/duration.ts";
import { InconclusiveError } from "../../../lab/errors.ts";
import { distribution, type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import { until } from "../../../lab/until.ts";
import { type Answer, answerOf } from "../answer.ts";
import { type OriginRequest, originRequests, unanswered } from "../answers.ts";
import { type Client, type Context, openReaders, runPath, send } from "../clients.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { sendWriter } from "../stage.ts";

/** In how many pieces the body comes, over one origin delay. */
const CHUNKS = 10;
/** More in each piece than proxies usually gather before they pass it on. In bytes. */
const SIZE_BYTES = CHUNKS * (32 << 10);

/** What everyone got of a body that came slowly. Times are milliseconds of the run's clock. */
export interface Trickle {
  writer: Answer;
  /** The readers that stayed. */
  readers: readonly Answer[];
  /** When the writer's request went out. */
  writerSentAtMs: number;
  /** When the requests of the readers that stayed went out. */
  sentAtMs: readonly number[];
  /** Requests that the origin had seen at the end; null without its log. */
  origin: readonly OriginRequest[] | null;
  /** Requests that the origin had seen when one reader left; null where its log cannot be read. */
  originRequestsBefore: number | null;
  /** When that reader left. */
  leftAtMs: number;
  /** Whether it had everything by then. */
  leaverDone: boolean;
  /** When the first byte of content came: to the writer, then to each reader; null for none. */
  firstByteAtMs: readonly (number | null)[];
}

async function trickleBody(context: Context): Promise<Trickle> {
  const { params, clock, signal, timeline } = context;
  const { originDelayMs } = params;
  const path = runPath(context, "object", {
    sleepMs: 0,
    sizeBytes: SIZE_BYTES,
    chunks: CHUNKS,
    paceMs: originDelayMs / (CHUNKS - 1),
  });
  const opened = await openReaders(context, params.numReaders);
  if (opened.length < 2) {
    throw new InconclusiveError("one reader to leave and one to stay are needed: --num-readers 2");
  }
  const sent = await sendWriter(context, path);
  const { writer, origin, pathname } = sent;
  // A target that keeps everything until the fill is over would let the readers come too late.
  const latestMs = writer.exchange.sentAtMs + originDelayMs / 4;
  while (writer.exchange.received === 0 && clock.now() < latestMs) await clock.sleep(1, { signal });
  const [leaver, ...readers] = opened.map((one) => send(context, one, path));
  const restMs = writer.exchange.sentAtMs + originDelayMs / 2 - clock.now();
  if (restMs > 0) await clock.sleep(restMs, { signal });
  const log = await origin?.read(pathname);
  const leaverDone = leaver === undefined || await isDone(context, leaver);
  const leftAtMs = leaver?.connection.close() ?? clock.now();
  timeline.add("reader-1", "closed", { received: leaver?.exchange.received ?? 0 }, leftAtMs);
  const deadlineMs = writer.exchange.sentAtMs + 3 * originDelayMs + 2 * params.thresholdMs;
  const [first, ...others] = await Promise.all(
    [writer, ...readers].map((one) => answerOf(context, one.exchange, deadlineMs)),
  );
  return {
    writer: first ?? { kind: "open", atMs: clock.now() },
    readers: others,
    writerSentAtMs: writer.exchange.sentAtMs,
    sentAtMs: readers.map(({ exchange }) => exchange.sentAtMs),
    origin: await originRequests(context, sent),
    originRequestsBefore: log?.requests.length ?? null,
    leftAtMs,
    leaverDone,
    firstByteAtMs: await Promise.all([writer, ...readers].map((one) => firstByteOf(context, one))),
  };
}

async function isDone(context: Context, { exchange }: Client): Promise<boolean> {
  const now = context.clock.now();
  return await until(context, exchange.body.then(() => true, () => true), now) ?? false;
}

async function firstByteOf(context: Context, { exchange }: Client): Promise<number | null> {
  const body = exchange.body.then(({ firstByteAtMs }) => firstByteAtMs, () => null);
  return await until(context, body, context.clock.now()) ?? null;
}

/** Judges whether those who stayed got every byte, soon after the origin had sent it. */
export function judgeTrickle(seen: Trickle, params: CacheLockParams): Judgement {
  const { originRequestsBefore, origin } = seen;
  if (seen.readers.length === 0) return inconclusive("there was no reader to stay");
  if (origin === null || originRequestsBefore === null) {
    return inconclusive(
      "when the origin was done, and that the readers waited for the writer's fill, is not known " +
        "(--origin)",
    );
  }
  if (originRequestsBefore !== 1) {
    return inconclusive(
      `the readers did not wait for the writer's fill: the origin had ${originRequestsBefore} ` +
        "requests for one URL when one of them left",
    );
  }
  const everyone = [seen.writer, ...seen.readers];
  const missing = unanswered(everyone, (status) => status === 200);
  if (missing) return fail(`of those who stayed not all were served (writer first): ${missing}`);
  const short = everyone.find((one) => one.kind === "answered" && one.sizeBytes !== SIZE_BYTES);
  if (short?.kind === "answered") {
    return fail(`those who stayed got ${short.sizeBytes} bytes of ${SIZE_BYTES}`);
  }
  // One that was let go by a lock timeout has a complete copy of its own, which is not this case's.
  if (origin.length > originRequestsBefore) {
    return inconclusive(
      `not all who stayed waited for the writer's fill to the end: the origin had ${origin.length} ` +
        `requests for one URL then, and ${originRequestsBefore} when one of them left`,
    );
  }
  const digests = new Set(everyone.map((one) => one.kind === "answered" && one.digest));
  if (digests.size > 1) {
    return fail(`those who stayed got ${digests.size} versions of one URL from 1 origin request`);
  }
  const fillEndMs = origin[0]?.endedAtMs ?? seen.writerSentAtMs + params.originDelayMs;
  const lastMs = Math.max(
    ...everyone.map((one) => one.kind === "answered" ? one.completedAtMs : 0),
  );
  const lateMs = Math.max(0, lastMs - fillEndMs);
  const limitMs = params.originDelayMs + params.thresholdMs;
  if (lateMs > limitMs) {
    return fail(
      `the last of those who stayed was done ${
        formatDuration(lateMs)
      } after the origin, expected ` +
        `within ${formatDuration(limitMs)}`,
    );
  }
  const joinedMs = Math.max(...seen.sentAtMs);
  if (seen.leaverDone || fillEndMs <= seen.leftAtMs || fillEndMs <= joinedMs) {
    return inconclusive("the fill was over before one reader left in the middle of it");
  }
  return pass(
    `${everyone.length} clients that stayed got all ${SIZE_BYTES} bytes, the last of them ` +
      `${formatDuration(lateMs)} after the origin was done${sayLag(seen)}`,
  );
}

/** How long after the writer's first byte each reader had its own, in milliseconds. */
function lagsMs({ firstByteAtMs: [writerAtMs, ...readers] }: Trickle): number[] {
  return readers.flatMap((atMs) =>
    atMs === null || writerAtMs == null ? [] : [Math.max(0, atMs - writerAtMs)]
  );
}

function sayLag(seen: Trickle): string {
  const lags = lagsMs(seen);
  return lags.length === 0
    ? ""
    : `; readers had their first byte at most ${
      formatDuration(Math.max(...lags))
    } after the writer`;
}

function trickleMetrics(seen: Trickle): Metrics {
  const lag = distribution(lagsMs(seen), "ms");
  return {
    ...(lag && { readerLagMs: lag }),
    ...(seen.origin && { originRequests: value(seen.origin.length, "count") }),
  };
}

/** The origin trickles. */
export const trickle: Case = defineCase(cacheLockParams, {
  id: "trickle",
  control: true,
  claim: "While the origin sends slowly, those who wait for one fill get every byte of it, also " +
    "when one of them leaves in the middle.",
  meaning:
    "Clients of a large or slow object are cut short or delayed because another of them left.",
  figure: "readerLagMs",
  uses: ["collapsing"],
  provokes:
    "The origin sends its header at once and its body in ten pieces over one origin delay; " +
    "readers join after the writer's first bytes, and one of them closes half-way.",
  rule: "pass: writer and remaining readers get the same bytes, all of them, within one origin " +
    "delay and the threshold after the origin was done. fail: one is cut short, gets other bytes, " +
    "or is later, all from one request. inconclusive: the readers made requests of their own, sooner " +
    "or later, or the fill was over too soon. How long after the writer the readers had their first byte is reported, not judged.",
  source: "RFC 9111 §3.3 (incomplete responses), §4 (a cache may collapse requests); Varnish " +
    "(beresp.do_stream), Traffic Server (read-while-writer)",
  needs: [],
  provoke: trickleBody,
  judge: judgeTrickle,
  metrics: trickleMetrics,
});
