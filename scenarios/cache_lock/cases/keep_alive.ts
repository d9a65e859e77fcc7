// Readers wait on connections that have carried an exchange before: `keep-alive`.

import { InconclusiveError } from "../../../lab/errors.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { until } from "../../../lab/until.ts";
import { answerOf, sayAnswer, saysClose } from "../answer.ts";
import {
  type Context,
  lastSentAtMs,
  type Opened,
  openReaders,
  requestHeaders,
  runPath,
  send,
} from "../clients.ts";
import { cacheLockParams } from "../params.ts";
import { judgeRelease, type Release, releaseMetrics } from "../release.ts";
import { sendWriter, settle } from "../stage.ts";
import { leaveHalfClosed, writerDeadline } from "../watch.ts";

/** One complete exchange on each connection, with nobody to wait for. */
async function useOnce(context: Context, opened: readonly Opened[]): Promise<void> {
  const { access, params, clock, timeline } = context;
  const deadlineMs = clock.now() + params.originDelayMs + Math.max(2_000, params.thresholdMs);
  await Promise.all(opened.map(async (one) => {
    const path = runPath(context, `before-${one.lane}`, { sleepMs: 0 });
    const headers = requestHeaders(access);
    const exchange = one.connection.send({ method: "GET", path, headers });
    const answer = await answerOf(context, exchange, deadlineMs);
    if (answer.kind !== "answered") {
      throw new InconclusiveError(
        `the first exchange of ${one.lane}'s connection was not complete: ${sayAnswer(answer)}`,
      );
    }
    if (await saysClose(exchange)) throw notKept("said that it would close");
    timeline.add(one.lane, "connection-kept", { status: answer.status });
  }));
}

const notKept = (how: string) =>
  new InconclusiveError(
    `the target does not keep connections: it ${how} one after its first answer, so that ` +
      "no second request can wait on it (RFC 9112 §9.3 allows that)",
  );

/** Whether the target has closed one of the connections by itself. */
async function closedBefore(context: Context, readers: readonly Opened[]): Promise<boolean> {
  const ends = await Promise.all(
    readers.map(({ connection }) => until(context, connection.closed, context.clock.now())),
  );
  return ends.some((end) => end !== undefined);
}

async function leaveKeptConnections(context: Context): Promise<Release> {
  const { params } = context;
  const opened = await openReaders(context, params.numReaders);
  await useOnce(context, opened);
  const path = runPath(context, "object", { sleepMs: params.originDelayMs });
  const sent = await sendWriter(context, path);
  if (await closedBefore(context, opened)) throw notKept("closed");
  const readers = opened.map((one) => send(context, one, path));
  const queue = await settle(context, sent, {
    count: readers.length,
    sentAtMs: lastSentAtMs(readers),
    answered: () => readers.filter((reader) => reader.answered).length,
  });
  // It may close at any time: a request on its way then is lost, and is no answer (§9.5).
  if (await closedBefore(context, opened)) throw notKept("closed");
  const queued = { ...sent, readers, queue };
  return await leaveHalfClosed(context, queued, writerDeadline(context, queued));
}

/** The second request of a connection waits. */
export const keepAlive: Case = defineCase(cacheLockParams, {
  id: "keep-alive",
  control: false,
  claim: "A reader whose connection was used before is let go just as soon when it disconnects.",
  meaning: "Clients that keep their connections, as browsers and proxies do, are held when they " +
    "give up, even if those with a new connection are not.",
  figure: "serverCloseMs",
  uses: ["collapsing"],
  provokes: "Each reader's connection carries one complete exchange; its second request queues " +
    "behind a writer; then the readers send FIN and read on.",
  rule: "pass: the target closes each connection within the threshold, before the writer has its " +
    "answer, and the origin saw one request for the URL. fail: it held one longer, also when it " +
    "answered on it in the end. inconclusive: the target closed a connection after its first " +
    "answer, or the readers did not queue.",
  source: "RFC 9112 §9.3 (persistence); report: Pingora cache lock client disconnect",
  needs: [],
  // Looking at each connection twice more takes time in which a busy machine must not be done.
  defaults: { originDelayMs: 10_000 },
  provoke: leaveKeptConnections,
  judge: judgeRelease,
  metrics: releaseMetrics,
});
