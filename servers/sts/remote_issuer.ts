// The keys of another issuer: found by its discovery document, kept for a time, fetched anew for a new one.

import { createLocalJWKSet, errors, type LocalJWKSet } from "jose";
import type { Clock } from "../../lab/clock.ts";
import { boundedText } from "../web_identity/bounded_text.ts";
import { StsError } from "./sts_error.ts";

/** How the keys of an issuer are fetched. */
export interface RemoteIssuerOptions {
  /** The issuer's URL, as its tokens name it. */
  issuer: string;
  /** The time by which what was fetched ages. */
  clock: Clock;
  /** What fetches. */
  fetch: typeof fetch;
  /** Told of each fetch when it begins and when it is over. */
  onFetch?: (underWay: boolean) => void;
}

/** For how long fetched keys are used. */
const MAX_AGE_MS = 600_000;
/** A key id that is not known makes us look again, but not more often than this. */
const COOL_DOWN_MS = 5_000;
/** When an issuer is given up. */
const TIMEOUT_MS = 5_000;
/** The largest document that is read, in bytes. */
const MAX_BYTES = 262_144;

/** The keys that were fetched, and when. */
interface Fetched {
  resolve: LocalJWKSet;
  atMs: number;
}

/** Another issuer whose tokens are taken. */
export class RemoteIssuer {
  readonly #options: RemoteIssuerOptions;
  #fetched: Fetched | undefined;
  #fetching: Promise<Fetched> | undefined;
  /** The last fetch that failed. */
  #failed: { error: unknown; atMs: number } | undefined;

  /** Fetches nothing yet. */
  constructor(options: RemoteIssuerOptions) {
    this.#options = options;
  }

  /**
   * Finds the key of a token, as `jwtVerify` asks for it. Keys that were fetched are used for ten
   * minutes; for a key id that is not among them they are fetched again, at most every five seconds,
   * whatever came of it. While there are no keys each token has them fetched.
   *
   * @throws {StsError} `IDPCommunicationError` when the issuer does not answer, or not with what OIDC
   * has for it. Source: OpenID Connect Discovery 1.0 §4.
   * @throws {errors.JWKSNoMatchingKey} when it has no such key.
   */
  readonly resolve = async (
    ...token: Parameters<LocalJWKSet>
  ): Promise<Awaited<ReturnType<LocalJWKSet>>> => {
    const known = await this.#current();
    try {
      return await known.resolve(...token);
    } catch (error) {
      const isUnknown = error instanceof errors.JWKSNoMatchingKey;
      if (!isUnknown || this.#ageMs(known) < COOL_DOWN_MS) throw error;
      // It may be a new key all the same: whoever has such a token can try again.
      if (this.#failed && this.#ageMs(this.#failed) < COOL_DOWN_MS) throw this.#failed.error;
      return await (await this.#fetch()).resolve(...token);
    }
  };

  #ageMs({ atMs }: Pick<Fetched, "atMs">): number {
    return this.#options.clock.now() - atMs;
  }

  async #current(): Promise<Fetched> {
    const fetched = this.#fetched;
    return fetched !== undefined && this.#ageMs(fetched) < MAX_AGE_MS
      ? fetched
      : await this.#fetch();
  }

  #fetch(): Promise<Fetched> {
    this.#fetching ??= (async () => {
      try {
        this.#options.onFetch?.(true);
        const resolve = await this.#discover();
        return this.#fetched = { resolve, atMs: this.#options.clock.now() };
      } catch (error) {
        this.#failed = { error, atMs: this.#options.clock.now() };
        throw error;
      } finally {
        this.#fetching = undefined;
        this.#options.onFetch?.(false);
      }
    })();
    return this.#fetching;
  }

  async #discover(): Promise<LocalJWKSet> {
    const { issuer } = this.#options;
    const configuration = await this.#document(
      `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`,
    );
    const { issuer: named, jwks_uri: keysUrl } = configuration;
    if (named !== issuer || typeof keysUrl !== "string" || !URL.canParse(keysUrl)) {
      throw unreachable(issuer, "its discovery document is not one, or another's");
    }
    const { keys } = await this.#document(keysUrl);
    try {
      // What is no list of keys is refused by the library.
      return createLocalJWKSet({ keys: Array.isArray(keys) ? keys : [undefined] });
    } catch (cause) {
      throw unreachable(issuer, "its JWKS is not a set of keys", { cause });
    }
  }

  async #document(url: string): Promise<Record<string, unknown>> {
    const { issuer, clock } = this.#options;
    const patience = new AbortController();
    const cancel = clock.setTimeout(() => patience.abort(), TIMEOUT_MS);
    try {
      const response = await this.#options.fetch(url, {
        headers: { accept: "application/json" },
        redirect: "error",
        signal: patience.signal,
      });
      const text = await boundedText(response.body, MAX_BYTES);
      if (!response.ok) throw new Error(`status ${response.status}`);
      if (text === undefined) throw new Error(`no text of at most ${MAX_BYTES} bytes`);
      const value: unknown = JSON.parse(text);
      if (typeof value !== "object" || value === null) throw new Error("no JSON object");
      return { ...value };
    } catch (cause) {
      const why = patience.signal.aborted
        ? `it did not answer within ${TIMEOUT_MS / 1000} s`
        : "it did not answer with a document";
      throw unreachable(issuer, why, { cause });
    } finally {
      cancel();
    }
  }
}

function unreachable(issuer: string, why: string, options?: ErrorOptions): StsError {
  const message = `The keys of the issuer ${issuer} cannot be had: ${why}.`;
  return new StsError("IDPCommunicationError", message, options);
}
