// A conversation with an echo object: each request is paired with its answer, or known to be lost.

import { formatDuration } from "../lab/duration.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { type Message, parseMessage, readWelcome, type Welcome } from "./dialogue_message.ts";
import { isSpoken, type Lost, type Reply, RequestBook } from "./dialogue_requests.ts";
import {
  type Closed,
  connectWebSocket,
  type WebSocketClient,
  type WebSocketOptions,
} from "./web_socket.ts";

/** A message as it came. */
export interface Heard {
  /** What it says. */
  message: Message;
  /** When it came, as the clock has it. */
  atMs: number;
}

/** Something that came and that no request of the protocol is answered with. */
export interface Stray {
  /** What it is: `binary data`, `a message of type 'error'`. */
  what: string;
  /** When it came, as the clock has it. */
  atMs: number;
}

/** How to converse. */
export interface DialogueOptions extends Omit<WebSocketOptions, "onReceived" | "keep"> {
  /** How long an answer may take, in milliseconds of the clock; the welcome too. */
  thresholdMs: number;
}

/** A connection whose welcome has come. Disposing of it destroys the connection. */
export class Dialogue implements AsyncDisposable {
  /** What the server said first. */
  readonly welcome: Welcome;
  /** The welcome as it came. */
  readonly welcomed: Heard;
  /** The connection, for what is no request: `vanish`, `send` of anything, `ended`, `received`. */
  readonly socket: WebSocketClient;
  readonly #book: RequestBook;
  readonly #heard: Heard[];
  readonly #strays: readonly Stray[];
  readonly #late: WeakMap<Reply, Reply>;
  readonly #thresholdMs: number;

  private constructor(
    socket: WebSocketClient,
    welcomed: Heard,
    parts: {
      book: RequestBook;
      heard: Heard[];
      strays: readonly Stray[];
      late: WeakMap<Reply, Reply>;
      thresholdMs: number;
    },
  ) {
    this.socket = socket;
    this.welcomed = welcomed;
    this.welcome = readWelcome(welcomed.message);
    this.#book = parts.book;
    this.#heard = parts.heard;
    this.#strays = parts.strays;
    this.#late = parts.late;
    this.#thresholdMs = parts.thresholdMs;
  }

