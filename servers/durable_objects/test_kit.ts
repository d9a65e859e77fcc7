// A test kit: one Durable Object in memory on a clock that a test moves, asked whether it hibernates.

import { ManualClock } from "../../lab/clock.ts";
import { formatDuration } from "../../lab/duration.ts";
import type { DurableObjectHandlers, DurableObjectState } from "./api.ts";
import type { HostEvent, ObjectState } from "./events.ts";
import type { Explanation } from "./explain.ts";
import { createDurableObjectHost, type DurableObjectHost } from "./host.ts";
import type { ObjectFigures } from "./figures.ts";
import type { SocketData } from "./sockets/end.ts";
import { TestSocket } from "./test_socket.ts";

/** The class under test, as Cloudflare would construct it. */
export type TestedClass<T> = new (ctx: DurableObjectState, env: never) => T;

/** The methods of a class as they are called from outside. */
export type Remote<T> = {
  [K in keyof T as T[K] extends (...args: never[]) => unknown ? K : never]: T[K] extends
    (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

/** How a class is tested. */
export interface TestOptions {
  /** What the class gets as `env`, beside the bindings of `classes`. */
  env?: Readonly<Record<string, unknown>>;
  /** Further classes that it speaks to: by the binding's name. */
  classes?: Readonly<Record<string, TestedClass<unknown>>>;
  /** The name of the object. Default: `test`. */
  name?: string;
  /** How long it is idle before it is evicted, in milliseconds. Default: 10 000, as in workerd. */
  hibernateAfterMs?: number;
  /** What the clock says at first, in milliseconds since the Unix epoch. Default: 0. */
  startMs?: number;
}

/** An assertion of the kit that does not hold. The message says what keeps the object in memory, and where. */
export class HibernationError extends Error {
  /** `HibernationError`. */
  override name = "HibernationError";
}

/** The binding of the class under test. */
const BINDING = "OBJECT_UNDER_TEST";

/** The URL that requests to the object have when a test gives none. */
const BASE = "https://object.test";

/** How many turns of the event loop what a message started gets to come to rest. */
const TURNS = 3;

/** One object under test. Disposing of it closes its host. */
export class DurableObjectTest<T> implements AsyncDisposable {
  /** Time, which stands still until {@linkcode DurableObjectTest.advance} is called. */
  readonly clock: ManualClock;
  /** The host, for whatever the kit does not have. */
  readonly host: DurableObjectHost;
  /** The object's methods, called from outside. */
  readonly stub: Remote<T>;
  /** All that happened, in order. */
  readonly events: readonly HostEvent[];
  readonly #id: string;
  readonly #hibernateAfterMs: number;
  readonly #fetch: (request: Request) => Promise<Response>;

  /** Made by {@linkcode testDurableObject}. */
  constructor(
    host: DurableObjectHost,
    parts: {
      clock: ManualClock;
      name: string;
      hibernateAfterMs: number;
      events: readonly HostEvent[];
    },
  ) {
    this.host = host;
    this.clock = parts.clock;
    this.events = parts.events;
    this.#hibernateAfterMs = parts.hibernateAfterMs;
    const stub = host.namespace(BINDING).getByName(parts.name);
    this.#id = stub.id.toString();
    this.#fetch = (request) => stub.fetch(request);
    this.stub = stub as unknown as Remote<T>;
  }

  /** Where it is in its life. `hibernated` before it was first used. */
  get state(): ObjectState {
    return this.explain()?.state ?? "hibernated";
  }

  /** How often its constructor ran. */
  get constructions(): number {
    return this.#figures()?.constructions ?? 0;
  }

  /** Its figures; undefined before it was first used. */
  figures(): ObjectFigures | undefined {
    return this.#figures();
  }

  /** Why it is in memory, or that nothing keeps it; undefined before it was first used. */
  explain(): Explanation | undefined {
    return this.host.explain(this.#id);
  }

  /** Sends it a request. A path is enough. */
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return await this.#fetch(
      input instanceof Request && init === undefined
        ? input
        : new Request(typeof input === "string" ? new URL(input, BASE) : input, init),
    );
  }

  /**
   * Opens a WebSocket to it by a request to its `fetch()`.
   *
   * @throws {Error} when it does not answer with a WebSocket.
   */
  async connect(path = "/", init: { headers?: HeadersInit } = {}): Promise<TestSocket> {
    const headers = new Headers(init.headers);
    headers.set("upgrade", "websocket");
    const response = await this.fetch(path, { headers });
    const { webSocket } = response;
    if (!webSocket) {
      throw new Error(
        `Cannot open a WebSocket at ${path}: the object answered ${response.status} without one`,
      );
    }
    return new TestSocket(webSocket, () => this.settle());
  }

  /** Moves time on: what falls due fires, in order. */
  async advance(ms: number): Promise<void> {
    await this.clock.advance(ms);
    await this.settle();
  }

  /** Lets what was started come to rest, without moving time: only timers are left then. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      // A request that goes out is answered in its own time.
      const blockers = this.explain()?.blockers ?? [];
      if (blockers.some(({ kind }) => kind === "fetch")) turn = -1;
    }
  }

  /**
   * Asserts that it is evicted once it was idle for its time, with its sockets open.
   *
   * @throws {HibernationError} naming what keeps it in memory, and where in its code that began.
   */
  async assertHibernates(): Promise<void> {
    await this.settle();
    if (this.constructions === 0) {
      throw new HibernationError("It was never constructed: send it a request or connect first");
    }
    const before = this.#evictions();
    await this.advance(this.#hibernateAfterMs);
    if (this.#evictions() > before || this.state === "hibernated") return;
    throw new HibernationError(
      `It was still in memory after ${
        formatDuration(this.#hibernateAfterMs)
      } without an event: ${this.explain()?.text}`,
    );
  }

  /**
   * Asserts that it is not evicted although nothing reaches it, as one that holds a timer.
   *
   * @returns Why it stays.
   * @throws {HibernationError} when it was evicted.
   */
  async assertStaysInMemory(): Promise<Explanation> {
    await this.settle();
    const before = this.#evictions();
    await this.advance(this.#hibernateAfterMs);
    const explanation = this.explain();
    if (explanation !== undefined && !explanation.eligible && this.#evictions() === before) {
      return explanation;
    }
    throw new HibernationError(
      `It did not stay in memory for ${formatDuration(this.#hibernateAfterMs)} without an event: ` +
        "nothing kept it there",
    );
  }

  /**
   * Asserts that a socket's answers survive hibernation: it is answered, the object is evicted and
   * made anew by the next message, and that is answered too.
   *
   * @returns Both answers.
   * @throws {HibernationError} saying which of them did not come.
   */
  async assertAnswersSurvive(
    socket: TestSocket,
    message: string | ArrayBuffer,
  ): Promise<[before: SocketData, after: SocketData]> {
    const before = await socket.ask(message).catch((error) => {
      throw new HibernationError("It was not answered even before it hibernated", { cause: error });
    });
    await this.assertHibernates();
    const constructions = this.constructions;
    const after = await socket.ask(message).catch((error) => {
      throw new HibernationError("It was not answered after it had hibernated", { cause: error });
    });
    if (this.constructions > constructions) return [before, after];
    throw new HibernationError("It was answered without being made anew: by an auto-response?");
  }

  /**
   * Asserts that it has an alarm and that this fires: moves time to it.
   *
   * @throws {HibernationError} when none is set, or its handler throws.
   */
  async assertAlarmFires(): Promise<void> {
    await this.settle();
    const last = this.events.findLast(({ kind }) => kind === "alarm-set" || kind === "alarm-ran");
    if (last?.kind !== "alarm-set" || last.dueMs === null) {
      throw new HibernationError("It has no alarm");
    }
    const from = this.events.length;
    await this.advance(Math.max(0, last.dueMs - this.clock.now()));
    const ran = this.events.slice(from).find(({ kind }) => kind === "alarm-ran");
    if (ran?.kind !== "alarm-ran") throw new HibernationError("Its alarm did not fire when due");
    if (ran.ok) return;
    const threw = this.events.slice(from).find(({ kind }) => kind === "threw");
    throw new HibernationError(
      `Its alarm handler threw: ${threw?.kind === "threw" ? threw.message : "no message"}`,
    );
  }

  /** Closes the host, with all that is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.host.close();
  }

  #figures(): ObjectFigures | undefined {
    return this.host.stats().objects.find(({ id }) => id === this.#id);
  }

  #evictions(): number {
    return this.#figures()?.evictions ?? 0;
  }
}

/**
 * Hosts one object of a class in memory, for a test.
 *
 * @example A class that hibernates
 * ```ts
 * import { DurableObject } from "./workers.ts";
 * import { testDurableObject } from "./test_kit.ts";
 *
 * class Room extends DurableObject {
 *   fetch(): Response {
 *     const { 0: client, 1: server } = new WebSocketPair();
 *     this.ctx.acceptWebSocket(server);
 *     return new Response(null, { status: 101, webSocket: client });
 *   }
 *   webSocketMessage(ws: { send(text: string): void }, message: string): void {
 *     ws.send(`echo: ${message}`);
 *   }
 * }
 *
 * await using room = await testDurableObject(Room);
 * const socket = await room.connect();
 * await room.assertAnswersSurvive(socket, "hello");
 * ```
 */
export async function testDurableObject<T extends DurableObjectHandlers | object>(
  tested: TestedClass<T>,
  options: TestOptions = {},
): Promise<DurableObjectTest<T>> {
  const { env = {}, classes = {}, name = "test", hibernateAfterMs = 10_000 } = options;
  const clock = new ManualClock(options.startMs ?? 0);
  const events: HostEvent[] = [];
  const all = { ...classes, [BINDING]: tested };
  const host = await createDurableObjectHost({
    worker: Object.fromEntries(Object.entries(all).map(([, one]) => [one.name, one])),
    objects: Object.fromEntries(Object.entries(all).map(([key, one]) => [key, one.name])),
    vars: env,
    clock,
    hibernateAfterMs,
    onEvent: (event) => events.push(event),
  });
  return new DurableObjectTest<T>(host, { clock, name, hibernateAfterMs, events });
}
