import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { DurableObjectStub, WorkersWebSocket } from "./api.ts";
import type { HostEvent } from "./events.ts";
import { createDurableObjectHost, type HostOptions } from "./host.ts";
import { DurableObject } from "./workers.ts";

/** An object with a bit of everything. */
class Everything extends DurableObject<{ NAME?: string }> {
  count = 0;

  async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (request.headers.get("upgrade") === "websocket") {
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      server.send("welcome");
      return new Response(null, { status: 101, webSocket: client });
    }
    if (pathname === "/count") return new Response(String(++this.count));
    if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 5_000));
    if (pathname === "/throw") throw new RangeError("no");
    return new Response("ok");
  }

  add(value: number): number {
    return this.count += value;
  }

  async keep(value: unknown): Promise<void> {
    await this.ctx.storage.put("kept", value);
  }

  kept(): Promise<unknown> {
    return this.ctx.storage.get("kept");
  }

  fail(): void {
    throw new TypeError("a method failed");
  }

  stop(): void {
    this.ctx.abort("stopped");
  }

  timer(): void {
    setTimeout(() => this.count++, 60_000);
  }

  async remind(ms: number): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + ms);
  }

  async alarm(): Promise<void> {
    await this.ctx.storage.put("alarms", (await this.ctx.storage.get<number>("alarms") ?? 0) + 1);
  }

  alarms(): Promise<number | undefined> {
    return this.ctx.storage.get<number>("alarms");
  }

  webSocketMessage(ws: WorkersWebSocket, message: string): void {
    ws.send(`${++this.count}:${message}`);
  }
}

type Stub = DurableObjectStub & {
  add(value: number): Promise<number>;
  keep(value: unknown): Promise<void>;
  kept(): Promise<unknown>;
  fail(): Promise<void>;
  stop(): Promise<void>;
  timer(): Promise<void>;
  remind(ms: number): Promise<void>;
  alarms(): Promise<number | undefined>;
  missing(): Promise<void>;
};

async function hosted(options: Partial<HostOptions> = {}) {
  const clock = new ManualClock(1_000_000);
  const events: HostEvent[] = [];
  const host = await createDurableObjectHost({
    worker: { Everything },
    objects: { EVERYTHING: "Everything" },
    clock,
    hibernateAfterMs: 10_000,
    onEvent: (event) => events.push(event),
    ...options,
  });
  const stub = () => host.namespace("EVERYTHING").getByName("a") as Stub;
  const figures = () => host.stats().objects[0];
  return { host, clock, events, stub, figures, [Symbol.asyncDispose]: () => host.close() };
}

Deno.test("an idle object is evicted after its time, and the next call makes a new instance", async () => {
  await using one = await hosted();
  assertEquals(await one.stub().add(2), 2);
  await one.clock.advance(9_999);
  assertEquals(await one.stub().add(2), 4);
  await one.clock.advance(10_000);
  assertEquals(one.figures()?.state, "hibernated");
  assertEquals(await one.stub().add(2), 2);
  assertEquals(one.figures()?.reconstructions, 1);
  assertEquals(one.figures()?.evictions, 1);
});

Deno.test("a request in flight keeps the object in memory, and is named", async () => {
  await using one = await hosted();
  const answer = one.stub().fetch("https://object.test/slow");
  await one.clock.advance(4_000);
  assertStringIncludes(
    one.host.explain(one.figures()?.id ?? "")?.text ?? "",
    "1 request in flight",
  );
  await one.clock.advance(1_000);
  assertEquals(await (await answer).text(), "ok");
  await one.clock.advance(10_000);
  assertEquals(one.figures()?.state, "hibernated");
});

Deno.test("a timer keeps the object in memory until it has fired", async () => {
  await using one = await hosted();
  await one.stub().timer();
  await one.clock.advance(59_000);
  assertEquals(one.figures()?.state, "running");
  assertEquals(one.figures()?.evictions, 0);
  await one.clock.advance(11_001);
  assertEquals(one.figures()?.state, "hibernated");
});

