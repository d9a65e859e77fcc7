// Requests of the S3 API on raw connections.

import { type Clock, realClock } from "../../lab/clock.ts";
import { type InconclusiveError, UsageError } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import type { Exchange } from "../exchange.ts";
import { Http1Connection, type Http1Request } from "../http1.ts";
import { type BadAnswer, failureOf, notS3Of, refusalOf, unconnected } from "./complaint.ts";
import { endpointOf } from "./endpoint.ts";
import { Patience } from "./patience.ts";
import { objectPath, signRequest, type StoreRequest } from "./signing.ts";

/** How a small exchange is made. */
export interface CallOptions {
  /** Statuses that are answers like any other, rather than refusals. Those of success always are. */
  accept?: readonly number[];
  /** How long it may take, in milliseconds of the wall clock. Default 30,000. */
  limitMs?: number;
}

/** What the store answered; times in milliseconds of the clock. */
export interface StoreAnswer {
  /** The HTTP status. */
  status: number;
  /** The header fields. */
  headers: Headers;
  /** The content as text. */
  text: string;
  /** When the request was sent. */
  sentAtMs: number;
  /** When the header was complete. */
  headersAtMs: number;
  /** When the answer was complete. */
  completedAtMs: number;
}

/** A request that is under way on a connection of its own. */
export interface StoreExchange {
  /** The connection; whoever opened the exchange closes it. */
  connection: Http1Connection;
  /** What comes of the request. */
  exchange: Exchange;
}

/** What a client works with. */
export interface StoreClientOptions {
  /** Gives the times that are reported. */
  clock: Clock;
  /** Ends whatever is under way when it aborts. */
  signal: AbortSignal;
  /**
   * Gives the time that requests are signed with. Default: the machine's own; a store compares it
   * with its own clock, which no pace of a run makes faster.
   */
  signingClock?: Pick<Clock, "now">;
}

/** How long an exchange may take without progress, in milliseconds of the wall clock. */
export const LIMIT_MS = 30_000;
/** More than this of an answer is not read, in bytes (8 MiB): a page of 1,000 long keys is shorter. */
export const MAX_ANSWER_BYTES: number = 8 * 1024 * 1024;
/** How long a presigned URL is good for, in seconds. */
const EXPIRES_SECONDS = 3_600;

/** What an exchange is made of, beside its request. */
export interface ExchangeForm extends CallOptions {
  /** Sends the request. Whoever sends for long renews the patience. */
  send(connection: Http1Connection, patience: Patience): Exchange | Promise<Exchange>;
  /** How far it had come, for the message of a failure: ` after 3 of 5 bytes`. Default nothing. */
  progress?: () => string;
}

/** A sender of requests to one store; see `StoreClient` for what it is good for. */
export class StoreCaller {
  /** The way to the store. */
  readonly access: Access;
  /** What it works with. */
  protected readonly options: StoreClientOptions;

  /**
   * A sender of requests; `access.store` has region and key, without a key they are anonymous.
   *
   * @throws {UsageError} when both a key and an Authorization header are given.
   */
  constructor(access: Access, options: StoreClientOptions) {
    if (access.store?.credentials !== undefined && "authorization" in access.headers) {
      throw new UsageError(
        "--header: received 'authorization', expected none beside a key: it signs every request",
      );
    }
    this.access = access;
    this.options = options;
  }

  /** The clock that gives its times. */
  get clock(): Clock {
    return this.options.clock;
  }

  /** What requests are signed for. */
  get region(): string {
    return this.access.store?.region ?? "us-east-1";
  }

  /** A request as it goes on the wire, for `Http1Connection.send`. */
  async signed(request: StoreRequest): Promise<Http1Request> {
    const { publicly = false, body } = request;
    const own = request.endpoint === undefined && !publicly;
    const { bucket: _, ...keyOnly } = request;
    const signed = await signRequest(publicly ? { ...keyOnly, anonymous: true } : request, {
      endpoint: endpointOf(request, this.access),
      host: own ? this.access.host : undefined,
      // They may hold secrets meant for the target alone.
      headers: publicly ? {} : this.access.headers,
      region: this.region,
      credentials: this.access.store?.credentials,
      atMs: this.#signingMs(),
      expiresSeconds: EXPIRES_SECONDS,
    });
    return { ...signed, ...(body !== undefined && { body }) };
  }

  /**
   * The URL of an object, signed in its query for an hour: for readers that cannot sign, such as a
   * browser. A secret as long as it is good.
   */
  async presignedUrl(bucket: string, key: string, endpoint?: URL): Promise<URL> {
    const request = { method: "GET", bucket, key, presign: true, ...(endpoint && { endpoint }) };
    const { path } = await this.signed(request);
    return new URL(path, endpoint ?? this.access.url);
  }

