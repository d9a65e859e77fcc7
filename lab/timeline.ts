// A run's events, each with its time, its lane (one connection or actor) and details.

import type { Clock } from "./clock.ts";

/** One event of a run. */
export interface TimelineEvent {
  /** Milliseconds since the run began. */
  atMs: number;
  /** The connection or actor it happened to: `writer`, `reader-1`, `origin`. */
  lane: string;
  /** What happened, in kebab-case: `request-sent`, `fin-sent`, `server-closed`. */
  event: string;
  /** Whatever else is worth knowing of it. */
  detail: Record<string, string | number | boolean | null>;
}

/** Collects a run's events and hands each on as it happens. */
export class Timeline {
  readonly #events: TimelineEvent[] = [];
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #onEvent: ((event: TimelineEvent) => void) | undefined;

  /**
   * Begins a timeline now.
   *
   * @param onEvent Called with each event as it is added, in the order of adding.
   */
  constructor(clock: Clock, onEvent?: (event: TimelineEvent) => void) {
    this.#clock = clock;
    this.#startMs = clock.now();
    this.#onEvent = onEvent;
  }

  /**
   * Adds an event.
   *
   * @param atMs When it happened by the run's clock, in milliseconds since the epoch; now if absent.
   */
  add(lane: string, event: string, detail: TimelineEvent["detail"] = {}, atMs?: number): void {
    const since = (atMs ?? this.#clock.now()) - this.#startMs;
    const entry = { atMs: Math.max(0, Math.round(since * 10) / 10), lane, event, detail };
    this.#events.push(entry);
    this.#onEvent?.(entry);
  }

  /** The events so far, earliest first; those of one moment in the order of adding. */
  events(): TimelineEvent[] {
    return this.#events.toSorted((a, b) => a.atMs - b.atMs);
  }
}
