// The object store: a server that speaks the S3 API, whose reads exclude each other or share.

import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import { type Figures, STATS_SCHEMA } from "../../lab/figures.ts";
import type { Variant } from "../../lab/verdict.ts";
import { authenticate } from "../s3/authenticate.ts";
import { S3Error } from "../s3/error.ts";
import { errorResponse } from "../s3/error_response.ts";
import { invalidArgument } from "../s3/errors.ts";
import { resolveOperation } from "../s3/operation.ts";
import { temporarySecret } from "../s3/temporary_key.ts";
import { type ConnectionInfo, type Entrance, type Server, STATS_PATH } from "../server.ts";
import { type Call, CLIENT_CLOSED_REQUEST, type OnChunked, type StoreContext } from "./call.ts";
import { handlers } from "./handlers/handlers.ts";
import {
  allowAnyOrigin,
  isBelowPublicPath,
  PUBLIC_PATH,
  publicCall,
  REGION_FIELD,
} from "./public_reads.ts";
import { ReadLocks } from "./read_lock.ts";
import type { Storage } from "./storage.ts";
import { internalPath, resourceOf } from "./request_names.ts";

/** A key that an object store accepts. It may do everything. */
export interface StoreKey {
  /** Names the key; no secret. */
  accessKeyId: string;
  /** Signs requests; a secret. */
  secretAccessKey: string;
}

/** What an object store is made of. */
export interface ObjectStoreOptions {
  /** Where it keeps things. The store owns it: `close` disposes of it. */
  storage: Storage;
  /** The keys it accepts, and with them the temporary ones that are derived from them. */
  credentials: readonly StoreKey[];
  /** Whether reads of one object in one region exclude each other (`bug`) or share (`fix`). */
  variant: Variant;
  /** The store's time: for its locks, and for when objects were stored. */
  clock: Clock;
  /** The time by which signatures expire, where the store's runs faster. Default: `clock`. */
  wallClock?: Pick<Clock, "now">;
  /**
   * The regions in which it answers. They share all objects; each has its own read locks. A signature
   * may name any of them, `auto` or `us-east-1`. Default: `auto` alone.
   */
  regions?: readonly string[];
  /** For how long one read may hold its lock, in milliseconds. Default: 60,000. */
  lockTimeoutMs?: number;
  /** Its own names, for `BUCKET.NAME` as a host. Default: `localhost`. */
  hostnames?: readonly string[];
  /** Buckets whose objects anyone may read below {@linkcode PUBLIC_PATH}. Default: none. */
  publicBuckets?: readonly string[];
  /**
   * When an upload is refused whose length is not announced and that is not aws-chunked: at once, or
   * (`stall`) when its content has come through. Default: `refuse`.
   */
  onChunked?: OnChunked;
  /** Told of what went wrong in the store itself. Default: one line on stderr. */
  onError?: (error: unknown) => void;
}

/** A server that speaks the S3 API. */
export interface ObjectStore extends Server {
  /** The regions in which it answers; requests that choose none are answered in the first. */
  readonly regions: readonly string[];
  /**
   * The store as it answers in one region, for a listener of its own.
   *
   * @throws {RangeError} when there is no such region.
   */
  region(name: string): Pick<Server, "fetch">;
}

/** What clients sign for when nobody has told them a region (R2, and the AWS SDKs). */
const USUAL_REGIONS = ["auto", "us-east-1"];

/**
 * Makes an object store.
 *
 * A request chooses its region by the listener that it comes in by, or by the header field
 * `x-edge-repro-region`, which wins. Below `/_edge-repro/` are the figures, and public buckets.
 *
 * The two variants differ in one decision: whether a GET waits for other reads of that object in that
 * region. See {@linkcode ReadLocks} for what of this is seen and what is assumed.
 *
 * @throws {RangeError} when there is no region.
 */
export function createObjectStore(options: ObjectStoreOptions): ObjectStore {
  return new S3ObjectStore(options);
}

