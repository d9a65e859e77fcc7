// One object of a run, and those who are connected to it: connects, asks, waits in silence.

import { formatDuration } from "../../lab/duration.ts";
import { InconclusiveError, UnmetError } from "../../lab/errors.ts";
import type { ProbeContext } from "../../lab/scenario.ts";
import { ownAsync } from "../../lab/scope.ts";
import { until } from "../../lab/until.ts";
import { Dialogue } from "../../probes/dialogue.ts";
import type { Message } from "../../probes/dialogue_message.ts";
import type { Asked } from "./asked.ts";
import { type Exchange, exchangeOf, type Request, whyWrong } from "./exchange.ts";
import {
  closePatienceMs,
  LEAST_THRESHOLD_MS,
  patienceMs,
  type WsHibernationParams,
} from "./params.ts";
import type { Sleep } from "./sleep.ts";
import { readTold, type Told } from "./told.ts";

/** What a case of this scenario is given. */
export type Context = ProbeContext<WsHibernationParams>;

/** What a server may understand beyond the messages of the report, as its welcome names it. */
export type EchoFeature = "status" | "broadcast" | "push" | "hold" | "auto_ping" | "metadata";

/** How one is connected. */
export interface ConnectOptions {
  /** Which sockets it is to be one of. */
  tag?: string;
  /** What the object is to keep with the connection. */
  metadata?: string;
  /** Accepted without hibernation. */
  plain?: boolean;
  /** What the server must understand: the case is unmet where it does not. */
  features?: readonly EchoFeature[];
}

/** One object and its clients. */
export class Room {
  /** The object's name. */
  readonly name: string;
  readonly #context: Context;
  readonly #dialogues: Dialogue[] = [];
  #sent = 0;
  #lastSentMs: number;
  #instance: string | null = null;

  /**
   * Names an object of this run; nothing is started.
   *
   * @param part Tells it from others of the run.
   * @throws {InconclusiveError} when the threshold is too short to judge by.
   */
  constructor(context: Context, part = "") {
    const { thresholdMs } = context.params;
    if (thresholdMs < LEAST_THRESHOLD_MS) {
      throw new InconclusiveError(
        `a threshold of ${formatDuration(thresholdMs)} cannot tell what is lost from what a busy ` +
          `machine does late, expected ${
            formatDuration(LEAST_THRESHOLD_MS)
          } or more: give a lower ` +
          "--speed or a larger --threshold-ms",
      );
    }
    this.#context = context;
    this.name = `edge-repro-${context.nonce}${part === "" ? "" : `-${part}`}`;
    this.#lastSentMs = context.clock.now();
  }

  /** How many messages were sent to the object. */
  get sent(): number {
    return this.#sent;
  }

  /**
   * Connects. The connection is the run's.
   *
   * @throws {InconclusiveError} when there is no way to the target, or no welcome comes.
   * @throws {UnmetError} when the server does not understand what the case needs.
   */
  async connect(lane: string, options: ConnectOptions = {}): Promise<Dialogue> {
    const { access, clock, signal, timeline, scope, params } = this.#context;
    const { tag, metadata, plain = false, features = [] } = options;
    const query = new URLSearchParams({ object: this.name });
    if (tag !== undefined) query.set("tag", tag);
    if (metadata !== undefined) query.set("metadata", metadata);
    const path = `${plain ? params.plainPath : params.websocketPath}?${query}`;
    const limitMs = patienceMs(params);
    const dialogue = await ownAsync(
      scope,
      await Dialogue.connect({
        ...{ access, path, clock, signal, timeline, lane },
        handshakeTimeoutMs: limitMs,
        closeTimeoutMs: closePatienceMs(params),
        thresholdMs: limitMs,
      }),
    );
    this.#dialogues.push(dialogue);
    this.#lastSentMs = clock.now();
    this.#noteInstance();
    requireFeatures(dialogue, features);
    return dialogue;
  }