Deno.test("what is stored survives eviction, what is in memory does not", async () => {
  await using one = await hosted();
  await one.stub().keep({ when: new Date(5), list: new Set([1]) });
  await one.stub().add(7);
  await one.clock.advance(10_000);
  assertEquals(await one.stub().kept(), { when: new Date(5), list: new Set([1]) });
  assertEquals(await one.stub().add(0), 0);
});

Deno.test("an alarm wakes an evicted object, at its time and once", async () => {
  await using one = await hosted();
  await one.stub().remind(30_000);
  await one.clock.advance(10_000);
  assertEquals(one.figures()?.state, "hibernated");
  await one.clock.advance(19_999);
  assertEquals(one.figures()?.alarms, 0);
  await one.clock.advance(1);
  assertEquals(one.figures()?.alarms, 1);
  await one.clock.advance(60_000);
  assertEquals(await one.stub().alarms(), 1);
  const woken = one.events.filter(({ kind }) => kind === "constructed");
  assertEquals(woken.map((event) => event.kind === "constructed" && event.reason), [
    "rpc",
    "alarm",
    "rpc",
  ]);
});

Deno.test("states follow one another in the order of what happens", async () => {
  await using one = await hosted();
  await one.stub().add(1);
  await one.clock.advance(10_000);
  await one.stub().add(1);
  const states = one.events.flatMap((event) => event.kind === "state" ? [event.state] : []);
  assertEquals(states, ["running", "idle", "hibernated", "running", "idle"]);
  const order = one.events.map(({ seq }) => seq);
  assertEquals(order, order.map((_, index) => index + 1));
});

Deno.test("an error of a method reaches its caller, marked, and the object goes on", async () => {
  await using one = await hosted();
  await one.stub().add(1);
  const error = await assertRejects(() => one.stub().fail(), TypeError, "a method failed");
  assertEquals(Reflect.get(error, "remote"), true);
  assertEquals(await one.stub().add(1), 2);
  await assertRejects(() => one.stub().fetch("https://object.test/throw"), RangeError, "no");
  await assertRejects(() => one.stub().missing(), TypeError, "missing");
});

Deno.test("abort() ends the incarnation: its stub stays broken, a new one reaches a new instance", async () => {
  await using one = await hosted();
  await one.stub().add(5);
  const stub = one.stub();
  const slow = one.stub().fetch("https://object.test/slow");
  const refused = assertRejects(() => slow, Error, "stopped");
  const error = await assertRejects(() => stub.stop(), Error, "stopped");
  await refused;
  assertEquals(Reflect.get(error, "durableObjectReset"), true);
  await assertRejects(() => stub.add(1), Error, "stopped");
  assertEquals(await one.stub().add(1), 1);
});

Deno.test("answers on a hibernatable socket: fix sends them, bug loses all but the welcome", async () => {
  for (const variant of ["fix", "bug"] as const) {
    await using one = await hosted({ variant });
    const { webSocket } = await one.stub().fetch("https://object.test/", {
      headers: { upgrade: "websocket" },
    });
    assert(webSocket);
    const heard: unknown[] = [];
    webSocket.addEventListener("message", (event) => heard.push((event as MessageEvent).data));
    webSocket.accept();
    webSocket.send("a");
    await one.clock.advance(10_000);
    assertEquals(one.figures()?.state, "hibernated");
    webSocket.send("b");
    await one.clock.advance(0);
    assertEquals(heard, variant === "fix" ? ["welcome", "1:a", "1:b"] : ["welcome"]);
    assertEquals(one.figures()?.received, 2);
    assertEquals(one.figures()?.answered, 3);
    assertEquals(one.figures()?.reconstructions, 1);
  }
});

Deno.test("a class that is not in the module is refused with the names that are", async () => {
  const error = await assertRejects(
    () => createDurableObjectHost({ worker: { Everything }, objects: { A: "Nothing" } }),
    TypeError,
  );
  assertStringIncludes(error.message, "Everything");
});
