// What the host tells of the object, where it is a host that does: its events, and why it is in memory.

/** Before a lost stream of events is asked for again, in milliseconds. */
const AGAIN_MS = 2_000;
/** How often the host is asked to explain while nothing happens, in milliseconds. */
const EXPLAIN_MS = 2_000;
/** How long after something happened, so that one question does for all that comes at once. */
const SETTLE_MS = 100;

/** How long the page waits until it is known whether the host tells anything, in milliseconds. */
const PATIENCE_MS = 1_000;

/** Listens to one object at a time. */
export class Feed {
  /** Resolves when it is known whether the host tells of the object. */
  known;
  #on;
  #events;
  #explain;
  #stop;
  #timer;
  #soon = false;

  /**
   * @param {object} on Told of each `event`, of each `explanation`, and in `told` whether this host
   * tells anything.
   */
  constructor(on) {
    this.#on = on;
  }

  /** Where the events of the object come from that it listens to; undefined for none. */
  get events() {
    return this.#events;
  }

  /**
   * Listens to another object. Resolves, as `known` does, when it is known whether the host tells of it,
   * or when that takes too long: then it may turn out later.
   */
  listen(events, explain) {
    this.close();
    this.#events = events;
    this.#explain = explain;
    if (events === undefined) return this.#on.told(false);
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    return this.known = Promise.race([
      new Promise((known) => this.#read(signal, known)),
      new Promise((later) => setTimeout(later, PATIENCE_MS)),
    ]);
  }

  /** Listens to nothing any more. */
  close() {
    clearTimeout(this.#timer);
    this.#soon = false;
    this.#stop?.abort();
    this.#stop = undefined;
  }

  async #read(signal, known) {
    let tells = false;
    while (!signal.aborted) {
      try {
        const response = await fetch(this.#events, {
          signal,
          headers: { accept: "text/event-stream" },
        });
        const type = response.headers.get("content-type") ?? "";
        if (response.ok && type.startsWith("text/event-stream")) {
          if (!tells) this.#on.told(true);
          tells = true;
          known();
          for await (const event of eventsOf(response.body)) {
            this.#on.event(event);
            // Only now it is known that there is an object to explain.
            this.#askIn(SETTLE_MS);
          }
        } else {
          await response.body?.cancel();
          // A host that is not ours has no such path. One of ours may be busy, and has it later.
          if (!tells && response.status !== 503) {
            this.close();
            this.#on.told(false);
          }
        }
      } catch {
        // Asked again below, unless nobody wants to know any more.
      }
      known();
      if (!signal.aborted) await new Promise((later) => setTimeout(later, AGAIN_MS));
    }
    known();
  }

  /** Has the host explain the object, soon and from then on. */
  #askIn(ms) {
    if (this.#soon || this.#stop === undefined) return;
    clearTimeout(this.#timer);
    this.#soon = ms === SETTLE_MS;
    this.#timer = setTimeout(() => this.#ask(this.#stop.signal), ms);
  }

  async #ask(signal) {
    // What happens from now on may not be in the answer: then it is asked for again.
    this.#soon = false;
    try {
      const response = document.hidden ? undefined : await fetch(this.#explain, { signal });
      if (response?.ok) this.#on.explanation(await response.json());
    } catch {
      // The next answer will do.
    }
    if (!signal.aborted) this.#askIn(EXPLAIN_MS);
  }
}

/** The JSON values of a stream of server-sent events, one each. */
async function* eventsOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = `${text}${value}`.replaceAll("\r\n", "\n").split("\n\n");
    text = parts.pop();
    for (const part of parts) {
      const data = part.split("\n").flatMap((line) => /^data: ?(.*)$/.exec(line)?.[1] ?? []);
      if (data.length > 0) yield JSON.parse(data.join("\n"));
    }
  }
}