class S3ObjectStore implements ObjectStore {
  readonly regions: readonly string[];
  readonly entrances: readonly Entrance[];
  readonly #home: string;
  readonly #context: StoreContext;
  readonly #secrets: ReadonlyMap<string, string>;
  readonly #signing: Parameters<typeof authenticate>[1];
  readonly #hostnames: readonly string[];
  readonly #publicBuckets: ReadonlySet<string>;
  readonly #onError: (error: unknown) => void;
  /** Differs from one store to the next, so that ids in a log tell whose they are. */
  readonly #idPrefix = crypto.randomUUID().slice(0, 8).toUpperCase();
  #requests = 0;
  #open = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ObjectStoreOptions) {
    const { storage, variant, clock, wallClock = clock, regions = ["auto"] } = options;
    const [home, ...others] = regions;
    if (home === undefined) {
      throw new RangeError("Cannot make an object store: received no region, expected one or more");
    }
    this.#home = home;
    this.regions = regions;
    this.entrances = others.map((name) => ({
      name,
      fetch: (request, info) => this.#serve(request, name, info),
    }));
    const locks = new ReadLocks({ variant, clock, timeoutMs: options.lockTimeoutMs ?? 60_000 });
    this.#onError = options.onError ?? reportOnStderr;
    const { onChunked = "refuse" } = options;
    this.#context = { storage, clock, locks, onChunked, onError: this.#onError };
    this.#secrets = new Map(
      options.credentials.map((key) => [key.accessKeyId, key.secretAccessKey]),
    );
    this.#signing = {
      secretOf: (accessKeyId, sessionToken) => this.#secretOf(accessKeyId, sessionToken),
      regions: [...new Set([...regions, ...USUAL_REGIONS])],
      clock: wallClock,
    };
    this.#hostnames = options.hostnames ?? ["localhost"];
    this.#publicBuckets = new Set(options.publicBuckets);
  }

  fetch(request: Request, info?: ConnectionInfo): Promise<Response> {
    return this.#serve(request, this.#home, info);
  }

  region(name: string): Pick<Server, "fetch"> {
    const region = this.#known(name);
    if (region === undefined) {
      const known = this.regions.join(", ");
      throw new RangeError(
        `Cannot answer in a region: received '${name}', expected one of ${known}`,
      );
    }
    return { fetch: (request, info) => this.#serve(request, region, info) };
  }

  stats(): Figures {
    const { storage, locks } = this.#context;
    return {
      schema: STATS_SCHEMA,
      waiting: locks.waiting,
      locks: locks.held,
      upstreams: 0,
      open: this.#open,
      reads: locks.reads(),
      objects: storage.objectCount,
      storedBytes: storage.storedBytes,
    };
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      this.#context.locks.close();
      await this.#context.storage[Symbol.asyncDispose]();
    })();
    return this.#closing;
  }

  async #serve(
    request: Request,
    listenerRegion: string,
    info?: ConnectionInfo,
  ): Promise<Response> {
    const requestId = this.#nextId();
    try {
      const response = await this.#answer(request, listenerRegion, isListener(info));
      response.headers.set("x-amz-request-id", requestId);
      return response;
    } catch (error) {
      // Nobody is there to read it.
      if (request.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
      if (!(error instanceof S3Error)) this.#onError(error);
      const { method } = request;
      const resource = resourceOf(request, this.#hostnames);
      const refusal = errorResponse(error, { method, resource, requestId });
      return isBelowPublicPath(request.url) ? allowAnyOrigin(refusal) : refusal;
    }
  }

  #answer(
    request: Request,
    listenerRegion: string,
    lent: boolean,
  ): Response | Promise<Response> {
    const internal = internalPath(request, this.#hostnames);
    if (internal !== undefined) {
      return this.#answerInternal(request, internal, listenerRegion, lent);
    }
    const { accessKeyId, payload } = authenticate(request, this.#signing);
    if (accessKeyId === null) {
      throw new S3Error(
        "AccessDenied",
        403,
        "A request without a signature is answered for public buckets only.",
      );
    }
    const { method, url, headers, signal } = request;
    const asked = resolveOperation({ method, url, headers, virtualHosts: this.#hostnames });
    const region = this.#regionOf(request, listenerRegion);
    return this.#handle({ ...asked, headers, payload, signal, region, lent });
  }

  async #handle(call: Call): Promise<Response> {
    this.#open++;
    try {
      return await handlers[call.operation](call, this.#context);
    } finally {
      this.#open--;
    }
  }

  async #answerInternal(
    request: Request,
    path: string,
    listenerRegion: string,
    lent: boolean,
  ): Promise<Response> {
    if (path === STATS_PATH || path.startsWith(`${STATS_PATH}?`)) {
      return Response.json(this.stats(), { headers: { "cache-control": "no-store" } });
    }
    if (!path.startsWith(`${PUBLIC_PATH}/`)) {
      throw new S3Error("NoSuchKey", 404, "There is nothing here.");
    }
    const rest = path.slice(PUBLIC_PATH.length);
    const region = this.#regionOf(request, listenerRegion);
    const call = publicCall(request, rest, this.#publicBuckets, region);
    return allowAnyOrigin(call instanceof Response ? call : await this.#handle({ ...call, lent }));
  }

  #secretOf(accessKeyId: string, sessionToken: string | undefined): string | undefined {
    const lasting = (id: string) => this.#secrets.get(id);
    return lasting(accessKeyId) ??
      temporarySecret(accessKeyId, sessionToken, lasting, this.#signing.clock.now());
  }

  #regionOf({ headers }: Request, otherwise: string): string {
    const name = headers.get(REGION_FIELD);
    if (name === null) return otherwise;
    const region = this.#known(name);
    if (region !== undefined) return region;
    throw invalidArgument(`Expected one of ${this.regions.join(", ")}`, REGION_FIELD, name);
  }

  #known(name: string): string | undefined {
    return this.regions.find((region) => region === name);
  }

  #nextId(): string {
    this.#requests++;
    return this.#idPrefix + this.#requests.toString(16).toUpperCase().padStart(8, "0");
  }
}

/**
 * Whether a body goes to a listener, which hands each chunk on to the runtime before it asks for the
 * next. In memory there is no address of a client, and a body may be gathered.
 */
function isListener(info: ConnectionInfo | undefined): boolean {
  return info?.remoteAddr !== undefined;
}

function reportOnStderr(error: unknown): void {
  console.error(`The object store failed: ${messageOf(error)}`);
}
