// Tells pages how things are, as they change: server-sent events, and the same once as JSON.

import type { Clock } from "../../lab/clock.ts";
import type { HostState } from "./state.ts";

/** What a feed tells. */
export interface FeedOptions {
  /** Gives the state of this moment; asks the store for its figures. Must not reject. */
  read: () => Promise<HostState>;
  /** Times how often that is done. */
  clock: Clock;
  /** How many pages may watch at one time; Infinity for any number. */
  watchers: number;
}

/** How often the state is read while anyone watches, in milliseconds. */
const EVERY_MS = 500;
/** After so many readings without a change the state is sent all the same: a sign of life. */
const SILENT_READINGS = 10;

const encoder = new TextEncoder();

type Watcher = ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;

/** The pages that watch a host. While there are none, nothing is read. */
export class Feed {
  readonly #options: FeedOptions;
  readonly #watchers = new Set<Watcher>();
  #cancelTimer: (() => void) | undefined;
  #reading = false;
  #again = false;
  #silent = 0;
  #sent = "";
  #closed = false;

  /** Nobody watches yet. */
  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** How many pages watch. */
  get watching(): number {
    return this.#watchers.size;
  }

  /** Has the watching pages told of a change now. */
  changed(): void {
    if (this.#watchers.size === 0 || this.#closed) return;
    // What changes while the store is asked for its figures is read in another round.
    if (this.#reading) this.#again = true;
    else void this.#tell();
  }

  /** A stream of events (`text/event-stream`), each with a whole state; 503 when too many watch. */
  watch(): Response {
    if (this.#closed || this.#watchers.size >= this.#options.watchers) {
      return new Response("too many pages watch\n", {
        status: 503,
        headers: { "retry-after": "10", "cache-control": "no-store" },
      });
    }
    let mine: Watcher | undefined;
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        mine = controller;
        this.#watchers.add(controller);
        // The newcomer has nothing yet, whatever the others have.
        this.#sent = "";
        this.changed();
      },
      cancel: () => {
        if (mine) this.#watchers.delete(mine);
        if (this.#watchers.size === 0) this.#rest();
      },
    });
    return new Response(stream, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        // Some proxies hold back what comes slowly unless they are told.
        "x-accel-buffering": "no",
      },
    });
  }

  /** Ends all streams. */
  close(): void {
    this.#closed = true;
    this.#rest();
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers.clear();
  }

  async #tell(): Promise<void> {
    this.#rest();
    this.#reading = true;
    do {
      this.#again = false;
      const state = await this.#options.read();
      this.#send(state);
    } while (this.#again && !this.#closed);
    this.#reading = false;
    if (this.#watchers.size === 0 || this.#closed) return;
    this.#cancelTimer = this.#options.clock.setTimeout(() => void this.#tell(), EVERY_MS);
  }

  #send(state: HostState): void {
    if (this.#closed) return;
    const timeless = JSON.stringify(
      state,
      (name, value) => /(ago|age|in)Ms$/i.test(name) ? 0 : value,
    );
    if (timeless === this.#sent && ++this.#silent < SILENT_READINGS) return;
    this.#sent = timeless;
    this.#silent = 0;
    const event = encoder.encode(`data: ${JSON.stringify(state)}\n\n`);
    for (const watcher of this.#watchers) watcher.enqueue(event);
  }

  #rest(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}
