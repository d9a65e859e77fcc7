// @ts-check
// What was sent and what answered it: each request is paired with its answer, or is lost.

/** What a request is answered with. */
const ANSWERS = {
  connect: "welcome",
  heartbeat: "heartbeat_ack",
  ping: "pong",
  message: "echo",
  auto_ping: "auto_pong",
  hold: "held",
  release: "released",
};

/** How the ids begin that the page gives its requests. */
const OWN = "page-";

/** @typedef {keyof typeof ANSWERS} Kind */

/**
 * `waiting`: not answered yet. `answered`: in time. `late`: after it had been given up. `lost`: given up,
 * with the connection open. `refused`: answered with an error. `cut`: the connection closed first.
 *
 * @typedef {"waiting" | "answered" | "late" | "lost" | "refused" | "cut"} State
 */

/**
 * One request.
 *
 * @typedef {object} Exchange
 * @property {string} id Sent with the request, and expected back.
 * @property {Kind} kind What was asked.
 * @property {string | undefined} content A message's text.
 * @property {number} sentMs When, on the page's clock.
 * @property {State} state What became of it.
 * @property {number | undefined} answeredMs When its answer came.
 * @property {string | undefined} error What the answer said was wrong.
 * @property {string | undefined} instance Which instance of the object answered.
 * @property {boolean} woken Whether that was another one than before: the object was constructed anew.
 */

/**
 * What the conversation is made of, in its order: a request, a burst of them, or what came unasked.
 *
 * @typedef {{ type: "exchange", exchange: Exchange }
 *   | { type: "burst", exchanges: Exchange[], inOrder: boolean }
 *   | { type: "notice", kind: string, text: string, atMs: number }} Entry
 */

/** One connection's conversation after another. */
export class Conversation {
  /** Messages that came from the object since the last connection was begun. */
  reached = 0;
  /** The instance that spoke last. @type {string | undefined} */
  instance;
  /** @type {Map<string, { entry: Entry, exchange: Exchange }>} */
  #open = new Map();
  /** Exchanges of this connection. @type {Exchange[]} */
  #current = [];
  #count = 0;
  #onChange;

  /** @param {(entry: Entry) => void} onChange Told of each entry that is new or has changed. */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /**
   * A connection is begun: it is itself a request, answered by the welcome.
   *
   * @param {number} nowMs On the page's clock.
   */
  begin(nowMs) {
    this.#open.clear();
    this.#current = [];
    this.reached = 0;
    this.instance = undefined;
    this.add("connect", nowMs);
  }

  /**
   * A request is sent.
   *
   * @param {Kind} kind What is asked.
   * @param {number} nowMs On the page's clock.
   * @param {string} [content] A message's text.
   * @returns {Exchange} With the id to send.
   */
  add(kind, nowMs, content) {
    const exchange = this.#create(kind, nowMs, content);
    this.#enter({ type: "exchange", exchange }, [exchange]);
    return exchange;
  }

