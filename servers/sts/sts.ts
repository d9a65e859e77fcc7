// The STS: an OIDC issuer, and what exchanges its tokens, or another's, for keys to a store.

import { Hono } from "hono";
import type { Clock } from "../../lab/clock.ts";
import { type Figures, STATS_SCHEMA } from "../../lab/figures.ts";
import { issueTemporaryKey, type LastingKey } from "../s3/temporary_key.ts";
import { type Server, STATS_PATH } from "../server.ts";
import type { ExchangedKey } from "../web_identity/exchange.ts";
import { addControlRoutes } from "./control_routes.ts";
import { exchangeAnswer } from "./exchange_answer.ts";
import { readExchange } from "./exchange_parameters.ts";
import { type Fault, Faults, type Surface } from "./faults.ts";
import { signToken, type TokenClaims } from "./issue_token.ts";
import { generateSigningKeys, IssuerKeys, type SigningKeys } from "./issuer_keys.ts";
import { addIssuerRoutes } from "./issuer_routes.ts";
import { RemoteIssuer } from "./remote_issuer.ts";
import { StsError, stsErrorResponse } from "./sts_error.ts";
import { type Identity, verifyToken } from "./verify_token.ts";

/** What an STS is made of. */
export interface StsOptions {
  /** Its time: for its delay, and for how long another issuer's keys are used. */
  clock: Clock;
  /** The time of tokens and keys, where the server's own runs faster. Default: `clock`. */
  wallClock?: Pick<Clock, "now">;
  /** The key that it hands out keys for. */
  key: LastingKey;
  /**
   * What it hands out: temporary keys that are derived from `key`, which the object store of this
   * project takes beside it, or `key` itself for a store that knows no others. Default: `temporary`.
   */
  issue?: "temporary" | "static";
  /** The role that may be assumed. */
  roleArn: string;
  /** Whose tokens may assume it; empty for anybody's. Default: empty. */
  subject?: string;
  /** The audience that tokens must name. */
  audience: string;
  /** The URL that its own tokens name as their issuer. Default: the origin of each request. */
  issuer?: string;
  /** Other issuers whose tokens are taken, by URL. */
  trusted?: readonly string[];
  /** For how long an exchange waits before it does anything, in milliseconds. Default: 0. */
  delayMs?: number;
  /** The longest time that a key holds, in milliseconds; shorter where a request says so. */
  lifetimeMs?: number;
  /** By how much the clocks of issuers may differ, in seconds. Default: 5. */
  toleranceS?: number;
  /** What its own tokens are signed with until the first rotation. Default: new keys. */
  signingKeys?: SigningKeys;
  /** What fetches the keys of other issuers. Default: the global `fetch`. */
  fetch?: typeof fetch;
}

/** An OIDC issuer and STS. */
export interface Sts extends Server {
  /**
   * Makes a token, also one that is to be refused.
   *
   * @throws {TypeError} when neither it nor the server's options name an issuer.
   */
  issueToken(claims: TokenClaims): Promise<string>;
  /**
   * Makes new keys, which sign tokens from now on.
   *
   * @param keepOld Whether the old ones stay published. Default: true.
   * @returns The ids of all keys that are published now, the new ones first.
   */
  rotateKeys(keepOld?: boolean): Promise<string[]>;
  /** Has a part of it fail, hang, or work again. */
  setFault(surface: Surface, fault: Fault): void;
  /** For how long an exchange waits, in milliseconds; of those that begin from now on. */
  delayMs: number;
}

/** An hour. Source: STS API reference, "AssumeRoleWithWebIdentity", DurationSeconds. */
const LIFETIME_MS = 3_600_000;

/** The client has left: the status of an answer that nobody reads. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * Makes an STS, with keys of its own unless it is given some.
 *
 * It is an OIDC issuer (`/.well-known/openid-configuration`, `/jwks`, `/token`), and answers
 * `AssumeRoleWithWebIdentity` at `/` as AWS's STS does, in two things more simply: one role, and a
 * longer duration than the role allows is cut and not refused. Anybody gets a token for anyone from
 * it: it is for a laboratory, where it stands for the workload's own issuer.
 *
 * Below `/_edge-repro/` are its figures and what makes it fail (`PUT faults?surface=S&fault=F`) or take
 * new keys (`PUT keys?keep=true|false`).
 */
export async function createSts(options: StsOptions): Promise<Sts> {
  return new OidcSts(options, new IssuerKeys(options.signingKeys ?? await generateSigningKeys()));
}

class OidcSts implements Sts {
  delayMs: number;
  readonly #options: StsOptions;
  readonly #keys: IssuerKeys;
  readonly #wallClock: Pick<Clock, "now">;
  readonly #faults = new Faults();
  readonly #remote: ReadonlyMap<string, RemoteIssuer>;
  readonly #closing = new AbortController();
  readonly #app = new Hono();
  #waiting = 0;
  #upstreams = 0;
  #exchanges = 0;
  #answered = 0;
  #refused = 0;
  #tokens = 0;

