import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import type { WorkersWebSocket } from "./api.ts";
import { HibernationError, testDurableObject } from "./test_kit.ts";
import { DurableObject } from "./workers.ts";

class Room extends DurableObject {
  fetch(request: Request): Response {
    if (request.headers.get("upgrade") !== "websocket") return new Response("no WebSocket");
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(ws: WorkersWebSocket, message: string): void {
    if (message === "close") ws.close(4001, "asked");
    else if (message !== "quiet") ws.send(`echo:${message}`);
  }

  async remind(ms: number): Promise<void> {
    await this.ctx.storage.setAlarm(Date.now() + ms);
  }

  alarm(): void {
    for (const ws of this.ctx.getWebSockets()) ws.send("alarm");
  }
}

/** One that is answered by its host while it sleeps. */
class Automatic extends Room {
  override fetch(request: Request): Response {
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    return super.fetch(request);
  }
}

/** One whose alarm handler never succeeds. */
class Failing extends Room {
  override alarm(): void {
    throw new Error("no alarm today");
  }
}

/** One that waits for something that never comes. */
class Waiting extends Room {
  override webSocketMessage(): Promise<void> {
    return new Promise(() => {});
  }
}

Deno.test("an object that was never used cannot be said to hibernate", async () => {
  await using room = await testDurableObject(Room);
  assertEquals(room.state, "hibernated");
  await assertRejects(() => room.assertHibernates(), HibernationError, "never constructed");
});

Deno.test("answers survive: both are given back, and the object was made anew", async () => {
  await using room = await testDurableObject(Room);
  const socket = await room.connect();
  assertEquals(await room.assertAnswersSurvive(socket, "a"), ["echo:a", "echo:a"]);
  assertEquals(room.constructions, 2);
});

Deno.test("an object that does not answer is told, before and without an endless wait", async () => {
  await using room = await testDurableObject(Room);
  const socket = await room.connect();
  await assertRejects(
    () => room.assertAnswersSurvive(socket, "quiet"),
    HibernationError,
    "even before",
  );
});

Deno.test("an auto-response is no proof that answers survive", async () => {
  await using room = await testDurableObject(Automatic);
  const socket = await room.connect();
  await assertRejects(
    () => room.assertAnswersSurvive(socket, "ping"),
    HibernationError,
    "auto-response",
  );
  assertEquals(room.figures()?.autoResponses, 2);
});

Deno.test("a handler that never returns keeps the object in memory, and is named", async () => {
  await using room = await testDurableObject(Waiting);
  const socket = await room.connect();
  socket.send("hello");
  const error = await assertRejects(() => room.assertHibernates(), HibernationError);
  assertMatch(error.message, /10 ?s without an event: not hibernating: 1 /);
});

Deno.test("an object that hibernates does not stay in memory", async () => {
  await using room = await testDurableObject(Room);
  await room.connect();
  await assertRejects(() => room.assertStaysInMemory(), HibernationError, "nothing kept it");
});

Deno.test("an alarm fires at its time, on a sleeping object, and its messages arrive", async () => {
  await using room = await testDurableObject(Room);
  const socket = await room.connect();
  await assertRejects(() => room.assertAlarmFires(), HibernationError, "no alarm");
  await room.stub.remind(60_000);
  await room.assertHibernates();
  await room.assertAlarmFires();
  assertEquals(room.clock.now(), 60_000);
  assertEquals(await socket.next(), "alarm");
  assertEquals(room.constructions, 2);
  await assertRejects(() => room.assertAlarmFires(), HibernationError, "no alarm");
});

Deno.test("an alarm whose handler throws is told with what it threw", async () => {
  await using room = await testDurableObject(Failing);
  await room.stub.remind(1_000);
  await assertRejects(() => room.assertAlarmFires(), HibernationError, "no alarm today");
});

Deno.test("a request that opens no WebSocket is told with its status", async () => {
  class Plain extends DurableObject {
    fetch(): Response {
      return new Response("no", { status: 426 });
    }
  }
  await using plain = await testDurableObject(Plain);
  await assertRejects(() => plain.connect("/ws"), Error, "/ws: the object answered 426");
});

Deno.test("a socket that was closed tells so instead of a message", async () => {
  await using room = await testDurableObject(Room);
  const socket = await room.connect();
  socket.send("close");
  await assertRejects(() => socket.next(), Error, "closed with 4001 'asked'");
  assertEquals(socket.closed, { code: 4001, reason: "asked" });
});

Deno.test("classes that it speaks to and other bindings are in its env", async () => {
  class Counter extends DurableObject {
    #count = 0;
    add(): number {
      return ++this.#count;
    }
  }
  type Env = { COUNTER: { getByName(name: string): { add(): Promise<number> } }; STEP: string };
  class Caller extends DurableObject<Env> {
    async twice(): Promise<string> {
      const counter = this.env.COUNTER.getByName("a");
      return `${await counter.add()} ${await counter.add()} ${this.env.STEP}`;
    }
  }
  await using caller = await testDurableObject(Caller, {
    classes: { COUNTER: Counter },
    env: { STEP: "x" },
  });
  assertEquals(await caller.stub.twice(), "1 2 x");
});
