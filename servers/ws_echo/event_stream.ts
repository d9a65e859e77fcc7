// Tells pages what happens to objects, as server-sent events: first how things are, then each event.

import type { DurableObjectHost } from "../durable_objects/host.ts";
import type { HostEvent } from "../durable_objects/events.ts";

/** Which objects a page watches. */
export interface Watched {
  /** Their name; undefined for objects of any name. */
  name: string | undefined;
  /** Their class; undefined for any. */
  className: string | undefined;
}

/** How streams are made. */
export interface EventStreamOptions {
  /** The host to listen to. */
  host: Pick<DurableObjectHost, "stats" | "subscribe">;
  /** What the first events are dated by, in milliseconds since the Unix epoch. */
  now: () => number;
  /** How many pages may watch at one time. Default: any number. */
  watchers?: number;
}

/**
 * How many events wait for a page that does not read. One that is further behind is cut off: it comes
 * again by itself, and is then told how things are.
 */
const MOST_WAITING = 1_000;

const encoder = new TextEncoder();

interface Watcher {
  watched: Watched;
  controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
}

/** The pages that watch a host's objects. While there are none, nothing is listened to. */
export class EventStreams {
  readonly #options: EventStreamOptions;
  readonly #watchers = new Set<Watcher>();
  #unsubscribe: (() => void) | undefined;
  #lastSeq = 0;
  #closed = false;

  /** Nobody watches yet. */
  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** How many pages watch. */
  get watching(): number {
    return this.#watchers.size;
  }

  /**
   * A stream of {@linkcode HostEvent}s (`text/event-stream`, `seq` as the id), in the host's order.
   * Before them comes one of kind `state` for each object that is there. 503 when too many pages watch.
   */
  open(watched: Watched): Response {
    if (this.#closed || this.#watchers.size >= (this.#options.watchers ?? Infinity)) {
      return new Response("too many pages watch\n", {
        status: 503,
        headers: { "retry-after": "10", "cache-control": "no-store" },
      });
    }
    let mine: Watcher | undefined;
    const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => {
        mine = { watched, controller };
        this.#watchers.add(mine);
        this.#unsubscribe ??= this.#options.host.subscribe((event) => this.#tell(event));
        // Nothing can happen between this and the next event: both are told without a pause.
        controller.enqueue(encoder.encode(": the host's events\n\n"));
        for (const event of this.#present(watched)) controller.enqueue(encode(event));
      },
      cancel: () => {
        if (mine !== undefined) this.#forget(mine);
      },
    }, { highWaterMark: MOST_WAITING });
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
    for (const watcher of [...this.#watchers]) this.#cut(watcher);
  }

  /** How things are, as events. Their `seq` is that of the last event that was told. */
  #present(watched: Watched): HostEvent[] {
    const atMs = this.#options.now();
    return this.#options.host.stats().objects
      .filter((object) => isWatched(watched, object))
      .map(({ id, name, className, state, constructions }) => ({
        kind: "state",
        state,
        seq: this.#lastSeq,
        atMs,
        id,
        name,
        className,
        incarnation: constructions,
      }));
  }

  #tell(event: HostEvent): void {
    this.#lastSeq = event.seq;
    let bytes: Uint8Array<ArrayBuffer> | undefined;
    for (const watcher of [...this.#watchers]) {
      if (!isWatched(watcher.watched, event)) continue;
      if ((watcher.controller.desiredSize ?? 0) <= 0) this.#cut(watcher);
      else watcher.controller.enqueue(bytes ??= encode(event));
    }
  }

  #cut(watcher: Watcher): void {
    this.#forget(watcher);
    watcher.controller.close();
  }

  #forget(watcher: Watcher): void {
    this.#watchers.delete(watcher);
    if (this.#watchers.size > 0) return;
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }
}

function isWatched(
  watched: Watched,
  { name, className }: { name?: string | undefined; className: string },
): boolean {
  return (watched.name === undefined || watched.name === name) &&
    (watched.className === undefined || watched.className === className);
}

function encode(event: HostEvent): Uint8Array<ArrayBuffer> {
  return encoder.encode(`id: ${event.seq}\ndata: ${JSON.stringify(event)}\n\n`);
}
