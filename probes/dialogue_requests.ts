// Which answer belongs to which request: by the id that a server echoes, else by type and order.

import type { Clock } from "../lab/clock.ts";
import type { Message } from "./dialogue_message.ts";

/** An answer that came in time. */
export interface Answered {
  lost: false;
  /** The answer. */
  answer: Message;
  /** From handing the request over to the answer's arrival, in milliseconds of the clock. */
  roundTripMs: number;
  /** When the request was sent, as the clock has it. */
  sentAtMs: number;
  /** When the answer came, as the clock has it. */
  atMs: number;
}

/** A request that was not answered in time. */
export interface Lost {
  lost: true;
  /** How long it was waited for, in milliseconds of the clock. */
  afterMs: number;
  /** When the request was sent, as the clock has it. */
  sentAtMs: number;
  /** `late`: the time was over; `closed`: the connection ended before. */
  why: "late" | "closed";
}

/** What becomes of a request. */
export type Reply = Answered | Lost;

/** A request as its book has it. */
export interface Request {
  /** What goes with it, and comes back from a server that echoes ids. */
  readonly id: string;
  /** Its type. */
  readonly type: string;
  /** When it was sent, as the clock has it. */
  readonly sentAtMs: number;
  /** What becomes of it; never rejects. */
  readonly reply: Promise<Reply>;
}

/** A request whose answer came, in time or late. */
export interface Paired {
  request: Request;
  /** From the request to the answer, in milliseconds of the clock. */
  roundTripMs: number;
  /** Whether the request had been given up before. */
  late: boolean;
}

/** The type of the answer to each type of request. */
const ANSWERS: Readonly<Record<string, string>> = {
  heartbeat: "heartbeat_ack",
  ping: "pong",
  message: "echo",
  status: "status",
  broadcast: "broadcast",
  push: "push_set",
  hold: "held",
  release: "released",
  auto_ping: "auto_pong",
};

/** Whether an answer is known to belong to a message of this type. */
export function isAnswered(type: string): boolean {
  return Object.hasOwn(ANSWERS, type);
}

/** The type of message that answers a request of this type. */
export function answerTypeOf(type: string): string {
  return isAnswered(type) ? ANSWERS[type] ?? type : type;
}

/** All that servers say: answers, and what nobody asked for. */
const SPOKEN: ReadonlySet<string> = new Set(["welcome", "push", ...Object.values(ANSWERS)]);

/** Whether the protocol has messages of this type from the server. */
export function isSpoken(type: string): boolean {
  return SPOKEN.has(type);
}

/** More requests that were given up are not remembered: their answers come as nobody's. */
const MOST_GIVEN_UP = 1_000;

interface Entry extends Request {
  answerType: string;
  settle(reply: Reply): void;
}

/** The requests of one connection that wait for an answer, and those that were given up. */
export class RequestBook {
  readonly #clock: Clock;
  readonly #prefix = crypto.randomUUID().slice(0, 8);
  readonly #open = new Map<string, Entry>();
  readonly #givenUp = new Map<string, Entry>();
  #count = 0;
  #echoesIds = false;

  /** An empty book. */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** How many requests wait. */
  get waiting(): number {
    return this.#open.size;
  }

  /**
   * Enters a request that is sent now.
   *
   * @param withinMs How long its answer may take, in milliseconds of the clock.
   * @param id What a server would echo; without it one that no other request has.
   */
  add(type: string, withinMs: number, id: string = this.#nextId()): Request {
    const reply = Promise.withResolvers<Reply>();
    const entry: Entry = {
      id,
      type,
      answerType: answerTypeOf(type),
      sentAtMs: this.#clock.now(),
      reply: reply.promise,
      settle: (how) => {
        cancelTimer();
        this.#open.delete(id);
        reply.resolve(how);
      },
    };
    const cancelTimer = this.#clock.setTimeout(() => this.#giveUp(entry, "late"), withinMs);
    this.#open.set(id, entry);
    return entry;
  }

  /**
   * Takes a message that came: the request that it answers, or undefined when it answers none. By its
   * id where that is one of ours; else it answers the first request still waiting for its type, or the
   * first that was given up. From a server that has given an id of ours back, one with another id is
   * somebody else's answer.
   */
  take(message: Message, atMs: number): Paired | undefined {
    const request = this.#find(message);
    if (request === undefined) return undefined;
    const roundTripMs = atMs - request.sentAtMs;
    const late = this.#givenUp.delete(request.id);
    const { sentAtMs } = request;
    request.settle({ lost: false, answer: message, roundTripMs, sentAtMs, atMs });
    return { request, roundTripMs, late };
  }

  /** Gives up what still waits: the connection has ended. */
  end(): void {
    for (const entry of [...this.#open.values()]) this.#giveUp(entry, "closed");
    this.#givenUp.clear();
  }

  #find({ id, type }: Message): Entry | undefined {
    if (typeof id === "string") {
      const own = this.#open.get(id) ?? this.#givenUp.get(id);
      // An id of ours that nobody waits for any more is a second answer: it answers no other request.
      if (own !== undefined || id.startsWith(`${this.#prefix}-`)) {
        this.#echoesIds = true;
        return own;
      }
      if (this.#echoesIds) return undefined;
    }
    const fits = (entry: Entry) => entry.answerType === type;
    return this.#open.values().find(fits) ?? this.#givenUp.values().find(fits);
  }

  #giveUp(entry: Entry, why: Lost["why"]): void {
    const { sentAtMs } = entry;
    entry.settle({ lost: true, afterMs: this.#clock.now() - sentAtMs, sentAtMs, why });
    this.#givenUp.set(entry.id, entry);
    const [oldest] = this.#givenUp.keys();
    if (this.#givenUp.size > MOST_GIVEN_UP && oldest !== undefined) this.#givenUp.delete(oldest);
  }

  #nextId(): string {
    return `${this.#prefix}-${++this.#count}`;
  }
}