  /** The URL of an object below `access.store.publicUrl`; undefined when there is none. */
  publicUrl(key: string): URL | undefined {
    const base = this.access.store?.publicUrl;
    return base && new URL(objectPath(base, undefined, key), base);
  }

  /** A connection to where a request goes. */
  async connectFor(
    request: Pick<StoreRequest, "endpoint" | "publicly">,
  ): Promise<Http1Connection> {
    try {
      return await this.#connect(request, this.options.signal);
    } catch (error) {
      this.options.signal.throwIfAborted();
      throw error;
    }
  }

  /**
   * Sends a request on a connection of its own and does not wait for the answer.
   *
   * @param reading How its answer is read, as in {@linkcode Http1Request}.
   */
  async begin(
    request: StoreRequest,
    reading: Pick<Http1Request, "maxBodyBytes" | "onBody"> = {},
  ): Promise<StoreExchange> {
    const signed = await this.signed(request);
    const connection = await this.connectFor(request);
    return { connection, exchange: connection.send({ ...signed, ...reading }) };
  }

  /** One small exchange on a connection of its own; at most 8 MiB of answer are read. */
  async call(request: StoreRequest, options: CallOptions = {}): Promise<StoreAnswer> {
    const signed = await this.signed(request);
    return await this.exchange(request, {
      ...options,
      send: (connection) => connection.send({ ...signed, maxBodyBytes: MAX_ANSWER_BYTES }),
    });
  }

  /** The error for an answer that refuses what was asked. */
  refusal(request: StoreRequest, answer: BadAnswer): InconclusiveError {
    const { region, access } = this;
    return refusalOf({ request, access }, answer, { region, atMs: this.#signingMs() });
  }

  /** The error for an answer that is none of an S3 store's. */
  notS3(
    request: StoreRequest,
    answer: Pick<BadAnswer, "status" | "headers">,
  ): InconclusiveError {
    return notS3Of({ request, access: this.access }, answer);
  }

  /** One exchange on a connection of its own, from connecting to the end of the answer. */
  async exchange(request: StoreRequest, form: ExchangeForm): Promise<StoreAnswer> {
    const { signal } = this.options;
    using patience = new Patience(form.limitMs ?? LIMIT_MS);
    let answer: StoreAnswer;
    try {
      const both = AbortSignal.any([signal, patience.signal]);
      using connection = await this.#connect(request, both);
      const exchange = await form.send(connection, patience);
      const head = await exchange.headers;
      const body = await exchange.body;
      answer = {
        status: head.status,
        headers: head.headers,
        text: new TextDecoder().decode(body.bytes),
        sentAtMs: exchange.sentAtMs,
        headersAtMs: head.atMs,
        completedAtMs: body.completedAtMs,
      };
    } catch (error) {
      throw this.failure(request, error, patience, form.progress?.() ?? "");
    }
    const { status, headers } = answer;
    const good = status >= 200 && status < 300 || form.accept?.includes(status);
    if (!good) throw this.refusal(request, answer);
    // A website that answers everything with its page is not a store that has done it. moto 5.2.5
    // labels answers without a body so.
    const page = answer.text.trim() !== "" &&
      /^text\/html\b/i.test(headers.get("content-type") ?? "");
    if (
      page && (request.key === undefined || request.method !== "GET" && request.method !== "HEAD")
    ) {
      throw this.notS3(request, answer);
    }
    return answer;
  }

  /**
   * What to throw for an exchange that failed: the signal's reason when that has aborted, else an
   * `InconclusiveError` for what the network did, else the error itself.
   *
   * @param progress How far it had come, such as ` after 3 of 5 bytes`.
   */
  failure(request: StoreRequest, error: unknown, patience: Patience, progress = ""): unknown {
    const { signal } = this.options;
    if (signal.aborted) return signal.reason;
    return failureOf({ request, access: this.access }, error, patience, progress);
  }

  async #connect(
    request: Pick<StoreRequest, "endpoint" | "publicly">,
    signal: AbortSignal,
  ): Promise<Http1Connection> {
    const { insecure } = this.access;
    const url = endpointOf(request, this.access);
    try {
      return await Http1Connection.connect({ url, clock: this.clock, insecure, signal });
    } catch (error) {
      throw unconnected(error, request);
    }
  }

  #signingMs(): number {
    return (this.options.signingClock ?? realClock).now();
  }
}
