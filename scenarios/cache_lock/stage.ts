// The stage of every `cache-lock` case: a writer at the origin, readers queued behind it, all seen.

import { InconclusiveError } from "../../lab/errors.ts";
import { own } from "../../lab/scope.ts";
import { readFigures, waitForFigures } from "../../probes/figures.ts";
import { OriginLogClient } from "../../probes/origin.ts";
import { answerOf, sayAnswer } from "./answer.ts";
import {
  type Client,
  type Context,
  lastSentAtMs,
  openClient,
  openReaders,
  type RequestForm,
  send,
} from "./clients.ts";

/** The log of the origin behind the target, where it can be read. */
export function originLog(context: Context): OriginLogClient | undefined {
  const { access: { originUrl }, clock, scope, signal } = context;
  return originUrl && own(scope, new OriginLogClient({ url: originUrl, clock, signal }));
}

/** What proves, or does not, that the readers were queued when they left. */
export interface Queue {
  /** Requests that the origin had seen by then; null where its log cannot be read. */
  originRequests: number | null;
  /** Readers that had an answer by then. */
  answered: number;
  /** Whether the writer had an answer by then. */
  writerAnswered: boolean;
  /** Requests that the target itself said were waiting; null where it has no figures. */
  waiting: number | null;
}

/** A writer at work and the readers behind it. */
export interface Queued {
  writer: Client;
  readers: Client[];
  origin: OriginLogClient | undefined;
  /** The run's URL as the origin's log has it. */
  pathname: string;
  queue: Queue;
}

/**
 * Sends the writer, waits until the origin has its request, sends the readers, and gives them the
 * time to queue. The readers' connections are opened before, so that connecting takes nothing of the origin's delay.
 *
 * @param options.count How many readers; the parameter `numReaders` by default.
 * @param options.settleMs How long they are given; the disconnect delay by default.
 * @param options.writer What the writer's request has of its own.
 * @param options.reader What the request of each reader, counted from 0, has of its own.
 */
export async function queueReaders(
  context: Context,
  path: string,
  options: {
    count?: number;
    settleMs?: number;
    writer?: RequestForm;
    reader?: (index: number) => RequestForm;
  } = {},
): Promise<Queued> {
  const { count = context.params.numReaders, settleMs } = options;
  const opened = await openReaders(context, count);
  const sent = await sendWriter(context, path, options.writer);
  const readers = opened.map((reader, index) =>
    send(context, reader, path, options.reader?.(index))
  );
  const queue = await settle(context, sent, {
    count,
    sentAtMs: lastSentAtMs(readers),
    answered: () => readers.filter((reader) => reader.answered).length,
    ...(settleMs !== undefined && { settleMs }),
  });
  return { ...sent, readers, queue };
}

/** What waits behind a writer. */
export interface Waiting {
  /** How many requests are to wait. */
  count: number;
  /** When the last of them was sent, in milliseconds of the run's clock. */
  sentAtMs: number;
  /** How many have been answered, or have failed, by now. */
  answered(): number;
  /** How long they are given; the disconnect delay when left out. */
  settleMs?: number;
}

/**
 * Gives requests that were just sent behind a writer the time to queue, and looks whether they do.
 * Where the target has figures it also waits until these count all of them; where it has none, they
 * get twice as long as the writer took to reach the origin, though not more than half its delay.
 */
export async function settle(
  context: Context,
  { writer, origin, pathname }: Pick<Queued, "writer" | "origin" | "pathname">,
  { count, sentAtMs, answered, settleMs = context.params.disconnectDelayMs }: Waiting,
): Promise<Queue> {
  const { access: { statsUrl }, clock, signal, timeline } = context;
  const reachedMs = origin === undefined ? 0 : sentAtMs - writer.exchange.sentAtMs;
  await waitingReaders(context, count, writer);
  // No longer than leaves the origin at work when the readers leave, however slow the writer was.
  const likeWriterMs = Math.min(2 * reachedMs, context.params.originDelayMs / 2);
  const leastMs = statsUrl === undefined ? Math.max(settleMs, likeWriterMs) : settleMs;
  const restMs = sentAtMs + leastMs - clock.now();
  if (restMs > 0) await clock.sleep(restMs, { signal });
  const [log, figures] = await Promise.all([
    origin?.read(pathname),
    statsUrl && waitForFigures(statsUrl, () => true, { timeoutMs: 2_000, clock, signal }),
  ]);
  const queue = {
    originRequests: log?.requests.length ?? null,
    answered: answered(),
    writerAnswered: writer.answered,
    waiting: figures?.waiting ?? null,
  };
  const { originRequests, waiting } = queue;
  timeline.add("probe", "readers-queued", { readers: count, originRequests, waiting });
  return queue;
}

/**
 * Sends a request and waits until the origin has it, so that those that follow are readers. What is
 * to be read later is read once before: where it cannot be, the target is not asked for anything.
 */
export async function sendWriter(
  context: Context,
  path: string,
  form: RequestForm = {},
): Promise<Pick<Queued, "writer" | "origin" | "pathname">> {
  const { access: { statsUrl, url }, signal } = context;
  const origin = originLog(context);
  const pathname = new URL(path, url).pathname;
  await Promise.all([origin?.read(pathname), statsUrl && readFigures(statsUrl, { signal })]);
  const writer = await openClient(context, "writer", path, form);
  await writerAtOrigin(context, writer, origin, pathname);
  return { writer, origin, pathname };
}

async function writerAtOrigin(
  context: Context,
  writer: Client,
  origin: OriginLogClient | undefined,
  pathname: string,
): Promise<void> {
  const { params, clock, signal, timeline } = context;
  if (origin === undefined) return clock.sleep(params.disconnectDelayMs, { signal });
  const patienceMs = Math.max(2_000, params.thresholdMs);
  // A target that answers or fails at once shows sooner than the origin's log can.
  const over = writer.exchange.body.then(() => undefined, () => undefined);
  const log = await Promise.race([
    origin.waitFor(pathname, { min: 1, timeoutMs: patienceMs }),
    over,
  ]);
  if (log?.requests.length) return timeline.add("origin", "writer-arrived");
  // Without a log it is over: what came of it only has to be put together.
  const answer = await answerOf(context, writer.exchange, clock.now() + (log ? 0 : patienceMs));
  throw new InconclusiveError(
    `the origin never saw the writer's request: ${sayAnswer(answer)}; is the target a proxy of ` +
      "the origin that --origin names, and does it keep the path?",
  );
}

async function waitingReaders(context: Context, count: number, writer: Client): Promise<void> {
  const { access: { statsUrl }, params, clock, signal } = context;
  if (statsUrl === undefined) return;
  const answered = writer.exchange.firstByte.then(() => undefined, () => undefined);
  const timeoutMs = Math.max(2_000, params.thresholdMs);
  const queued = waitForFigures(statsUrl, (figures) => figures.waiting >= count, {
    timeoutMs,
    clock,
    signal,
  }).catch(() => undefined);
  await Promise.race([queued, answered]);
}
