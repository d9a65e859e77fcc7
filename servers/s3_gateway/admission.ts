// Lets a request in: its signature, what it asks for, and whether that is allowed to whom.

import type { Clock } from "../../lab/clock.ts";
import { resolveAddress } from "../s3/address.ts";
import { authenticate } from "../s3/authenticate.ts";
import { S3Error } from "../s3/error.ts";
import { type Operation, resolveOperation } from "../s3/operation.ts";
import type { GatewayCall } from "./call.ts";
import type { ClientKey, GatewayConfig } from "./config.ts";
import { accessDenied } from "./errors.ts";
import { PUBLIC_OPERATIONS, SIGNED_PARAMETERS } from "./forwarded.ts";
import { type Place, placeOf } from "./places.ts";

/** What clients sign for when nobody has told them a region. */
const USUAL_REGIONS = ["auto", "us-east-1"];

/** The gateway's door. Everything here is done without I/O. */
export class Admission {
  readonly #keys: ReadonlyMap<string, ClientKey>;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #hostnames: readonly string[];
  readonly #regions: readonly string[];
  readonly #clock: Pick<Clock, "now">;

  /**
   * Lets nobody in yet.
   *
   * @param clock The world's time, by which signatures expire.
   */
  constructor(
    config: GatewayConfig,
    places: ReadonlyMap<string, Place>,
    clock: Pick<Clock, "now">,
  ) {
    const { keys = [], hostnames = ["localhost"], region = "auto" } = config;
    this.#keys = new Map(keys.map((key) => [key.accessKeyId, key]));
    this.#places = places;
    this.#hostnames = hostnames;
    this.#regions = [...new Set([region, ...USUAL_REGIONS])];
    this.#clock = clock;
  }

  /**
   * What a request asks for.
   *
   * @throws {S3Error} where it may not, or asks for nothing that S3 has.
   */
  callOf(request: Request): GatewayCall {
    const { method, url, headers } = request;
    const signed = authenticate(request, {
      secretOf: (id) => this.#keys.get(id)?.secretAccessKey,
      regions: this.#regions,
      clock: this.#clock,
    });
    const virtualHosts = this.#hostnames;
    // The stores behind may keep versions.
    const asked = resolveOperation({ method, url, headers, virtualHosts, hasVersions: true });
    return { ...asked, ...signed, request, headers };
  }

  /**
   * Where the bucket of a call is, for a caller who may do this there.
   *
   * @throws {S3Error} `NoSuchBucket` (404), `AccessDenied` (403), `InvalidRequest` (400).
   */
  placeFor(call: Pick<GatewayCall, "accessKeyId" | "bucket" | "operation" | "query">): Place {
    const { accessKeyId, bucket, operation, query } = call;
    if (accessKeyId !== null) {
      const place = placeOf(this.#places, bucket);
      if (this.#mayUse(accessKeyId, bucket) || isOpen(place, operation)) return place;
      throw accessDenied("This key is not for this bucket.");
    }
    const place = this.#places.get(bucket);
    // Who has no key is not told what buckets there are.
    if (place === undefined || !isOpen(place, operation)) {
      throw accessDenied("Without a signature only public buckets can be read.");
    }
    const parameter = SIGNED_PARAMETERS.find((name) => query.has(name));
    if (parameter === undefined) return place;
    throw new S3Error("InvalidRequest", 400, `Only a signed request may have ${parameter}.`);
  }

  /** The virtual buckets that a key may use, by name; none for nobody. */
  bucketsOf(accessKeyId: string | null): string[] {
    if (accessKeyId === null) return [];
    return [...this.#places.keys()].filter((name) => this.#mayUse(accessKeyId, name)).sort();
  }

  /** What an error says that it is about: `/BUCKET/KEY`, or `/` where that cannot be told. */
  resourceOf({ url, headers }: Request): string {
    try {
      const { bucket, key } = resolveAddress(url, headers.get("host"), this.#hostnames);
      return key === "" ? `/${bucket}` : `/${bucket}/${key}`;
    } catch {
      return "/";
    }
  }

  /** The raw target of a request that is for the gateway itself; undefined for any other. */
  internalPath({ url, headers }: Request): string | undefined {
    const slash = url.indexOf("/", url.indexOf("://") + 3);
    if (slash < 0 || !url.startsWith(INTERNAL_PREFIX, slash)) return undefined;
    const { bucket } = resolveAddress("/", headers.get("host"), this.#hostnames);
    return bucket === "" ? url.slice(slash) : undefined;
  }

  #mayUse(accessKeyId: string, bucket: string): boolean {
    return this.#keys.get(accessKeyId)?.buckets?.includes(bucket) ?? true;
  }
}

/** Whether anyone may do this there. */
function isOpen({ isPublic }: Place, operation: Operation): boolean {
  return isPublic && PUBLIC_OPERATIONS.includes(operation);
}

/** What stands before pathnames of our own; it cannot be the name of a bucket. */
const INTERNAL_PREFIX = "/_edge-repro/";
