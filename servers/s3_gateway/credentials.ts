// Keys to backends: those that expire are kept, renewed before their end, and got once for all who wait.

import { Shared, type Task } from "../isolate/task_queue.ts";
import type { ExchangedKey } from "../web_identity/exchange.ts";
import type { BackendConfig, BackendKey, GatewayLimits, WebIdentity } from "./config.ts";
import { noKeyYet } from "./errors.ts";
import { exchange, type ExchangeIo } from "./exchange_task.ts";
import type { Platform } from "./outbound.ts";

/** What the cache did so far. */
export interface CredentialFigures {
  /** Exchanges that were begun. */
  exchanges: number;
  /** Exchanges that gave no key. */
  failed: number;
  /** Requests that wait at this moment for an exchange that another began. */
  parkedOnExchange: number;
  /** The most of them at one moment. */
  peakParkedOnExchange: number;
}

/** A key to sign with. */
export interface KeyInUse {
  /** Undefined for a backend that is asked without a signature. */
  key: BackendKey | undefined;
  /** Begins to renew the key; there when it is time to. To be run in the queue. */
  renew?: (() => Task<void>) | undefined;
}

interface Flight {
  shared: Shared<ExchangedKey>;
  startedMs: number;
}

/** A key, and until when it is used, and from when on it is renewed. */
interface Kept {
  key: ExchangedKey;
  usedUntilMs: number;
  renewedFromMs: number;
}

interface Entry {
  identity: WebIdentity;
  kept: Kept | undefined;
  flight: Flight | undefined;
}

/** How long before its end a key is not used any more, in milliseconds: clocks differ. */
const MARGIN_MS = 5_000;

/** The keys to the backends of one gateway. */
export class CredentialCache {
  readonly #io: ExchangeIo;
  readonly #wallClock: NonNullable<Platform["wallClock"]>;
  readonly #limits: GatewayLimits;
  /** By backend and role. */
  readonly #entries = new Map<string, Entry>();
  #exchanges = 0;
  #failed = 0;
  #waiting = 0;
  #peakWaiting = 0;

  /** Begins without any key. */
  constructor(platform: Platform, limits: GatewayLimits) {
    this.#io = platform;
    this.#wallClock = platform.wallClock ?? platform.clock;
    this.#limits = limits;
  }

  /** What happened so far. */
  figures(): CredentialFigures {
    return {
      exchanges: this.#exchanges,
      failed: this.#failed,
      parkedOnExchange: this.#waiting,
      peakParkedOnExchange: this.#peakWaiting,
    };
  }

  /**
   * A key to a backend: at once where there is one that holds, else after the exchange that is under way
   * or that this task begins. A failure is told to all who wait for it, and to nobody later.
   *
   * @throws {S3Error} 502 or 503.
   */
  *keyFor(name: string, { credentials = "anonymous" }: BackendConfig): Task<KeyInUse> {
    if (credentials === "anonymous") return { key: undefined };
    if (!("stsUrl" in credentials)) return { key: credentials };
    const entry = this.#entry(name, credentials);
    const { kept } = entry;
    const nowMs = this.#wallClock.now();
    if (kept !== undefined && nowMs < kept.usedUntilMs) {
      const isDue = nowMs >= kept.renewedFromMs && !this.#isFlying(entry);
      return { key: kept.key, renew: isDue ? () => this.#renew(entry) : undefined };
    }
    if (entry.flight === undefined || !this.#isFlying(entry)) {
      return { key: yield* this.#fly(entry) };
    }
    this.#waiting++;
    this.#peakWaiting = Math.max(this.#peakWaiting, this.#waiting);
    try {
      return { key: yield* entry.flight.shared.wait() };
    } finally {
      this.#waiting--;
    }
  }

  /** Forgets a key that a backend does not take any more. */
  forget(name: string, credentials: BackendConfig["credentials"], key: BackendKey): void {
    if (typeof credentials !== "object" || !("stsUrl" in credentials)) return;
    const entry = this.#entry(name, credentials);
    if (entry.kept?.key.accessKeyId === key.accessKeyId) entry.kept = undefined;
  }

  *#renew(entry: Entry): Task<void> {
    // Another may have begun it since.
    if (!this.#isFlying(entry)) yield* this.#fly(entry);
  }

  *#fly(entry: Entry): Task<ExchangedKey> {
    // Whoever began it may be gone, and its I/O with it.
    entry.flight?.shared.reject(noKeyYet("the token service did not answer in time"));
    const shared = new Shared<ExchangedKey>();
    const flight: Flight = { shared, startedMs: this.#io.clock.now() };
    entry.flight = flight;
    this.#exchanges++;
    try {
      const key = yield* exchange(entry.identity, this.#io, this.#limits.exchangeMs);
      if (entry.flight === flight) entry.kept = this.#keep(key);
      shared.resolve(key);
      return key;
    } catch (error) {
      this.#failed++;
      shared.reject(error);
      throw error;
    } finally {
      if (entry.flight === flight) entry.flight = undefined;
    }
  }

  #keep(key: ExchangedKey): Kept {
    const { expiresMs } = key;
    const lifeMs = Math.max(expiresMs - this.#wallClock.now(), 0);
    return {
      key,
      usedUntilMs: expiresMs - Math.min(MARGIN_MS, lifeMs / 10),
      renewedFromMs: expiresMs - Math.min(this.#limits.refreshMs, lifeMs / 3),
    };
  }

  /** Whether an exchange is under way that may still come to an end. */
  #isFlying({ flight }: Entry): boolean {
    return flight !== undefined &&
      this.#io.clock.now() - flight.startedMs < this.#limits.exchangeMs;
  }

  #entry(name: string, identity: WebIdentity): Entry {
    const id = `${name} ${identity.roleArn}`;
    let entry = this.#entries.get(id);
    if (entry === undefined) {
      entry = { identity, kept: undefined, flight: undefined };
      this.#entries.set(id, entry);
    }
    return entry;
  }
}