  /** Asks, and waits for as long as an answer may take at all. */
  async exchange(
    dialogue: Dialogue,
    request: Request,
    body: Record<string, unknown> = {},
  ): Promise<Exchange> {
    this.#count();
    const reply = await dialogue.request(request, body, {
      withinMs: patienceMs(this.#context.params),
    });
    return exchangeOf(request, dialogue, reply, (answer) => whyWrong(request, body, answer));
  }

  /** The same, where the answer's text does not matter. */
  async ask(
    dialogue: Dialogue,
    request: Request,
    body: Record<string, unknown> = {},
  ): Promise<Asked> {
    return (await this.exchange(dialogue, request, body)).asked;
  }

  /** Sends without waiting for an answer. */
  async tell(
    dialogue: Dialogue,
    type: string,
    body: Record<string, unknown> = {},
  ): Promise<void> {
    this.#count();
    await dialogue.tell(type, body);
  }

  /** Asks the target's runtime to answer in the object's place, which then never gets the request. */
  async autoPing(dialogue: Dialogue): Promise<Exchange> {
    this.#lastSentMs = this.#context.clock.now();
    const reply = await dialogue.autoPing(patienceMs(this.#context.params));
    return exchangeOf("auto ping", dialogue, reply, () => null);
  }

  #count(): void {
    this.#sent++;
    this.#lastSentMs = this.#context.clock.now();
  }

  /** Sends nothing until the idle time is over since the last message. Gives how long that was. */
  async silence(): Promise<number> {
    const { clock, signal, timeline, params: { idleMs } } = this.#context;
    const beginMs = this.#lastSentMs;
    timeline.add("object", "silence", { idleMs });
    this.#noteInstance();
    await clock.sleep(Math.max(0, beginMs + idleMs - clock.now()), { signal });
    return clock.now() - beginMs;
  }

  /**
   * Waits for something that may take long. When it does, all who are connected send a heartbeat, so
   * that none of them is taken for one that has gone.
   */
  async waitOut<T>(work: Promise<T>): Promise<T> {
    const { clock, params: { thresholdMs } } = this.#context;
    const done = work.then(() => true);
    if (await until(this.#context, done, clock.now() + thresholdMs)) return await work;
    for (const dialogue of this.#dialogues) {
      // One that ends meanwhile has nothing to lose.
      if (dialogue.closed === undefined) await this.tell(dialogue, "heartbeat").catch(() => {});
    }
    return await work;
  }

  /** What the target's figures tell of the object now. */
  async told(): Promise<Told | null> {
    const told = await readTold(this.#context, this.name);
    // A host, other than the object itself, cannot tell a welcome from an answer: it counts what is sent.
    return told === null || told.answered === null || told.instance !== null
      ? told
      : { ...told, answered: Math.max(0, told.answered - this.#dialogues.length) };
  }

  /**
   * What was seen of a sleep that an answer, or something else that was heard, may have ended. Before it
   * was the instance that spoke last before the silence: it need not be the one of the welcome.
   */
  sleepOf(idleMs: number, after: Message | undefined, told: Told | null): Sleep {
    return {
      idleMs,
      before: this.#instance,
      after: after?.instance ?? told?.instance ?? null,
      reconstructions: told?.reconstructions ?? null,
    };
  }

  #noteInstance(): void {
    const named = this.#dialogues.flatMap(({ heard }) =>
      heard.findLast(({ message }) => message.instance !== undefined) ?? []
    );
    const last = named.toSorted((a, b) => a.atMs - b.atMs).at(-1);
    this.#instance = last?.message.instance ?? null;
  }
}

/** The instance that a welcome named; null where it named none. */
export function welcomedBy({ welcomed }: Dialogue): string | null {
  return welcomed.message.instance ?? null;
}

function requireFeatures({ welcome }: Dialogue, needed: readonly EchoFeature[]): void {
  const missing = needed.find((feature) => !welcome.features.includes(feature));
  if (missing === undefined) return;
  throw new UnmetError(
    ["echo-features"],
    `needs echo-features: the target's welcome does not name '${missing}' among its features: it ` +
      "speaks the messages of the report only",
  );
}
