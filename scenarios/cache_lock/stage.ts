// The stage of every `cache-lock` case: a writer at the origin, readers queued behind it, all seen.

import { InconclusiveError } from "../../lab/errors.ts";
import type { Access, ProbeContext } from "../../lab/scenario.ts";
import { own } from "../../lab/scope.ts";
import { type Exchange, ExchangeError } from "../../probes/exchange.ts";
import { readFigures, waitForFigures } from "../../probes/figures.ts";
import { Http1Connection } from "../../probes/http1.ts";
import { OriginLogClient } from "../../probes/origin.ts";
import type { CacheLockParams } from "./params.ts";

/** What a case of this scenario is given. */
export type Context = ProbeContext<CacheLockParams>;

/** How an answer came out, as plain data. Times are milliseconds of the run's clock. */
export type Answer =
  | {
    kind: "answered";
    status: number;
    /** SHA-256 of the content, in hex. */
    digest: string;
    sizeBytes: number;
    headersAtMs: number;
    completedAtMs: number;
  }
  | { kind: "failed"; code: string; message: string; atMs: number }
  /** Still open when the watch ended. */
  | { kind: "open"; atMs: number };

/** One client connection with its one request. */
export interface Client {
  lane: string;
  connection: Http1Connection;
  exchange: Exchange;
  /** Whether its answer has begun, or it is known that there will be none. */
  answered: boolean;
}

/** Controls of the slow origin, as its query parameters; durations in milliseconds here. */
export interface OriginControls {
  sleepMs?: number | readonly number[];
  status?: readonly number[];
  fault?: string;
  cacheControl?: string;
  sizeBytes?: number;
  chunks?: number;
  paceMs?: number;
}

