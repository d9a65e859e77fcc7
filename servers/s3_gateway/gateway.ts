// The gateway: an S3 API as a fetch handler, whose objects are in the stores behind it.

import type { Figures } from "../../lab/figures.ts";
import { type Task, TaskQueue, wait } from "../isolate/task_queue.ts";
import { S3Error } from "../s3/error.ts";
import { errorResponse } from "../s3/error_response.ts";
import { STATS_PATH } from "../server.ts";
import { Admission } from "./admission.ts";
import { answerHere, CLIENT_CLOSED_REQUEST } from "./bucket_answers.ts";
import type { GatewayCall } from "./call.ts";
import { checkConfig } from "./check_config.ts";
import { DEFAULT_LIMITS, type GatewayConfig, type GatewayLimits, switchesOf } from "./config.ts";
import { COPY_SOURCE, copySourceBehind } from "./copy_source.ts";
import { CredentialCache, type CredentialFigures, type KeyInUse } from "./credentials.ts";
import type { OutgoingContent } from "./content.ts";
import { accessDenied, clientSilent, noKeyYet } from "./errors.ts";
import { FORWARDED } from "./forwarded.ts";
import { Forwarder } from "./forwarder.ts";
import { BufferMeter } from "./meter.ts";
import type { Platform, RequestContext } from "./outbound.ts";
import { parked, type ParkedOptions } from "./parked.ts";
import { keyBehind, type Place, placesOf } from "./places.ts";

/** What a gateway tells of itself. */
export interface GatewayFigures extends CredentialFigures, Figures {
  /** Requests that wait in the queue at this moment, for a key or for a body that is read there. */
  waiting: number;
  /** Tasks of the queue that wait at this moment. */
  parked: number;
  /** Requests whose answer has not begun. */
  open: number;
  /** Requests to backends whose answer is not over. */
  upstreams: number;
  /** What is held in memory, in bytes; 0 where the platform counts it. */
  bufferedBytes: number;
  /** The most that was held at one moment. */
  peakBufferedBytes: number;
}

/** An S3 gateway. */
export interface Gateway {
  /** Answers one request. Never rejects. */
  fetch(request: Request, context?: RequestContext): Promise<Response>;
  /** The figures of this moment. */
  figures(): GatewayFigures;
}

/** A request in the queue is let go so long after an exchange that it waits for must be over. */
const PARKED_SLACK_MS = 1_000;
/** Who sends what has to be gathered slower than this is not waited for, in bytes a second. */
const SLOWEST_BYTES_PER_S = 128 << 10;

/**
 * Makes a gateway. It runs wherever there are `Request` and `Response`: what differs from one runtime to
 * another is in the platform.
 *
 * A request goes the same way whatever the switches: its signature is checked and its operation found in
 * its own turn; a body that is needed whole is read there with `readBody: "early"`; then the key to its
 * backend is got in the queue that all requests share, where with `late` the body is read; then, in its
 * own turn again, the backend is asked and the answer passed on.
 *
 * @param config Is checked.
 * @throws {ConfigError} with what is wrong in it.
 */
export function createGateway(config: GatewayConfig, platform: Platform): Gateway {
  return new S3Gateway(checkConfig(config), platform);
}

class S3Gateway implements Gateway {
  readonly #platform: Platform;
  readonly #config: GatewayConfig;
  readonly #limits: GatewayLimits;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #admission: Admission;
  readonly #credentials: CredentialCache;
  readonly #forwarder: Forwarder;
  readonly #queue = new TaskQueue();
  readonly #meter = new BufferMeter();
  readonly #sinceMs: number;
  #waiting = 0;
  #open = 0;

