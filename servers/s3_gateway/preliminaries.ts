// What a call waits for before its backend is asked: its body, where that is needed whole, and the key.

import { TaskQueue, wait } from "../isolate/task_queue.ts";
import type { ForwardedCall } from "./call.ts";
import type { BackendKey, GatewayLimits, GatewaySwitches } from "./config.ts";
import type { CredentialCache } from "./credentials.ts";
import { clientSilent, noKeyYet } from "./errors.ts";
import type { Platform, RequestContext } from "./outbound.ts";
import type { OutgoingContent } from "./outgoing_content.ts";
import { parked } from "./parked.ts";

/** A request in the queue is let go so long after an exchange that it waits for must be over. */
const PARKED_SLACK_MS = 1_000;
/** Who sends what has to be gathered slower than this is not waited for, in bytes a second. */
const SLOWEST_BYTES_PER_S = 128 << 10;

/** What preliminaries are made with. */
export interface PreliminariesOptions {
  /** The time. */
  clock: Platform["clock"];
  /** Where keys come from. */
  credentials: CredentialCache;
  /** How long is waited. */
  limits: GatewayLimits;
  /** The report's first decision. */
  readBody: GatewaySwitches["readBody"];
}

/** The preliminaries of all calls of one gateway, and the queue that these share. */
export class Preliminaries {
  readonly #options: PreliminariesOptions;
  readonly #queue = new TaskQueue();
  #waiting = 0;

  /** Begins with an empty queue. */
  constructor(options: PreliminariesOptions) {
    this.#options = options;
  }

  /** Requests that wait in the queue at this moment, for a key or for a body that is read there. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Tasks of the queue that wait at this moment. */
  get parked(): number {
    return this.#queue.parked;
  }

  /**
   * Reads a content that has to be gathered, and gets the key to its backend in the queue. With
   * `readBody: "early"` the reading has begun when this returns its promise; with `late` it begins in the
   * queue, once there is a key.
   *
   * @returns What to sign with; undefined for nothing.
   * @throws {S3Error} what is wrong with the content; 502 or 503 where there is no key; `RequestTimeout`.
   */
  async keyFor(
    call: ForwardedCall,
    content: OutgoingContent,
    { waitUntil }: RequestContext,
  ): Promise<BackendKey | undefined> {
    const { clock, credentials, limits, readBody } = this.#options;
    const { place, request: { signal } } = call;
    const gathersLate = content.isGathered && readBody === "late";
    const gatherMs = limits.silenceMs +
      (call.payload.lengthBytes ?? 0) / SLOWEST_BYTES_PER_S * 1_000;
    if (content.isGathered && !gathersLate) {
      const limitMs = gatherMs;
      await parked(content.gather(), { clock, limitMs, signal, tooLate: clientSilent });
    }
    let hasKey = false;
    const running = this.#queue.run(function* () {
      const inUse = yield* credentials.keyFor(place.backendName, place.backend);
      hasKey = true;
      if (gathersLate) yield* wait(content.gather());
      return inUse;
    });
    // Others may wait for what this one began, also when its client has left.
    waitUntil?.(running.catch(() => {}));
    this.#waiting++;
    try {
      const { key, renew } = await parked(running, {
        clock,
        signal,
        limitMs: limits.exchangeMs + PARKED_SLACK_MS + (gathersLate ? gatherMs : 0),
        tooLate: () => hasKey ? clientSilent() : noKeyYet("nobody could get one in time"),
      });
      if (renew !== undefined) {
        const renewing = this.#queue.run(renew).catch(() => {});
        waitUntil?.(renewing);
      }
      return key;
    } finally {
      this.#waiting--;
    }
  }
}
