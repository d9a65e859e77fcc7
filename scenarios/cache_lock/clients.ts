// The clients of a `cache-lock` run: what they ask for, their connections, what they see.

import { InconclusiveError } from "../../lab/errors.ts";
import type { Access, ProbeContext } from "../../lab/scenario.ts";
import { own } from "../../lab/scope.ts";
import { type Exchange, ExchangeError, type HeaderList } from "../../probes/exchange.ts";
import { Http1Connection } from "../../probes/http1.ts";
import type { CacheLockParams } from "./params.ts";

/** What a case of this scenario is given. */
export type Context = ProbeContext<CacheLockParams>;

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
  vary?: string;
  etag?: string;
  lastModified?: string;
}

/** What a request has of its own; all else is alike in all requests of a run. */
export interface RequestForm {
  /** Default: GET. */
  method?: "GET" | "HEAD";
  /** Sent beside those that every request carries. */
  headers?: HeaderList;
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
    ["vary", controls.vary],
    ["etag", controls.etag],
    ["last-modified", controls.lastModified],
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
export type Opened = Pick<Client, "lane" | "connection">;

/** Opens a connection, sends one request and writes what comes of it into the timeline. */
export async function openClient(
  context: Context,
  lane: string,
  path: string,
  form: RequestForm = {},
): Promise<Client> {
  return send(context, await open(context, lane), path, form);
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

/** Sends the one request of a connection, and writes what comes of it into the timeline. */
export function send(
  context: Context,
  { lane, connection }: Opened,
  path: string,
  { method = "GET", headers = [] }: RequestForm = {},
): Client {
  const { access, signal, timeline } = context;
  const fields = [...requestHeaders(access), ...headers];
  const exchange = connection.send({ method, path, headers: fields });
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

/** Opens the connections of readers, a few at a time so that no backlog overflows. */
export async function openReaders(context: Context, count: number): Promise<Opened[]> {
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

/** The time of the latest sending among clients, in milliseconds of the run's clock. */
export function lastSentAtMs(clients: readonly Client[]): number {
  return Math.max(...clients.map((client) => client.exchange.sentAtMs));
}
