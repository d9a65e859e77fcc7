// @ts-check
// The object's life as its host tells it: where it is, how it came there, and what went in and out.

/**
 * Where the picture can be. `woken` is a constructor that ran anew: the host tells of it by `constructed`.
 *
 * @typedef {"running" | "idle" | "hibernated" | "woken" | "reset"} Place
 */

/**
 * One step from place to place.
 *
 * @typedef {object} Transition
 * @property {Place} state Where to.
 * @property {number} incarnation Which incarnation, from 1.
 * @property {number} atMs When, on the host's clock.
 * @property {string} note Why, where the host says so.
 */

/**
 * An event as a host of ours tells it; more about them stands in the host's events.ts.
 *
 * @typedef {object} HostEvent
 * @property {string} kind
 * @property {number} seq
 * @property {number} atMs
 * @property {number} incarnation
 * @property {string} [state]
 * @property {string} [reason]
 * @property {boolean} [reconstruction]
 */

/** What one object did since the page began to listen. */
export class Life {
  /** @type {Transition | undefined} */
  now;
  incarnation = 0;
  evictions = 0;
  /** Messages that the object got, and that it sent, since {@linkcode countAnew}. */
  received = 0;
  sent = 0;
  /** Answers that the host gave without the object. */
  autoResponses = 0;
  /** The host's last event. */
  #last = { seq: 0, atMs: 0 };
  #onTransition;
  #fromNextSocket = false;

  /** @param {(transition: Transition) => void} onTransition Told of each step, in the host's order. */
  constructor(onTransition) {
    this.#onTransition = onTransition;
  }

  /** Counts from the next socket on that the object accepts. */
  countAnew() {
    this.received = this.sent = this.autoResponses = 0;
    this.#fromNextSocket = true;
  }

  /**
   * Takes the host's next event. One that it has told before, after a lost connection, is left out.
   *
   * @param {HostEvent} event As the host told it.
   */
  take(event) {
    const { seq, atMs } = event;
    if (seq <= this.#last.seq && atMs <= this.#last.atMs) return;
    this.#last = { seq, atMs };
    this.incarnation = event.incarnation;
    this.#count(event);
    const step = stepOf(event);
    if (step === undefined) return;
    const { incarnation } = event;
    if (this.now?.state === step.state && this.now.incarnation === incarnation) return;
    this.now = { ...step, incarnation, atMs };
    this.#onTransition(this.now);
  }

  /** @param {HostEvent} event */
  #count({ kind }) {
    if (kind === "received") this.received++;
    else if (kind === "sent") this.sent++;
    else if (kind === "auto-response") this.autoResponses++;
    else if (kind === "evicted") this.evictions++;
    else if (kind === "socket-accepted" && this.#fromNextSocket) {
      this.#fromNextSocket = false;
      this.received = this.sent = this.autoResponses = 0;
    }
  }
}

/**
 * @param {HostEvent} event
 * @returns {{ state: Place, note: string } | undefined}
 */
function stepOf({ kind, state, reason = "", reconstruction }) {
  switch (kind) {
    case "constructed":
      return reconstruction
        ? { state: "woken", note: `anew, for ${article(reason)}` }
        : { state: "running", note: `new, for ${article(reason)}` };
    case "state":
      return state === "running" || state === "idle" || state === "hibernated"
        ? { state, note: "" }
        : undefined;
    case "evicted":
      return { state: "hibernated", note: "evicted from memory" };
    case "reset":
      return { state: "reset", note: reason };
    default:
      return undefined;
  }
}

/** @param {string} reason */
function article(reason) {
  return `${/^[aeiou]/.test(reason) ? "an" : "a"} ${reason}`;
}
