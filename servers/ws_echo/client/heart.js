// Heartbeats: sent at their times, and shown as a heart that beats when one is sent and acknowledged.

import { at, setText } from "./element.js";
import { duration } from "./verdict.js";

/** Sends heartbeats while a connection is open. */
export class Heart {
  /** How often, in milliseconds; 0 for never. */
  everyMs = 20_000;
  /** Whether the user wants silence, so that the object may sleep. */
  paused = false;
  #send;
  #nextMs;
  #last;

  /** @param {() => object | undefined} send Sends one, and gives its exchange. */
  constructor(send) {
    this.#send = send;
  }

  /** The welcome has come: the first beat is at once. */
  start(nowMs) {
    this.#nextMs = nowMs;
    this.#last = undefined;
    this.paused = false;
  }

  /** The connection is over. */
  stop() {
    this.#nextMs = undefined;
  }

  /** Takes another interval, from now on. */
  setEvery(ms, nowMs) {
    if (ms === this.everyMs) return;
    this.everyMs = ms;
    if (this.#nextMs !== undefined) this.#nextMs = nowMs + ms;
  }

  /** Silence until {@linkcode resume}. */
  pause() {
    this.paused = true;
  }

  /** Beats again, an interval from now. */
  resume(nowMs) {
    if (!this.paused) return;
    this.paused = false;
    if (this.#nextMs !== undefined) this.#nextMs = nowMs + this.everyMs;
  }

  /** When the next beat is, in milliseconds from now; undefined when there is none. */
  nextInMs(nowMs) {
    if (this.#nextMs === undefined || this.paused || this.everyMs === 0) return undefined;
    return Math.max(0, this.#nextMs - nowMs);
  }

  /** Beats when it is time to, and shows how it is. */
  tick(nowMs) {
    if (this.nextInMs(nowMs) === 0) {
      this.#nextMs = nowMs + this.everyMs;
      this.#last = this.#send() ?? this.#last;
    }
    this.#show(nowMs);
  }

  /** One that was sent by hand is shown like the others. */
  sent(exchange) {
    this.#last = exchange;
  }

  #show(nowMs) {
    const heart = at("heart");
    const state = this.#stateOf();
    if (heart.dataset.state !== state) heart.dataset.state = state;
    setText(at("heart-text"), WORDS[state](this.#last));
    const next = this.nextInMs(nowMs);
    const when = next === undefined
      ? this.#nextMs === undefined ? "" : this.paused ? "paused" : "none are sent"
      : `next in ${Math.ceil(next / 1_000)} s`;
    setText(at("heart-next"), when);
  }

  #stateOf() {
    if (this.#nextMs === undefined || this.#last === undefined) return "off";
    return { waiting: "sent", lost: "missing", cut: "off" }[this.#last.state] ?? "acked";
  }
}

const WORDS = {
  off: () => "No heartbeat yet",
  sent: () => "Heartbeat sent",
  acked: ({ sentMs, answeredMs }) => `Ack after ${duration(answeredMs - sentMs)}`,
  missing: () => "Ack missing",
};
