// What the gateway needs of the runtime it is in: a way to backends, the time, and a meter of its memory.

import type { Clock } from "../../lab/clock.ts";

/** How a body's length is told on the wire: by Content-Length, or not at all (chunked). */
export type BodyFraming = "fixed" | "chunked";

/** A request to a backend, signed. */
export interface Outbound {
  /** In upper case. */
  method: string;
  /** Absolute, percent-encoded, its path as it was signed. */
  url: string;
  /** The header fields, without `Host` and without Content-Length. */
  headers: Headers;
  /** What is sent. */
  body: ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | null;
  /** Its length in bytes, where that is known. */
  lengthBytes: number | undefined;
  /** `fixed` needs the length. An array is always sent with its length. */
  framing: BodyFraming;
  /** Ends the request, and the answer where that has begun. */
  signal: AbortSignal;
  /** For how long a backend may send nothing of an answer's body that is asked for, in milliseconds. */
  silenceMs: number;
  /** To be called when nothing is left of the request and its answer; more than once does no harm. */
  onOver: () => void;
}

/**
 * Sends a request, and resolves when the head of its answer has come. An answer that comes while the
 * body is still being sent ends the sending.
 *
 * Rejects with {@linkcode UnreachableError} when there was no connection, with the signal's reason when
 * that aborts, and with anything else when the connection broke.
 */
export type Send = (outbound: Outbound) => Promise<Response>;

/** There is nobody at a backend's address. The message may be logged; it is not for clients. */
export class UnreachableError extends Error {
  /** `UnreachableError`. */
  override name = "UnreachableError";
}

/** Counts the bytes that are held in memory. */
export interface Meter {
  /** So many more are held from now on. Returns what gives them back, once. */
  hold(bytes: number): () => void;
}

/** What the gateway runs on. */
export interface Platform {
  /** The way to backends. */
  send: Send;
  /** Asks a token service or an issuer; called in the queue. */
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** The time, for limits. */
  clock: Pick<Clock, "now" | "setTimeout">;
  /** The world's time, for signatures and for when keys expire. Default: `clock`. */
  wallClock?: Pick<Clock, "now">;
  /** Where bytes that are held are counted. Default: the gateway's own. */
  meter?: Meter;
  /** Whether `send` leaves `.` and `..` in a path as they are. `fetch` resolves them. */
  keepsDotSegments: boolean;
  /** Reads the file in which a token is; left out where there are no files. */
  readFile?: (path: string) => Promise<string>;
  /** What the platform has to tell beside the gateway's own figures, or knows better. */
  figures?: (
    own: Readonly<Record<"waiting" | "open", number>>,
  ) => Readonly<Record<string, unknown>>;
  /** Told of what went wrong in the gateway itself. */
  onError?: (error: unknown) => void;
  /** Told of answers that say so of what is behind the gateway. */
  onFailure?: (failure: GatewayFailure) => void;
}

/** A request that was answered with a 5xx: what is behind the gateway refused, broke or was silent. */
export interface GatewayFailure {
  /** The request's id, as its answer has it. */
  requestId: string;
  /** Method and path, percent-encoded; without the query, which may hold a signature. */
  asked: string;
  /** The status of the answer. */
  status: number;
  /** Its code, such as `ServiceUnavailable`. */
  code: string;
  /** Its sentence. */
  message: string;
  /** What it comes from, where that is known; not for clients. */
  cause?: unknown;
}

/** What the runtime gives along with one request. */
export interface RequestContext {
  /** Keeps what was begun for a request going when it has been answered. */
  waitUntil?: (promise: Promise<unknown>) => void;
}
