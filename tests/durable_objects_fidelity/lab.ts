// The classes whose objects do the experiments.

import { DurableObject, RpcTarget } from "cloudflare:workers";
import type { SocketData } from "../../servers/durable_objects/sockets/end.ts";
import type { WorkersWebSocket } from "../../servers/durable_objects/api.ts";
import { type Bench, type Bindings, constructed, notesOf, type Script, wait } from "./bench.ts";
import { outcomeOf } from "./outcome.ts";
import { runtimeRows } from "./runtime_rows.ts";
import { scripts } from "./scripts.ts";
import { socketRows } from "./socket_rows.ts";
import { sqlRows } from "./sql_rows.ts";
import { storageRows } from "./storage_rows.ts";

/** The experiments that are over at once, by kind. */
export const rows = {
  socket: socketRows,
  storage: storageRows,
  sql: sqlRows,
  runtime: runtimeRows,
};

class Counter extends RpcTarget {
  #count = 0;
  add(): number {
    return ++this.#count;
  }
}

class OwnError extends Error {
  override name = "OwnError";
  code = 5;
}

/** Does what rows and scripts say, and has methods to be called. */
export class Lab extends DurableObject<Bindings> {
  readonly field = 5;
  readonly arrow = (): number => 1;
  readonly #bench: Bench;
  readonly #script: Script;
  readonly #steps: string[] = [];

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const name = ctx.id.name ?? ctx.id.toString();
    this.#script = scripts[name.replace(/#.*/, "")] ?? {};
    const note = (line: string) => void notesOf(name).push(line);
    this.#bench = { ctx, env, name, incarnation: constructed(name), self: this, note };
    this.#script.construct?.(this.#bench);
    if (!name.startsWith("slow constructor")) return;
    this.#steps.push("begun");
    ctx.blockConcurrencyWhile(async () => {
      await wait(30);
      this.#steps.push("waited");
    });
  }

  async fetch(request: Request): Promise<Response> {
    const url = new URL(request.url);
    if (request.headers.get("upgrade") === "websocket") return this.#accept(url);
    switch (url.pathname) {
      case "/row": {
        const kind = url.searchParams.get("kind") as keyof typeof rows;
        const row = rows[kind][url.searchParams.get("row") ?? ""];
        return Response.json(await outcomeOf(() => row?.(this.#bench)));
      }
      case "/script":
        return Response.json(await outcomeOf(() => this.#script.request?.(this.#bench, request)));
      case "/throws":
        throw Object.assign(new RangeError("thrown"), { extra: 5 });
      case "/throws-text":
        throw "text";
      case "/aborts":
        this.ctx.abort("why");
        return new Response("not reached");
      case "/answers-nothing":
        return "nothing" as never;
      case "/mirror":
        return Response.json([
          request.method,
          request.url,
          request.headers.get("x-mine"),
          await request.text(),
        ]);
    }
    return Response.json(this.#bench.incarnation);
  }

  #accept(url: URL): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    const tag = url.searchParams.get("tag") ?? "";
    if (this.#script.accept === undefined) this.ctx.acceptWebSocket(server, [tag]);
    else this.#script.accept(this.#bench, server, tag);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(ws: WorkersWebSocket, data: SocketData): unknown {
    if (this.#script.message === undefined) return ws.send(data);
    return this.#script.message(this.#bench, ws, data);
  }

  webSocketClose(ws: WorkersWebSocket, code: number, reason: string, wasClean: boolean): unknown {
    return this.#script.close?.(this.#bench, ws, code, reason, wasClean);
  }

  webSocketError(ws: WorkersWebSocket, error: unknown): unknown {
    return this.#script.error?.(this.#bench, ws, error);
  }

  alarm(info: { retryCount: number; isRetry: boolean; scheduledTime: number }): unknown {
    return this.#script.alarm?.(this.#bench, info);
  }

  get prop(): number {
    return 42;
  }
  hello(who: unknown): string {
    return `hello ${String(who)}`;
  }
  _under(): number {
    return 1;
  }
  boom(message: string): never {
    throw Object.assign(new RangeError(message), { extra: 5 });
  }
  own(): never {
    throw new OwnError("of a class of its own");
  }
  text(): never {
    throw "text";
  }
  rejects(): Promise<never> {
    return wait(1).then(() => Promise.reject(new TypeError("later")));
  }
  incarnation(): number {
    return this.#bench.incarnation;
  }
  changes(given: { a: number }): { a: number } {
    given.a = 2;
    return given;
  }
  kinds(): unknown {
    return [
      undefined,
      null,
      new Map([[1, 2]]),
      new Date(5),
      7n,
      new Uint8Array(2),
      new TypeError("t"),
    ];
  }
  abortError(): DOMException {
    return new DOMException("kept", "AbortError");
  }
  async calls(f: (n: number) => unknown): Promise<unknown> {
    return await f(4);
  }
  async callsIn({ f }: { f(n: number): unknown }): Promise<unknown> {
    return await f(4);
  }
  doubler(): (n: number) => number {
    return (n) => 2 * n;
  }
  doublerIn(): { f(n: number): number } {
    return { f: (n) => 2 * n };
  }
  counter(): Counter {
    return new Counter();
  }
  point(): unknown {
    return new (class Point {
      x = 1;
    })();
  }
  id(): unknown {
    return this.ctx.id;
  }
  nameOf(stub: { name?: string }): unknown {
    return stub.name;
  }
  aborts(reason?: string): void {
    this.ctx.abort(reason);
  }
  abortsWithError(): void {
    this.ctx.abort(new RangeError("why") as never);
  }
  waits(ms: number): Promise<void> {
    return wait(ms);
  }
  async blocksAndThrows(): Promise<void> {
    await this.ctx.blockConcurrencyWhile(() => Promise.reject(new RangeError("blocked")));
  }
  async writesAndAborts(): Promise<void> {
    await this.ctx.storage.put("a", 1);
    this.ctx.storage.put("b", 2);
    this.ctx.abort("why");
  }
  async writesAndThrows(): Promise<void> {
    await this.ctx.storage.put("a", 1);
    this.ctx.storage.put("b", 2);
    throw new Error("after writing");
  }
  async stored(): Promise<unknown> {
    return [...(await this.ctx.storage.list()).keys()];
  }
  stepped(): string[] {
    return this.#steps;
  }
  /** Notes a letter before and after it has awaited something. */
  async steps(letter: string, way: string): Promise<void> {
    const { ctx, env } = this;
    this.#steps.push(`${letter}1`);
    if (way === "storage.get()") await ctx.storage.get("a");
    if (way === "storage.put()") await ctx.storage.put("a", 1);
    if (way === "storage.getAlarm()") await ctx.storage.getAlarm();
    if (way === "300 storage.get()") { for (let n = 0; n < 300; n++) await ctx.storage.get("a"); }
    if (way === "a timer") await wait(20);
    if (way === "a resolved promise") await Promise.resolve();
    if (way === "fetch()") await (await fetch(`${env.ORIGIN}/slow`)).text();
    if (way === "blockConcurrencyWhile() with a timer") {
      await ctx.blockConcurrencyWhile(() => wait(20));
    }
    if (way === "transaction() with a timer") await ctx.storage.transaction(() => wait(20));
    this.#steps.push(`${letter}2`);
  }
}

/** Has `fetch` only, which sets an alarm that nobody would hear or accepts a socket. */
export class Bare extends DurableObject<Bindings> {
  async fetch(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") === "websocket") {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      return new Response(null, { status: 101, webSocket: client });
    }
    return Response.json(await outcomeOf(() => this.ctx.storage.setAlarm(Date.now() + 1)));
  }
}

/** Has no `fetch`. */
export class Mute extends DurableObject<Bindings> {}

/** Extends nothing. */
export class Old {
  fetch(): Response {
    return new Response("old");
  }
  hello(): string {
    return "hello";
  }
}

/** Its constructor throws. */
export class Broken extends DurableObject<Bindings> {
  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    throw new RangeError("constructor");
  }
  hello(): string {
    return "hello";
  }
}
