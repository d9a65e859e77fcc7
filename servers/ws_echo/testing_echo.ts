// For tests: the echo object in memory on a clock that a test moves, and clients that speak JSON to it.

import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { ObjectFigures } from "../durable_objects/figures.ts";
import { type TestClose, TestSocket } from "../durable_objects/test_socket.ts";
import type { WsEchoOptions } from "./echo_host.ts";
import { createWsEcho, type WsEcho } from "./ws_echo.ts";

/** A message of the server, as far as tests look into it. */
export type Told = Record<string, unknown> & { type: string; instance?: string };

/** A client in memory. */
export class TestingClient {
  readonly #socket: TestSocket;

  /** @param socket The client's end. */
  constructor(socket: TestSocket) {
    this.#socket = socket;
  }

  /** How the connection ended, once it has. */
  get closed(): TestClose | undefined {
    return this.#socket.closed;
  }

  /** All that came, in order. */
  get all(): Told[] {
    return this.#socket.received.map((text) => JSON.parse(String(text)));
  }

  /** The next message that was not taken yet. */
  async next(): Promise<Told> {
    return JSON.parse(String(await this.#socket.next()));
  }

  /** Sends a request and takes what comes next. */
  async ask(request: unknown): Promise<Told> {
    return JSON.parse(String(await this.#socket.ask(JSON.stringify(request))));
  }

  /** Sends something that is not JSON, and takes what comes next. */
  async askRaw(data: string | ArrayBuffer): Promise<Told> {
    return JSON.parse(String(await this.#socket.ask(data)));
  }

  /** Sends without waiting. */
  send(request: unknown): void {
    this.#socket.send(JSON.stringify(request));
  }

  /** Closes. */
  close(code?: number, reason?: string): Promise<void> {
    return this.#socket.close(code, reason);
  }
}

/** An echo server that nobody listens to: requests go to it in memory. */
export class TestingEcho implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly server: WsEcho;
  /** The objects' log. */
  readonly log: string[];

  private constructor(parts: Pick<TestingEcho, "clock" | "server" | "log">) {
    this.clock = parts.clock;
    this.server = parts.server;
    this.log = parts.log;
  }

  /** Starts one, evicting after 30 s, closing after 60 s without a heartbeat, looking each 60 s. */
  static async start(options: Omit<WsEchoOptions, "clock" | "onLog"> = {}): Promise<TestingEcho> {
    const clock = new ManualClock(1_000_000);
    const log: string[] = [];
    const server = await createWsEcho({ ...options, clock, onLog: (line) => log.push(line) });
    return new TestingEcho({ clock, server, log });
  }

  /** Lets what is under way come to rest. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 3; turn++) await this.clock.advance(0);
  }

  /** Sends a request to the Worker. */
  dispatch(path: string, init: RequestInit = {}): Promise<Response> {
    return this.server.host.dispatch(new Request(`http://echo.test${path}`, init));
  }

  /** Connects and takes the welcome. */
  async connect(path = "/websocket"): Promise<{ client: TestingClient; welcome: Told }> {
    const response = await this.dispatch(path, { headers: { upgrade: "websocket" } });
    assertEquals(response.status, 101);
    const { webSocket } = response;
    assert(webSocket);
    const client = new TestingClient(new TestSocket(webSocket, () => this.settle()));
    return { client, welcome: await client.next() };
  }

  /** What the host tells of an object. */
  figures(name = "echo", className = "EchoObject"): ObjectFigures {
    const found = this.server.stats().objects.find((object) =>
      object.name === name && object.className === className
    );
    assert(found, `there is no ${className} '${name}'`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
  }
}

/** How long an object is idle before it is evicted, with a little more, in milliseconds. */
export const PAST_EVICTION_MS = 30_100;
