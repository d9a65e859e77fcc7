// A read of an object whose body nobody reads on: the first reader of the scenario.

import { InconclusiveError } from "../../lab/errors.ts";
import type { HeaderList, ResponseHead } from "../exchange.ts";
import { endpointOf, shownEndpoint } from "./endpoint.ts";
import type { ConnectionEnd } from "../transport.ts";
import type { ObjectContent } from "./content.ts";
import { ContentReader, type ContentReport } from "./content_reader.ts";
import { Patience } from "./patience.ts";
import type { StoreRequest } from "./signing.ts";
import type { StoreClient } from "./store_client.ts";

/** What is read, and how far. */
export interface AbandonOptions {
  /** The bucket. */
  bucket: string;
  /** The key. */
  key: string;
  /** What the key has or had: the versions that its bytes may be of. */
  contents: readonly ObjectContent[];
  /** The first and last byte to ask for, counted from 0; left out: the whole object. */
  range?: { first: number; last: number };
  /** Reads on at this rate of the clock rather than not at all. */
  bytesPerSecond?: number;
  /** Where to send it, when that is not the target. */
  endpoint?: URL;
  /** Reads below the public URL, without a signature. */
  publicly?: boolean;
  /** How long header and first bytes may take, in milliseconds of the wall clock. Default 30,000. */
  limitMs?: number;
}

/** How a read stands. */
export type ReadState =
  /** Nothing has ended it. */
  | { open: true }
  /** It is over: all of it came, the target ended it, or this side did. */
  | { open: false; how: "complete" | "fin" | "reset" | "local"; atMs: number };

/** What a read came to. */
export interface ReadEnd extends ContentReport {
  /** Whether all that was announced came, or who ended it before that. */
  how: "complete" | ConnectionEnd["how"];
  /** When, in milliseconds of the clock. */
  atMs: number;
  /** How many bytes of content were announced; null when the answer did not say. */
  expectedBytes: number | null;
}

/** A read that was begun and is not read on. Disposing of it destroys its connection. */
export interface AbandonedRead extends Disposable {
  /** When the request was sent, in milliseconds of the clock. */
  readonly sentAtMs: number;
  /** Status and header fields; `atMs` is when they were complete. */
  readonly head: ResponseHead;
  /** When the first byte of content came, in milliseconds of the clock. */
  readonly firstByteAtMs: number;
  /** How many bytes of content are announced; null when the answer does not say. */
  readonly expectedBytes: number | null;
  /** The client's port. */
  readonly localPort: number;
  /** How many bytes of content this side has taken from the kernel so far. */
  readonly receivedBytes: number;
  /**
   * How it stands, as far as can be told without reading on. What the target does while nothing is
   * read stays behind what it has sent: its FIN shows when `resume` comes to it.
   */
  state(): ReadState;
  /** What has been seen of its content so far. */
  report(): ContentReport;
  /** Reads on to the end, looks at every block, keeps nothing. Never rejects. */
  resume(): Promise<ReadEnd>;
  /** Closes the connection, as a client does that cancels the body. Returns when. */
  close(): number;
  /** Sends RST, as the kernel does for a process that was killed. Returns when. */
  reset(): number;
}

/** How much of an answer that is no object is kept for the message, in bytes. */
const KEPT_BYTES = 64 * 1024;
/** How long a read may take to begin, in milliseconds of the wall clock. */
const LIMIT_MS = 30_000;

/**
 * Opens a read and stops once status, header and the first bytes are there.
 *
 * @throws {InconclusiveError} when it is refused or does not begin.
 */
export async function abandonRead(
  client: StoreClient,
  options: AbandonOptions,
): Promise<AbandonedRead> {
  const { bucket, key, contents, range, bytesPerSecond, endpoint, publicly } = options;
  const headers: HeaderList = range === undefined
    ? []
    : [["Range", `bytes=${range.first}-${range.last}`]];
  const request: StoreRequest = {
    ...{ method: "GET", bucket, key, headers },
    ...(endpoint !== undefined && { endpoint }),
    ...(publicly !== undefined && { publicly }),
  };
  const reader = new ContentReader(contents, range?.first ?? 0);
  const kept: Uint8Array[] = [];
  const begun = Promise.withResolvers<number>();
  // Nobody waits for it when the header says already that there will be no body.
  begun.promise.catch(() => {});
  const signed = await client.signed(request);
  const connection = await client.connectFor(request);
  using patience = new Patience(options.limitMs ?? LIMIT_MS);
  patience.signal.addEventListener("abort", () => connection[Symbol.dispose]());
  try {
    if (bytesPerSecond !== undefined) connection.readRate(bytesPerSecond);
    const exchange = connection.send({
      ...signed,
      onBody(bytes, atMs) {
        if (reader.receivedBytes === 0) {
          if (bytesPerSecond === undefined) connection.pause();
          begun.resolve(atMs);
        }
        if (reader.receivedBytes < KEPT_BYTES) kept.push(bytes.slice());
        reader.push(bytes);
      },
    });
    const end = Promise.withResolvers<Pick<ReadEnd, "how" | "atMs">>();
    let state: ReadState = { open: true };
    const over = (how: ReadEnd["how"], atMs: number) => {
      state = { open: false, how, atMs };
      end.resolve({ how, atMs });
    };
    exchange.body.then(
      ({ completedAtMs }) => {
        over("complete", completedAtMs);
        begun.resolve(completedAtMs);
      },
      async (error) => {
        const { how, atMs } = await connection.closed;
        over(how, atMs);
        begun.reject(error);
      },
    );
    const readOn = async () => {
      connection.readRate(Infinity);
      connection.resume();
      return await end.promise;
    };
    const head = await exchange.headers;
    if (head.status !== 200 && head.status !== 206) {
      await readOn();
      const text = await new Blob(kept as Uint8Array<ArrayBuffer>[]).text();
      throw client.refusal(request, { ...head, text });
    }
    if (range !== undefined && head.status === 200) {
      throw new InconclusiveError(
        `Cannot read a range of '${key}' of bucket '${bucket}' at ` +
          `${shownEndpoint(endpointOf(request, client.access))}: received 200, expected 206`,
      );
    }
    const firstByteAtMs = await begun.promise;
    kept.length = 0;
    const length = head.headers.get("content-length");
    const expectedBytes = length === null ? null : Number(length);
    return {
      sentAtMs: exchange.sentAtMs,
      head,
      firstByteAtMs,
      expectedBytes,
      localPort: connection.localPort,
      get receivedBytes() {
        return reader.receivedBytes;
      },
      state: () => state,
      report: () => reader.report(),
      async resume() {
        return { ...await readOn(), ...reader.report(), expectedBytes };
      },
      close: () => connection.close(),
      reset: () => connection.reset(),
      [Symbol.dispose]: () => connection[Symbol.dispose](),
    };
  } catch (error) {
    connection[Symbol.dispose]();
    throw client.failure(request, error, patience);
  }
}