/** The path of one URL of this run, with what the origin is to do when it is asked for it. */
export function runPath(context: Context, name: string, controls: OriginControls): string {
  const prefix = context.access.url.pathname.replace(/\/$/, "");
  const seconds = (ms: number) => String(ms / 1_000);
  const entries: [string, string | undefined][] = [
    [
      "sleep",
      controls.sleepMs === undefined ? undefined : [controls.sleepMs].flat().map(seconds).join("|"),
    ],
    ["status", controls.status?.join("|")],
    ["fault", controls.fault],
    ["cache-control", controls.cacheControl],
    ["size", controls.sizeBytes?.toString()],
    ["chunks", controls.chunks?.toString()],
    ["pace", controls.paceMs === undefined ? undefined : seconds(controls.paceMs)],
  ];
  const query = new URLSearchParams(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  return `${prefix}/edge-repro/${context.nonce}/${name}?${query}`;
}

/** The header fields that every request of a run carries. */
export function requestHeaders(access: Access): [string, string][] {
  return [
    ["Host", access.host ?? access.url.host],
    ["User-Agent", "edge-repro"],
    ["Accept", "*/*"],
    ...Object.entries(access.headers),
  ];
}

/** A connection of the run that has carried nothing yet. */
type Opened = Pick<Client, "lane" | "connection">;

/** Opens a connection, sends one GET and writes what comes of it into the timeline. */
export async function openClient(context: Context, lane: string, path: string): Promise<Client> {
  return send(context, await open(context, lane), path);
}

async function open(context: Context, lane: string): Promise<Opened> {
  const { access: { url, insecure }, clock, scope, signal } = context;
  try {
    const connection = await Http1Connection.connect({ url, insecure, clock, signal });
    return { lane, connection: own(scope, connection) };
  } catch (error) {
    throw error instanceof ExchangeError
      ? new InconclusiveError(error.message, { cause: error })
      : error;
  }
}

function send(context: Context, { lane, connection }: Opened, path: string): Client {
  const { access, signal, timeline } = context;
  const exchange = connection.send({ method: "GET", path, headers: requestHeaders(access) });
  timeline.add(lane, "request-sent", {}, exchange.sentAtMs);
  exchange.headers.then(
    ({ status, atMs }) => timeline.add(lane, "header-received", { status }, atMs),
    () => {},
  );
  exchange.body.then(
    ({ bytes, completedAtMs }) =>
      timeline.add(lane, "answer-complete", { bytes: bytes.byteLength }, completedAtMs),
    (error) => {
      if (signal.aborted || !(error instanceof ExchangeError) || error.code === "aborted") return;
      timeline.add(lane, "exchange-failed", { code: error.code }, error.atMs);
    },
  );
  connection.closed.then(({ atMs, how }) => {
    if (how !== "local") {
      timeline.add(lane, how === "fin" ? "server-closed" : "server-reset", {}, atMs);
    }
  });
  const client: Client = { lane, connection, exchange, answered: false };
  const answered = () => void (client.answered = true);
  exchange.firstByte.then(answered, answered);
  return client;
}

/** How many connections are opened at once, so that no backlog overflows. */
const BATCH = 64;

async function openReaders(context: Context, count: number): Promise<Opened[]> {
  const lanes = Array.from({ length: count }, (_, index) => `reader-${index + 1}`);
  const readers: Opened[] = [];
  for (let at = 0; at < count; at += BATCH) {
    // All settle before a failure is passed on, so that the scope owns whatever was opened.
    const batch = lanes.slice(at, at + BATCH).map((lane) => open(context, lane));
    const failures: unknown[] = [];
    for (const one of await Promise.allSettled(batch)) {
      if (one.status === "fulfilled") readers.push(one.value);
      else failures.push(one.reason);
    }
    if (failures.length > 0) throw whyNotAll(failures[0], readers.length, count);
  }
  return readers;
}

/** What a failure to open all readers means, where the number that could be opened explains it. */
function whyNotAll(failure: unknown, opened: number, count: number): unknown {
  const cause = failure instanceof InconclusiveError ? failure.cause : undefined;
  if (!(cause instanceof ExchangeError) || cause.code !== "too-many-files") return failure;
  return new InconclusiveError(
    `${cause.message}: ${opened} of ${count} readers could be opened; raise the limit or lower ` +
      "--num-readers",
  );
}

/** The log of the origin behind the target, where it can be read. */
export function originLog(context: Context): OriginLogClient | undefined {
  const { access: { originUrl }, clock, scope, signal } = context;
  return originUrl && own(scope, new OriginLogClient({ url: originUrl, clock, signal }));
}

/** How an exchange comes out, waiting for it until `deadlineMs` of the run's clock. */
export async function answerOf(
  context: Context,
  exchange: Exchange,
  deadlineMs: number,
): Promise<Answer> {
  const { clock } = context;
  const complete = async (): Promise<Answer> => {
    const [head, body] = await Promise.all([exchange.headers, exchange.body]);
    return {
      kind: "answered",
      status: head.status,
      digest: await digestOf(body.bytes),
      sizeBytes: body.bytes.byteLength,
      headersAtMs: head.atMs,
      completedAtMs: body.completedAtMs,
    };
  };
  const settled = complete().catch((error): Answer => {
    if (!(error instanceof ExchangeError)) throw error;
    return { kind: "failed", code: error.code, message: error.message, atMs: error.atMs };
  });
  return await until(context, settled, deadlineMs) ?? { kind: "open", atMs: clock.now() };
}

/** What `work` gives, or undefined when `deadlineMs` of the run's clock comes first. */
export async function until<T>(
  { clock, signal }: Context,
  work: Promise<T>,
  deadlineMs: number,
): Promise<T | undefined> {
  const late = new AbortController();
  try {
    return await Promise.race([
      work,
      clock.sleep(Math.max(0, deadlineMs - clock.now()), {
        signal: AbortSignal.any([signal, late.signal]),
      }).then(() => undefined),
    ]);
  } finally {
    late.abort();
  }
}

async function digestOf(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
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
 * disconnect delay. Where the target has figures it also waits until these count all the readers;
 * where it has none, the readers get at least twice as long as the writer took to reach the origin.
 * The readers' connections are opened before, so that connecting takes nothing of the origin's delay.
 *
 * @param options.count How many readers; the parameter `numReaders` by default.
 * @param options.settleMs How long they are given; the disconnect delay by default.
 */
export async function queueReaders(
  context: Context,
  path: string,
  options: { count?: number; settleMs?: number } = {},
): Promise<Queued> {
  const { access, params, clock, signal, timeline } = context;
  const { count = params.numReaders, settleMs = params.disconnectDelayMs } = options;
  const opened = await openReaders(context, count);
  const { writer, origin, pathname } = await sendWriter(context, path);
  const reachedMs = origin === undefined ? 0 : clock.now() - writer.exchange.sentAtMs;
  const readers = opened.map((reader) => send(context, reader, path));
  const arriving = clock.now();
  await waitingReaders(context, count, writer);
  const leastMs = access.statsUrl === undefined ? Math.max(settleMs, 2 * reachedMs) : settleMs;
  const restMs = leastMs - (clock.now() - arriving);
  if (restMs > 0) await clock.sleep(restMs, { signal });
  const queue = await lookAtQueue(context, { writer, readers, origin, pathname });
  timeline.add("probe", "readers-queued", {
    readers: count,
    originRequests: queue.originRequests,
    waiting: queue.waiting,
  });
  return { writer, readers, origin, pathname, queue };
}

/**
 * Sends a request and waits until the origin has it, so that those that follow are readers. What is
 * to be read later is read once before: where it cannot be, the target is not asked for anything.
 */
export async function sendWriter(
  context: Context,
  path: string,
): Promise<Pick<Queued, "writer" | "origin" | "pathname">> {
  const { access: { statsUrl, url }, signal } = context;
  const origin = originLog(context);
  const pathname = new URL(path, url).pathname;
  await Promise.all([origin?.read(pathname), statsUrl && readFigures(statsUrl, { signal })]);
  const writer = await openClient(context, "writer", path);
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

async function lookAtQueue(
  context: Context,
  { writer, readers, origin, pathname }: Omit<Queued, "queue">,
): Promise<Queue> {
  const { access: { statsUrl }, clock, signal } = context;
  const [log, figures] = await Promise.all([
    origin?.read(pathname),
    statsUrl && waitForFigures(statsUrl, () => true, { timeoutMs: 2_000, clock, signal }),
  ]);
  return {
    originRequests: log?.requests.length ?? null,
    answered: readers.filter((reader) => reader.answered).length,
    writerAnswered: writer.answered,
    waiting: figures?.waiting ?? null,
  };
}

/** An answer in words. */
export function sayAnswer(answer: Answer): string {
  switch (answer.kind) {
    case "answered":
      return `the answer was ${answer.status} with ${answer.sizeBytes} bytes`;
    case "failed":
      return answer.message;
    case "open":
      return "there was no answer";
  }
}