  /**
   * Many messages are sent at once.
   *
   * @param {readonly string[]} contents Their texts.
   * @param {number} nowMs On the page's clock.
   * @returns {Exchange[]} With the ids to send.
   */
  addBurst(contents, nowMs) {
    const exchanges = contents.map((content) => this.#create("message", nowMs, content));
    this.#enter({ type: "burst", exchanges, inOrder: true }, exchanges);
    return exchanges;
  }

  /**
   * A text came in.
   *
   * @param {unknown} data As the socket gave it.
   * @param {number} nowMs On the page's clock.
   * @returns {{ type: string, exchange?: Exchange, message: Record<string, unknown> }} What it was.
   */
  hear(data, nowMs) {
    this.reached++;
    const message = read(data);
    const type = typeof message.type === "string" ? message.type : "unknown";
    const found = this.#pair(type, message);
    const woken = this.#learn(message.instance);
    if (found === undefined) {
      this.#onChange({ type: "notice", kind: type, text: wordsOf(message), atMs: nowMs });
      return { type, message };
    }
    const { entry, exchange } = found;
    this.#open.delete(exchange.id);
    if (entry.type === "burst") {
      const at = entry.exchanges.indexOf(exchange);
      if (entry.exchanges.slice(at + 1).some((later) => later.answeredMs !== undefined)) {
        entry.inOrder = false;
      }
    }
    exchange.answeredMs = nowMs;
    exchange.state = type === "error" ? "refused" : exchange.state === "lost" ? "late" : "answered";
    if (type === "error") exchange.error = wordsOf(message);
    exchange.instance = this.instance;
    exchange.woken = woken;
    this.#onChange(entry);
    return { type, exchange, message };
  }

  /**
   * Gives up what has waited too long.
   *
   * @param {number} nowMs On the page's clock.
   * @param {number} lostAfterMs How long an answer may take.
   */
  sweep(nowMs, lostAfterMs) {
    this.#settle((exchange) => nowMs - exchange.sentMs >= lostAfterMs, "lost");
  }

  /** The connection is over: nothing can be answered any more. */
  end() {
    this.#settle(() => true, "cut");
    this.#open.clear();
  }

  /**
   * How this connection's requests came out, the connection itself left out.
   *
   * @returns {{ sent: number, waiting: number, answered: number, lost: number, cut: number }}
   */
  counts() {
    const counts = { sent: 0, waiting: 0, answered: 0, lost: 0, cut: 0 };
    for (const { kind, state } of this.#current) {
      if (kind === "connect") continue;
      counts.sent++;
      if (state === "late" || state === "refused") counts.answered++;
      else counts[state]++;
    }
    return counts;
  }

  /** This connection's requests, in the order in which they were sent. @returns {readonly Exchange[]} */
  get exchanges() {
    return this.#current;
  }

  /**
   * @param {Kind} kind
   * @param {number} sentMs
   * @param {string} [content]
   * @returns {Exchange}
   */
  #create(kind, sentMs, content) {
    const id = `${OWN}${++this.#count}`;
    return {
      id,
      kind,
      content,
      sentMs,
      state: "waiting",
      answeredMs: undefined,
      error: undefined,
      instance: undefined,
      woken: false,
    };
  }

  /**
   * @param {Entry} entry
   * @param {readonly Exchange[]} exchanges
   */
  #enter(entry, exchanges) {
    for (const exchange of exchanges) {
      this.#current.push(exchange);
      this.#open.set(exchange.id, { entry, exchange });
    }
    this.#onChange(entry);
  }

  /**
   * By its id; and where the server gives none back, the earliest request that such an answer fits.
   *
   * @param {string} type
   * @param {Record<string, unknown>} message
   */
  #pair(type, message) {
    // Any other id is the server's own, and says nothing of what it answers.
    if (typeof message.id === "string" && message.id.startsWith(OWN)) {
      return this.#open.get(message.id);
    }
    for (const found of this.#open.values()) {
      const { kind, content } = found.exchange;
      if (ANSWERS[kind] === type && (kind !== "message" || message.content === content)) {
        return found;
      }
    }
    return undefined;
  }

  /**
   * @param {unknown} instance
   * @returns {boolean} Whether it is another one than before.
   */
  #learn(instance) {
    if (typeof instance !== "string" || instance === this.instance) return false;
    const woken = this.instance !== undefined;
    this.instance = instance;
    return woken;
  }

  /**
   * @param {(exchange: Exchange) => boolean} over
   * @param {State} state
   */
  #settle(over, state) {
    const changed = new Set();
    for (const { entry, exchange } of this.#open.values()) {
      if (exchange.state !== "waiting" || !over(exchange)) continue;
      exchange.state = state;
      changed.add(entry);
    }
    for (const entry of changed) this.#onChange(entry);
  }
}

/**
 * @param {unknown} data
 * @returns {Record<string, unknown>}
 */
function read(data) {
  if (typeof data !== "string") return { type: "binary", message: "a binary message" };
  try {
    const value = JSON.parse(data);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Shown as it came.
  }
  return { type: "text", message: data.slice(0, 200) };
}

/**
 * @param {Record<string, unknown>} message
 * @returns {string}
 */
function wordsOf({ content, message }) {
  return String(content ?? message ?? "").slice(0, 500);
}