  constructor(options: StsOptions, keys: IssuerKeys) {
    const { clock, wallClock = clock, trusted = [] } = options;
    this.#options = options;
    this.#keys = keys;
    this.#wallClock = wallClock;
    this.delayMs = options.delayMs ?? 0;
    const remote = {
      clock,
      fetch: options.fetch ?? fetch,
      onFetch: (underWay: boolean) => void (this.#upstreams += underWay ? 1 : -1),
    };
    this.#remote = new Map(
      trusted.map((issuer) => [issuer, new RemoteIssuer({ issuer, ...remote })]),
    );
    this.#app.get(STATS_PATH, () => noStore(Response.json(this.stats())));
    addControlRoutes(this.#app, this.#faults, this);
    addIssuerRoutes(this.#app, {
      issuerOf: (request) => this.#issuerOf(request),
      published: () => keys.published,
      issue: (claims) => this.#issue(claims),
      pass: (surface, signal) => this.#pass(surface, signal),
    });
    this.#app.on(["GET", "POST"], "/", (context) => this.#exchange(context.req.raw));
    this.#app.onError((error) => {
      if (this.#closing.signal.aborted) {
        return new Response("the server is closed\n", { status: 503 });
      }
      throw error;
    });
  }

  async fetch(request: Request): Promise<Response> {
    try {
      return await this.#app.fetch(request);
    } catch (error) {
      if (request.signal.aborted) return new Response(null, { status: CLIENT_CLOSED_REQUEST });
      throw error;
    }
  }

  stats(): Figures {
    return {
      schema: STATS_SCHEMA,
      waiting: this.#waiting,
      locks: 0,
      upstreams: this.#upstreams,
      open: this.#exchanges,
      exchangesUnderWay: this.#exchanges,
      exchangesAnswered: this.#answered,
      exchangesRefused: this.#refused,
      tokensIssued: this.#tokens,
    };
  }

  async issueToken(claims: TokenClaims): Promise<string> {
    const issuer = claims.issuer ?? this.#options.issuer;
    if (issuer !== undefined) return await this.#issue({ ...claims, issuer });
    throw new TypeError("Cannot issue a token: received no issuer, expected its URL");
  }

  async rotateKeys(keepOld = true): Promise<string[]> {
    return await this.#keys.rotate(keepOld);
  }

  setFault(surface: Surface, fault: Fault): void {
    this.#faults.set(surface, fault);
  }

  close(): Promise<void> {
    this.#closing.abort(new StsError("ServiceUnavailable", "The server is closed."));
    return Promise.resolve();
  }

  async #issue(claims: TokenClaims & { issuer: string }): Promise<string> {
    const token = await signToken(this.#keys, claims, claims.issuer, this.#wallClock.now());
    this.#tokens++;
    return token;
  }

  #issuerOf(request: Request): string {
    return this.#options.issuer ?? new URL(request.url).origin;
  }

  /** Waits for the client's end and the server's, too. */
  async #pass(surface: Surface, signal: AbortSignal): Promise<boolean> {
    const until = AbortSignal.any([signal, this.#closing.signal]);
    this.#waiting++;
    try {
      if (surface === "exchange" && this.delayMs > 0) {
        await this.#options.clock.sleep(this.delayMs, { signal: until });
      }
      return await this.#faults.pass(surface, until);
    } finally {
      this.#waiting--;
    }
  }

  async #exchange(request: Request): Promise<Response> {
    const requestId = crypto.randomUUID();
    this.#exchanges++;
    try {
      const asked = await readExchange(request);
      if (!await this.#pass("exchange", request.signal)) {
        throw new StsError("InternalFailure", "The server was told to fail.");
      }
      const identity = await this.#identify(request, asked.token);
      this.#authorize(asked.roleArn, identity);
      const answer = exchangeAnswer(asked, identity, this.#makeKey(asked.durationS), requestId);
      this.#answered++;
      return answer;
    } catch (error) {
      if (request.signal.aborted) throw error;
      this.#refused++;
      return stsErrorResponse(error, requestId);
    } finally {
      this.#exchanges--;
    }
  }

  async #identify(request: Request, token: string): Promise<Identity> {
    const own = this.#issuerOf(request);
    return await verifyToken(token, {
      // Its own URL is what a client says it is reached by: that must not pass for another issuer's.
      keysOf: (issuer) =>
        this.#remote.get(issuer)?.resolve ?? (issuer === own ? this.#keys.resolve : undefined),
      audience: this.#options.audience,
      nowMs: this.#wallClock.now(),
      toleranceS: this.#options.toleranceS ?? 5,
    });
  }

  #authorize(roleArn: string, identity: Identity): void {
    const { subject = "" } = this.#options;
    if (roleArn === this.#options.roleArn && (subject === "" || subject === identity.subject)) {
      return;
    }
    const message = "The token's subject may not assume this role, or there is no such role.";
    throw new StsError("AccessDenied", message);
  }

  #makeKey(durationS: number | undefined): ExchangedKey {
    const { key, issue = "temporary", lifetimeMs = LIFETIME_MS } = this.#options;
    const askedMs = durationS === undefined ? LIFETIME_MS : durationS * 1000;
    const expiresMs = this.#wallClock.now() + Math.min(askedMs, lifetimeMs);
    return issue === "temporary"
      ? issueTemporaryKey(key, expiresMs)
      : { ...key, sessionToken: undefined, expiresMs };
  }
}

function noStore(response: Response): Response {
  response.headers.set("cache-control", "no-store");
  return response;
}