  /**
   * Connects and waits for the welcome.
   *
   * @throws {InconclusiveError} as `connectWebSocket` does, and when no welcome comes within the
   * threshold or the connection ends before it: then nothing can be told of what follows.
   */
  static async connect(options: DialogueOptions): Promise<Dialogue> {
    const { clock, thresholdMs, signal, access } = options;
    const book = new RequestBook(clock);
    const heard: Heard[] = [];
    const strays: Stray[] = [];
    const late = new WeakMap<Reply, Reply>();
    const socket = await connectWebSocket({
      ...options,
      onReceived({ data, atMs }) {
        const message = parseMessage(data);
        if (message !== undefined) heard.push({ message, atMs });
        const paired = message && book.take(message, atMs);
        if (message === undefined || (paired === undefined && !isSpoken(message.type))) {
          strays.push({ what: sayStray(data, message), atMs });
        } else if (paired?.late) {
          const { request: { reply, sentAtMs }, roundTripMs } = paired;
          // It was given up before: what became of it is there.
          reply.then((lost) =>
            late.set(lost, { lost: false, answer: message, roundTripMs, sentAtMs, atMs })
          );
        }
      },
    });
    socket.ended.then(() => book.end());
    try {
      const isWelcome = ({ data }: { data: string | Uint8Array }) =>
        parseMessage(data)?.type === "welcome";
      await socket.waitFor(isWelcome, { withinMs: thresholdMs, signal });
      const welcomed = heard.find(({ message }) => message.type === "welcome");
      if (welcomed !== undefined) {
        return new Dialogue(socket, welcomed, { book, heard, strays, late, thresholdMs });
      }
      signal.throwIfAborted();
      const { closed } = socket;
      const why = closed === undefined
        ? `no welcome came within ${formatDuration(thresholdMs)}`
        : `the connection ended with ${closed.code} before a welcome came`;
      throw new InconclusiveError(
        `Cannot converse with ${access.url.host}: ${why}; does an echo object answer there?`,
      );
    } catch (error) {
      await socket[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** All messages so far that are JSON objects with a type, in the order in which they came. */
  get heard(): readonly Heard[] {
    return this.#heard;
  }

  /**
   * All so far that came and belongs to nothing: bytes, texts that are no messages, and messages of types
   * that the protocol does not have, in the order in which they came.
   */
  get strays(): readonly Stray[] {
    return this.#strays;
  }

  /** The answer to a request that was given up, where it came after all; undefined where it has not. */
  lateAnswer(lost: Lost): Reply | undefined {
    return this.#late.get(lost);
  }

  /** How the connection ended, once it has. */
  get closed(): Closed | undefined {
    return this.socket.closed;
  }

  /**
   * Sends `{ ...body, type, id }` and waits for its answer, which is what echoes the id, or, where the
   * server echoes none, the first of the type that goes with the request's. Never rejects for what the
   * server does: an answer that does not come in time, or before the connection ends, is lost.
   *
   * @param options.withinMs How long the answer may take, in milliseconds. Default: the threshold.
   */
  async request(
    type: string,
    body: Readonly<Record<string, unknown>> = {},
    { withinMs = this.#thresholdMs }: { withinMs?: number } = {},
  ): Promise<Reply> {
    const { id, reply } = this.#book.add(type, withinMs);
    // It can only fail because the connection ends, and that settles the reply.
    this.socket.send(JSON.stringify({ ...body, type, id })).catch(() => {});
    if (this.closed !== undefined) this.#book.end();
    return await reply;
  }

  /** Sends `{ ...body, type }`, without an id, and waits for no answer. Resolves when it was sent. */
  async tell(type: string, body: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await this.socket.send(JSON.stringify({ ...body, type }));
  }

  /**
   * Asks the server's runtime to answer in the object's place: sends the text that auto-response is set
   * for, which can carry no id.
   */
  async autoPing(withinMs: number = this.#thresholdMs): Promise<Reply> {
    const { reply } = this.#book.add("auto_ping", withinMs);
    this.socket.send('{"type":"auto_ping"}').catch(() => {});
    if (this.closed !== undefined) this.#book.end();
    return await reply;
  }

  /**
   * Resolves with the first message from index `from` of {@linkcode heard} on (default: from now on)
   * that the predicate takes, or undefined when none came within `withinMs` (default: the threshold),
   * or before the connection ended. Rejects with the signal's reason when that aborts.
   */
  async listen(
    predicate: (message: Message) => boolean,
    options: { from?: number; withinMs?: number; signal?: AbortSignal } = {},
  ): Promise<Heard | undefined> {
    const { from = this.#heard.length, withinMs = this.#thresholdMs, signal } = options;
    const find = () => this.#heard.slice(from).find(({ message }) => predicate(message));
    const there = find();
    if (there !== undefined) return there;
    await this.socket.waitFor(() => find() !== undefined, {
      from: this.socket.received.length,
      withinMs,
      ...(signal && { signal }),
    });
    return find();
  }

  /** Closes. Resolves when the connection has ended. */
  close(code = 1000, reason = ""): Promise<Closed> {
    return this.socket.close(code, reason);
  }

  /** Destroys the connection at once; what waits for an answer is lost. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.socket[Symbol.asyncDispose]();
    this.#book.end();
  }
}

function sayStray(data: string | Uint8Array, message: Message | undefined): string {
  if (typeof data !== "string") return "binary data";
  return message === undefined
    ? "text that is no message"
    : `a message of type '${message.type.slice(0, 40)}'`;
}
