// Readers cancel their HTTP/2 streams while the connection stays: `h2-cancel`.

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { own } from "../../../lab/scope.ts";
import { ExchangeError } from "../../../probes/exchange.ts";
import { waitForFigures } from "../../../probes/figures.ts";
import { Http2Connection, type Http2Exchange } from "../../../probes/http2.ts";
import { cacheLockParams } from "../params.ts";
import { judgeRelease, type Release, releaseMetrics } from "../release.ts";
import { type Answer, answerOf, sayAnswer } from "../answer.ts";
import { type Context, requestHeaders, runPath } from "../clients.ts";
import { sendWriter } from "../stage.ts";
import { releaseOf, watchFigures, writerDeadline } from "../watch.ts";

async function cancelStreams(context: Context): Promise<Release> {
  const { access, params, clock, signal, timeline } = context;
  const path = runPath(context, "object", { sleepMs: params.originDelayMs });
  const connection = await openHttp2(context);
  // The writer is alone on a connection of its own; the readers share one with a witness.
  const { writer, origin, pathname } = await sendWriter(context, path);
  const early = new Set<Http2Exchange>();
  const send = (lane: string): Http2Exchange => {
    const exchange = connection.send({ method: "GET", path, headers: requestHeaders(access) });
    timeline.add(lane, "request-sent", {}, exchange.sentAtMs);
    const begun = () => void early.add(exchange);
    exchange.firstByte.then(begun, begun);
    return exchange;
  };
  const witness = send("witness");
  const readers = Array.from({ length: params.numReaders }, (_, n) => send(`reader-${n + 1}`));
  const { statsUrl } = access;
  if (statsUrl === undefined) {
    throw new InconclusiveError("the target has no figures (--stats-url)");
  }
  const figures = await waitForFigures(statsUrl, ({ waiting }) => waiting > readers.length, {
    timeoutMs: Math.max(2_000, params.thresholdMs),
    clock,
    signal,
  });
  const restMs = params.disconnectDelayMs - (clock.now() - witness.sentAtMs);
  if (restMs > 0) await clock.sleep(restMs, { signal });
  const log = await origin?.read(pathname);
  const answered = readers.filter((exchange) => early.has(exchange)).length;
  const queue = {
    originRequests: log?.requests.length ?? null,
    answered,
    writerAnswered: writer.answered,
    waiting: figures.waiting,
  };
  const queued = { writer, readers: [], origin, pathname, queue };
  const leftAtMs = readers.map((exchange, index) => {
    const atMs = exchange.cancel();
    timeline.add(`reader-${index + 1}`, "stream-cancelled", {}, atMs);
    return atMs;
  });
  const deadlineMs = writerDeadline(context, queued);
  const leaves = await watchFigures(context, figures.waiting, leftAtMs, deadlineMs);
  const [alone, shared] = await Promise.all([
    answerOf(context, writer.exchange, deadlineMs),
    answerOf(context, witness, deadlineMs),
  ]);
  const harm = harmOf(alone, shared);
  return await releaseOf(context, queued, leaves, {
    halfClosed: false,
    ...(harm && { harm }),
  });
}

/** What the cancelled streams did to the one that stayed. */
function harmOf(writer: Answer, witness: Answer): string | undefined {
  if (witness.kind !== "answered") {
    return `a stream that stayed on the readers' connection was harmed: ${sayAnswer(witness)}`;
  }
  if (writer.kind === "answered" && writer.digest !== witness.digest) {
    return "a stream that stayed on the readers' connection got other bytes than the writer";
  }
  return undefined;
}

async function openHttp2(context: Context): Promise<Http2Connection> {
  const { access, clock, scope, signal } = context;
  try {
    const options = { url: access.url, insecure: access.insecure, clock, signal };
    return own(scope, await Http2Connection.connect(options));
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    throw new InconclusiveError(`the target cannot be asked over HTTP/2: ${error.message}`);
  }
}

/** Readers cancel their streams. */
export const h2Cancel: Case = defineCase(cacheLockParams, {
  id: "h2-cancel",
  control: false,
  claim: "A reader that cancels its HTTP/2 stream while it waits for the cache lock is let go at " +
    "once, and other streams of its connection go on.",
  meaning:
    "A cancelled stream goes on costing: a client can have more of them at work than its stream limit says.",
  figure: "serverCloseMs",
  uses: ["collapsing", "http2"],
  provokes: "Readers on one HTTP/2 connection send RST_STREAM(CANCEL) while one more stream waits.",
  rule:
    "pass: by its own figures the target lets go of each reader within the threshold, and the " +
    "stream that stays gets the writer's bytes. fail: it held one longer, or the stream that " +
    "stays was harmed.",
  source: "RFC 9113 §5.4.2, §8.7; the seed says that HTTP/2 is affected",
  needs: ["figures"],
  provoke: cancelStreams,
  judge: judgeRelease,
  metrics: releaseMetrics,
});
