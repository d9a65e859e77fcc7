// A second request comes while the first of its connection waits: `pipelined`, `pipelined-writer`.

import { type Case, type CaseDefinition, defineCase } from "../../../lab/scenario.ts";
import type { Exchange } from "../../../probes/exchange.ts";
import type { Http1Request } from "../../../probes/http1.ts";
import { answerOf, saysClose } from "../answer.ts";
import { originRequests } from "../answers.ts";
import {
  type Client,
  type Context,
  lastSentAtMs,
  type Opened,
  openReaders,
  requestHeaders,
  runPath,
} from "../clients.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import {
  FIRST_BYTES,
  judgePipelined,
  type Pair,
  type Pipelined,
  pipelinedMetrics,
  SECOND_BYTES,
} from "../pipelined_judge.ts";
import { type Queued, queueReaders, sendWriter, settle } from "../stage.ts";

/** A connection with its two exchanges. */
interface Sent {
  client: Client;
  second: Exchange;
}

const get = (context: Context, name: string, sleepMs: number, sizeBytes: number) => ({
  method: "GET",
  path: runPath(context, name, { sleepMs, sizeBytes }),
  headers: requestHeaders(context.access),
});
const firstRequest = (context: Context) =>
  get(context, "object", context.params.originDelayMs, FIRST_BYTES);
const secondRequest = (context: Context, lane: string) =>
  get(context, `after-${lane}`, 0, SECOND_BYTES);

/** Both requests of a connection in one piece. */
function sendBoth(context: Context, { lane, connection }: Opened, request: Http1Request): Sent {
  const [exchange, second] = connection.pipeline([request, secondRequest(context, lane)]);
  if (exchange === undefined || second === undefined) throw new Error("two were sent");
  context.timeline.add(lane, "requests-sent", { requests: 2 }, exchange.sentAtMs);
  const client: Client = { lane, connection, exchange, answered: false };
  const answered = () => void (client.answered = true);
  exchange.firstByte.then(answered, answered);
  return { client, second };
}

/** Whether the target serves two requests at once when there is nothing to wait for. */
async function pipelineUnhindered(context: Context): Promise<Pair> {
  const { params, clock } = context;
  const [opened] = await openReaders(context, 1);
  if (opened === undefined) throw new Error("one was opened");
  const one = { ...opened, lane: "unhindered" };
  const both = sendBoth(context, one, get(context, "before", 0, FIRST_BYTES));
  const pair = await pairOf(context, both, clock.now() + 2 * params.originDelayMs);
  opened.connection.close();
  return pair;
}

async function pipelineReaders(context: Context): Promise<Pipelined> {
  const unhindered = await pipelineUnhindered(context);
  const first = firstRequest(context);
  const opened = await openReaders(context, context.params.numReaders);
  const sent = await sendWriter(context, first.path);
  const both = opened.map((one) => sendBoth(context, one, first));
  const readers = both.map(({ client }) => client);
  const queue = await settle(context, sent, {
    count: readers.length,
    sentAtMs: lastSentAtMs(readers),
    answered: () => readers.filter((reader) => reader.answered).length,
  });
  const seen = await collect(context, { ...sent, readers, queue }, both, [sent.writer]);
  return { ...seen, unhindered };
}

async function pipelineWriter(context: Context): Promise<Pipelined> {
  const unhindered = await pipelineUnhindered(context);
  const queued = await queueReaders(context, firstRequest(context).path);
  const { writer, readers } = queued;
  // It waits for the origin by now: whatever comes here comes during that wait.
  const second = writer.connection.send(secondRequest(context, writer.lane));
  context.timeline.add(writer.lane, "second-request-sent", {}, second.sentAtMs);
  const seen = await collect(context, queued, [{ client: writer, second }], readers);
  return { ...seen, unhindered };
}

async function collect(
  context: Context,
  queued: Queued,
  both: readonly Sent[],
  alone: readonly Client[],
): Promise<Omit<Pipelined, "unhindered">> {
  const { params, clock } = context;
  const deadlineMs = clock.now() + 2 * params.originDelayMs + params.lockWaitTimeoutMs;
  const pairs = both.map((one) => pairOf(context, one, deadlineMs));
  const others = alone.map((client) => answerOf(context, client.exchange, deadlineMs));
  return {
    queue: queued.queue,
    readers: queued.readers.length,
    pairs: await Promise.all(pairs),
    others: await Promise.all(others),
    origin: await originRequests(context, queued),
  };
}

async function pairOf(
  context: Context,
  { client, second }: Sent,
  deadlineMs: number,
): Promise<Pair> {
  const [one, two] = await Promise.all([
    answerOf(context, client.exchange, deadlineMs),
    answerOf(context, second, deadlineMs),
  ]);
  for (const [event, answer] of [["first-answer", one], ["second-answer", two]] as const) {
    const atMs = answer.kind === "answered" ? answer.completedAtMs : answer.atMs;
    const status = answer.kind === "answered" ? answer.status : answer.kind;
    context.timeline.add(client.lane, event, { status }, atMs);
  }
  const closing = one.kind === "answered" && await saysClose(client.exchange);
  return { lane: client.lane, first: one, second: two, closing };
}

const RULE = "pass: every connection gets both answers, in order, complete and 200. fail: an " +
  "answer is missing, cut short, out of order or another, or the connection is closed before the " +
  "second without the client being told, whether the wait or the target's own limits are why: the " +
  "reason says what it does with nothing to wait for. inconclusive: the first answer is complete and says " +
  "`Connection: close`, after which a client has to send the second request again.";

function pipelinedCase(
  definition: Omit<
    CaseDefinition<CacheLockParams, Pipelined>,
    "control" | "rule" | "figure" | "uses" | "needs" | "judge" | "metrics"
  >,
): Case {
  return defineCase(cacheLockParams, {
    ...definition,
    control: true,
    rule: RULE,
    figure: "lostAnswers",
    uses: ["collapsing"],
    needs: [],
    judge: judgePipelined,
    metrics: pipelinedMetrics,
  });
}

/** Readers send two requests at once. */
export const pipelined: Case = pipelinedCase({
  id: "pipelined",
  claim: "A reader that has sent its next request already gets both answers, in order.",
  meaning:
    "A client that sends its next request before it has the first answer loses an answer, or " +
    "its connection: when it waits for the fetch of another, or always, which the reason tells apart.",
  provokes: "Each reader sends two requests in one piece: the first queues behind a writer, the " +
    "second is for another URL that the origin answers at once. Nobody leaves. Before, the same with " +
    "nothing to wait for, to say whether the wait makes the difference.",
  source: "RFC 9112 §9.3.2 (pipelining: responses in the order of the requests)",
  provoke: pipelineReaders,
});

/** The writer sends a second request while it waits for the origin. */
export const pipelinedWriter: Case = pipelinedCase({
  id: "pipelined-writer",
  claim: "A writer that sends its next request while the origin is at work gets both answers.",
  meaning:
    "A client that sends its next request before it has the first answer loses an answer although " +
    "the origin gave one: when its fetch takes a while, or always, which the reason tells apart.",
  provokes: "Readers queue behind a writer, which then sends a second request on its connection, " +
    "for another URL that the origin answers at once. Nobody leaves. Before, two requests in one " +
    "piece with nothing to wait for.",
  source:
    "RFC 9112 §9.3.2; Pingora 0.8, pingora-core/src/protocols/http/v1/server.rs (a byte that " +
    "comes after the request's end is an error of the client's side)",
  provoke: pipelineWriter,
});
