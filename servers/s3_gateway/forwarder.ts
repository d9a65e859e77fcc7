// Asks a backend in a call's name and passes its answer on, with limits on every wait.

import { S3Error } from "../s3/error.ts";
import { answerOf } from "./backend_answer.ts";
import { saysKeyHasEnded } from "./backend_error.ts";
import { backendRequest } from "./backend_request.ts";
import type { ForwardedCall } from "./call.ts";
import type { BackendKey, GatewayLimits, GatewaySwitches } from "./config.ts";
import { contentOf } from "./content.ts";
import { backendSilent, backendUnreachable, badBackend, clientSilent } from "./errors.ts";
import { foreignTouch } from "./foreign.ts";
import { FORWARDED, type Forwarding } from "./forwarded.ts";
import { type Meter, type Platform, UnreachableError } from "./outbound.ts";
import type { OutgoingContent } from "./outgoing_content.ts";
import { signed } from "./sign.ts";
import { SilenceWatch } from "./silence.ts";

/** How calls are passed on. */
export interface ForwarderOptions {
  /** The way to backends. */
  platform: Platform;
  /** Counts what is held. */
  meter: Meter;
  /** The three decisions. */
  switches: GatewaySwitches;
  /** How long is waited. */
  limits: GatewayLimits;
}

/** A call that is ready to be passed on. */
export interface Outgoing {
  /** Its content: to be gathered before it is sent, where it says so, and released in any case. */
  content: OutgoingContent;
  /**
   * Asks the backend, in the caller's turn.
   *
   * @param key What is signed with; undefined for nothing.
   * @param fields Header fields to add.
   * @returns The answer.
   * @throws {S3Error} the backend's refusal, or 502, 503 or 504.
   */
  send(key: BackendKey | undefined, fields: Readonly<Record<string, string>>): Promise<Response>;
}

/** Passes calls on. */
export class Forwarder {
  readonly #options: ForwarderOptions;
  /** Told of a key that a backend does not take any more. */
  readonly #onKeyEnded: (call: ForwardedCall, key: BackendKey) => void;
  #open = 0;

  /** Asks nothing yet. */
  constructor(
    options: ForwarderOptions,
    onKeyEnded: (call: ForwardedCall, key: BackendKey) => void,
  ) {
    this.#options = options;
    this.#onKeyEnded = onKeyEnded;
  }

  /** How many requests to backends are not over. */
  get open(): number {
    return this.#open;
  }

  /**
   * Prepares a call, without any I/O.
   *
   * @throws {S3Error} for what can be refused by its header fields alone.
   */
  prepare(call: ForwardedCall): Outgoing {
    const forwarding = FORWARDED[call.operation];
    if (forwarding === undefined) {
      throw new TypeError(
        `Cannot pass on: received ${call.operation}, expected an operation of a backend's`,
      );
    }
    const { switches, meter } = this.#options;
    const content = contentOf(call, switches, meter);
    return {
      content,
      send: (key, fields) => this.#send(call, forwarding, content, { key, fields }),
    };
  }

  async #send(
    call: ForwardedCall,
    forwarding: Forwarding,
    content: OutgoingContent,
    { key, fields }: { key: BackendKey | undefined; fields: Readonly<Record<string, string>> },
  ): Promise<Response> {
    const { platform, meter, limits } = this.#options;
    const { signal } = call.request;
    const stop = new AbortController();
    const leave = () => stop.abort(signal.reason);
    const watch = new SilenceWatch(
      platform.clock,
      limits.silenceMs,
      (awaited) => stop.abort(awaited === "client" ? clientSilent() : backendSilent()),
    );
    const response = async () => {
      const { body, lengthBytes, framing, payloadHash, fields: own } = content.open(watch);
      const request = backendRequest(call, forwarding);
      for (const [name, value] of Object.entries({ ...own, ...fields })) {
        if (value === null) request.headers.delete(name);
        else request.headers.set(name, value);
      }
      const { method, origin, path, query } = request;
      const headers = await signed({ ...request, payloadHash }, {
        key,
        region: call.place.backend.region ?? "us-east-1",
        nowMs: (platform.wallClock ?? platform.clock).now(),
      });
      const url = `${origin}${path}${query === "" ? "" : `?${query}`}`;
      return await platform.send({
        ...{ method, url, headers, body, lengthBytes, framing },
        signal: stop.signal,
        silenceMs: limits.silenceMs,
        onOver: this.#counted(),
      });
    };
    signal?.addEventListener("abort", leave, { once: true });
    try {
      signal?.throwIfAborted();
      const onPiece = () => watch.expect("backend");
      const answer = await answerOf(call, await response(), {
        form: forwarding.answer,
        meter,
        onPiece,
      });
      if (answer instanceof Response) return answer;
      if (key !== undefined && saysKeyHasEnded(answer.code)) this.#onKeyEnded(call, key);
      throw answer.error;
    } catch (error) {
      throw failureOf(error, stop.signal, content.failure);
    } finally {
      watch.end();
      signal?.removeEventListener("abort", leave);
    }
  }

  /** Counts a request that begins; what is returned is called, maybe more than once, when it is over. */
  #counted(): () => void {
    this.#open++;
    let isOver = false;
    return () => {
      if (!isOver) this.#open--;
      isOver = true;
    };
  }
}

/** What a failure comes to for the client. */
function failureOf(error: unknown, stop: AbortSignal, failure: unknown): unknown {
  if (stop.aborted) return stop.reason;
  if (failure !== undefined) return failure;
  if (error instanceof S3Error) return error;
  const foreign = foreignTouch(error);
  if (foreign !== undefined) return foreign;
  const refusal = error instanceof UnreachableError
    ? backendUnreachable()
    : badBackend("the connection to it broke off");
  refusal.cause = error;
  return refusal;
}
