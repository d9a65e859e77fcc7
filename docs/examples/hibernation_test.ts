// Whether an object hibernates, asked of the class itself and answered in milliseconds. The three
// tests do what github.com/bohdanbirdie/cf-do-hibernation-repro does in 40 s of waiting on workerd.

import { DurableObject } from "cloudflare:workers";
import { assertEquals, assertMatch } from "@std/assert";
import { testDurableObject } from "../../mod.ts";

/** An object as one writes it for Cloudflare, without a counter of its constructions for the test. */
class PlainRoom extends DurableObject {
  fetch(): Response {
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(ws: { send(text: string): void }, message: string): void {
    ws.send(`echo:${message}`);
  }
}

/** The same with a timer that some dependency keeps alive. */
class TimerRoom extends PlainRoom {
  keepalive: ReturnType<typeof setInterval> = setInterval(() => {}, 2 ** 31 - 1);
}

Deno.test("control: without an idle time the object is constructed once", async () => {
  await using room = await testDurableObject(PlainRoom);
  const socket = await room.connect();
  assertEquals(await socket.ask("a"), "echo:a");
  assertEquals(await socket.ask("b"), "echo:b");
  assertEquals(room.constructions, 1);
});

Deno.test("a plain object hibernates, and its answers survive it", async () => {
  await using room = await testDurableObject(PlainRoom);
  const socket = await room.connect();
  await room.assertHibernates();
  assertEquals(await socket.ask("hello"), "echo:hello");
  assertEquals(room.constructions, 2);
});

Deno.test("an object with an interval does not hibernate, and says where the interval is", async () => {
  await using room = await testDurableObject(TimerRoom);
  await room.connect();
  const { text } = await room.assertStaysInMemory();
  assertMatch(text, /1 `setInterval` created at .*hibernation_test\.ts:23/);
  assertEquals(room.constructions, 1);
});
