// The gateway: an S3 API as a fetch handler, whose objects are in the stores behind it.

import type { Figures } from "../../lab/figures.ts";
import { S3Error } from "../s3/error.ts";
import { errorResponse } from "../s3/error_response.ts";
import { STATS_PATH } from "../server.ts";
import { Admission } from "./admission.ts";
import { answerHere, CLIENT_CLOSED_REQUEST } from "./bucket_answers.ts";
import type { GatewayCall } from "./call.ts";
import { checkConfig } from "./check_config.ts";
import { DEFAULT_LIMITS, type GatewayConfig, switchesOf } from "./config.ts";
import { COPY_SOURCE, copySourceBehind } from "./copy_source.ts";
import { CredentialCache, type CredentialFigures } from "./credentials.ts";
import { accessDenied } from "./errors.ts";
import { FORWARDED } from "./forwarded.ts";
import { Forwarder } from "./forwarder.ts";
import { BufferMeter } from "./meter.ts";
import type { Platform, RequestContext } from "./outbound.ts";
import { keyBehind, type Place, placesOf } from "./places.ts";
import { Preliminaries } from "./preliminaries.ts";

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
  readonly #places: ReadonlyMap<string, Place>;
  readonly #admission: Admission;
  readonly #credentials: CredentialCache;
  readonly #preliminaries: Preliminaries;
  readonly #forwarder: Forwarder;
  readonly #meter = new BufferMeter();
  readonly #sinceMs: number;
  #open = 0;

  constructor(config: GatewayConfig, platform: Platform) {
    const wallClock = platform.wallClock ?? platform.clock;
    this.#platform = platform;
    this.#config = config;
    this.#places = placesOf(config);
    this.#admission = new Admission(config, this.#places, wallClock);
    const limits = { ...DEFAULT_LIMITS, ...config.limits };
    const switches = switchesOf(config);
    const credentials = new CredentialCache(platform, limits);
    this.#credentials = credentials;
    this.#preliminaries = new Preliminaries({
      ...{ clock: platform.clock, credentials, limits },
      readBody: switches.readBody,
    });
    this.#forwarder = new Forwarder(
      { platform, meter: platform.meter ?? this.#meter, switches, limits },
      ({ place }, key) => credentials.forget(place.backendName, place.backend.credentials, key),
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
      const { method } = request;
      const resource = this.#admission.resourceOf(request);
      this.#tell(error, requestId, `${method} ${encodeURI(resource)}`);
      return errorResponse(error, { method, resource, requestId });
    } finally {
      this.#open--;
    }
  }

  figures(): GatewayFigures {
    const { waiting, parked } = this.#preliminaries;
    const own = { waiting, open: this.#open };
    return {
      schema: "edge-repro/stats@1",
      ...own,
      locks: 0,
      parked,
      upstreams: this.#forwarder.open,
      bufferedBytes: this.#meter.bytes,
      peakBufferedBytes: this.#meter.peakBytes,
      ...this.#credentials.figures(),
      ...this.#platform.figures?.(own),
    };
  }

  /** What its operator should know of; not what a client did, nor what is not there (501). */
  #tell(error: unknown, requestId: string, asked: string): void {
    if (!(error instanceof S3Error)) this.#platform.onError?.(error);
    else if (error.status >= 500 && error.status !== 501) {
      const { status, code, message, cause } = error;
      this.#platform.onFailure?.({ requestId, asked, status, code, message, cause });
    }
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
    const forwarded = { ...call, place, backendKey };
    const { content, send } = this.#forwarder.prepare(forwarded);
    try {
      const key = await this.#preliminaries.keyFor(forwarded, content, context);
      return await send(key, fields);
    } finally {
      content.release();
    }
  }

  #copyFields(call: GatewayCall, target: Place): Record<string, string> {
    const { operation } = call;
    const isCopy = operation === "CopyObject" || operation === "UploadPartCopy";
    const source = isCopy ? call.headers.get(COPY_SOURCE) : null;
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
    const { accessKeyId, operation } = call;
    const isOfAll = operation === "ListBuckets" || operation === "CreateBucket";
    if (isOfAll && accessKeyId === null) throw accessDenied("This takes a signature.");
    if (!isOfAll) this.#admission.placeFor(call);
    return answerHere(call, {
      buckets: this.#admission.bucketsOf(accessKeyId),
      region: this.#config.region ?? "auto",
      sinceMs: this.#sinceMs,
    });
  }
}