  constructor(config: GatewayConfig, platform: Platform) {
    const wallClock = platform.wallClock ?? platform.clock;
    this.#platform = platform;
    this.#config = config;
    this.#limits = { ...DEFAULT_LIMITS, ...config.limits };
    this.#places = placesOf(config);
    this.#admission = new Admission(config, this.#places, wallClock);
    this.#credentials = new CredentialCache(platform, this.#limits);
    this.#forwarder = new Forwarder(
      {
        platform,
        meter: platform.meter ?? this.#meter,
        switches: switchesOf(config),
        limits: this.#limits,
      },
      ({ place }, key) =>
        this.#credentials.forget(place.backendName, place.backend.credentials, key),
    );
    this.#sinceMs = wallClock.now();
  }

  async fetch(request: Request, context: RequestContext = {}): Promise<Response> {
    const requestId = crypto.randomUUID().slice(-12).toUpperCase();
    this.#open++;
    try {
      const response = await this.#answer(request, context);
      response.headers.set("x-amz-request-id", requestId);
      return response;
    } catch (error) {
      // Nobody is there to read it.
      if (request.signal?.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
      if (!(error instanceof S3Error)) this.#platform.onError?.(error);
      const { method } = request;
      const resource = this.#admission.resourceOf(request);
      return errorResponse(error, { method, resource, requestId });
    } finally {
      this.#open--;
    }
  }

  figures(): GatewayFigures {
    const own = { waiting: this.#waiting, open: this.#open };
    return {
      schema: "edge-repro/stats@1",
      ...own,
      locks: 0,
      parked: this.#queue.parked,
      upstreams: this.#forwarder.open,
      bufferedBytes: this.#meter.bytes,
      peakBufferedBytes: this.#meter.peakBytes,
      ...this.#credentials.figures(),
      ...this.#platform.figures?.(own),
    };
  }

  async #answer(request: Request, context: RequestContext): Promise<Response> {
    const path = this.#admission.internalPath(request);
    if (path !== undefined) return this.#answerInternal(path);
    const call = this.#admission.callOf(request);
    if (call.operation === "ListBuckets" || FORWARDED[call.operation] === undefined) {
      return this.#answerHere(call);
    }
    const place = this.#admission.placeFor(call);
    const { keepsDotSegments } = this.#platform;
    const backendKey = call.key === "" ? "" : keyBehind(place, call.key, keepsDotSegments);
    const fields = this.#copyFields(call, place);
    const { content, send } = this.#forwarder.prepare({ ...call, place, backendKey });
    const isLate = switchesOf(this.#config).readBody === "late";
    if (content.isGathered && !isLate) await this.#gathered(call, content);
    const credentials = this.#credentials;
    let hasKey = false;
    const task = function* () {
      const inUse = yield* credentials.keyFor(place.backendName, place.backend);
      hasKey = true;
      if (content.isGathered && isLate) yield* wait(content.gather());
      return inUse;
    };
    const { key } = await this.#inQueue(request, context, task, {
      limitMs: this.#limits.exchangeMs + PARKED_SLACK_MS + (isLate ? this.#gatherMs(call) : 0),
      tooLate: () => hasKey ? clientSilent() : noKeyYet("nobody could get one in time"),
    });
    return await send(key, fields);
  }

  /** Reads a content for as long as its length allows. */
  #gathered(call: GatewayCall, content: OutgoingContent): Promise<void> {
    const { clock } = this.#platform;
    const { signal } = call.request;
    const limitMs = this.#gatherMs(call);
    return parked(content.gather(), { clock, limitMs, signal, tooLate: clientSilent });
  }

  #gatherMs({ payload }: GatewayCall): number {
    return this.#limits.silenceMs + (payload.lengthBytes ?? 0) / SLOWEST_BYTES_PER_S * 1_000;
  }

  /** Runs a task in the queue that requests share, and goes on in the request's own turn. */
  async #inQueue(
    { signal }: Request,
    { waitUntil }: RequestContext,
    task: () => Task<KeyInUse>,
    limit: Pick<ParkedOptions, "limitMs" | "tooLate">,
  ): Promise<KeyInUse> {
    const { clock } = this.#platform;
    const running = this.#queue.run(task);
    // Others may wait for what this one began, also when its client has left.
    waitUntil?.(running.catch(() => {}));
    this.#waiting++;
    try {
      const inUse = await parked(running, { clock, signal, ...limit });
      if (inUse.renew !== undefined) {
        const renewing = this.#queue.run(inUse.renew).catch(() => {});
        waitUntil?.(renewing);
      }
      return inUse;
    } finally {
      this.#waiting--;
    }
  }

  #copyFields(call: GatewayCall, target: Place): Record<string, string> {
    const source = call.headers.get(COPY_SOURCE);
    if (source === null) return {};
    const mayRead = ({ bucket }: Place) =>
      void this.#admission.placeFor({ ...call, bucket, operation: "GetObject" });
    return { [COPY_SOURCE]: copySourceBehind(source, this.#places, target, mayRead) };
  }

  #answerInternal(path: string): Response {
    if (path !== STATS_PATH && !path.startsWith(`${STATS_PATH}?`)) {
      throw new S3Error("NoSuchKey", 404, "There is nothing here.");
    }
    return Response.json(this.figures(), { headers: { "cache-control": "no-store" } });
  }

  #answerHere(call: GatewayCall): Response {
    const { accessKeyId, operation, bucket } = call;
    const isOfAll = operation === "ListBuckets" || operation === "CreateBucket";
    if (isOfAll && accessKeyId === null) throw accessDenied("This takes a signature.");
    if (!isOfAll) this.#admission.placeFor(call);
    return answerHere(call, {
      buckets: accessKeyId === null ? [bucket] : this.#admission.bucketsOf(accessKeyId),
      region: this.#config.region ?? "auto",
      sinceMs: this.#sinceMs,
    });
  }
}
