import { assert, assertEquals } from "@std/assert";
import { currentEvent, runAs } from "../context.ts";
import { createChannel, type End } from "./channel.ts";
import { TestingObject } from "./testing_owner.ts";

/** Resolves when everything that was sent has been delivered. */
const delivered = () => new Promise<void>((resolve) => setTimeout(resolve));

function record(end: End): unknown[][] {
  const heard: unknown[][] = [];
  end.listen({
    message: (data) => heard.push(["message", data]),
    close: (code, reason, wasClean) => heard.push(["close", code, reason, wasClean]),
    error: (error) => heard.push(["error", error.message]),
  });
  return heard;
}

Deno.test("what is sent before anybody listens is heard first, in order", async () => {
  const [client, server] = createChannel();
  server.send("welcome");
  server.send("more");
  const heard = record(client);
  server.send("later");
  server.close(4000, "done");
  await delivered();
  assertEquals(heard, [
    ["message", "welcome"],
    ["message", "more"],
    ["message", "later"],
    ["close", 4000, "done", true],
  ]);
});

Deno.test("a message that is sent in a listener is delivered after that has returned", async () => {
  const [client, server] = createChannel();
  const order: string[] = [];
  server.listen({
    message(data) {
      order.push(`server begins ${data}`);
      server.send(`re: ${data}`);
      order.push(`server ends ${data}`);
    },
    close() {},
    error() {},
  });
  client.listen({ message: (data) => order.push(`client ${data}`), close() {}, error() {} });
  client.send("a");
  client.send("b");
  assertEquals(order, []);
  await delivered();
  assertEquals(order, [
    "server begins a",
    "server ends a",
    "server begins b",
    "server ends b",
    "client re: a",
    "client re: b",
  ]);
});

Deno.test("a listener does not run as the event that sent", async () => {
  const [client, server] = createChannel();
  let as: unknown = "not called";
  client.listen({ message: () => as = currentEvent(), close() {}, error() {} });
  runAs({ object: new TestingObject(), over: false }, () => server.send("x"));
  await delivered();
  assertEquals(as, undefined);
});

Deno.test("closes in both directions make the states 2 and 3", async () => {
  const [client, server] = createChannel();
  record(server);
  record(client);
  assertEquals([client.readyState, server.readyState], [1, 1]);
  client.close(1000, "bye");
  assertEquals([client.readyState, server.readyState], [2, 1]);
  await delivered();
  assertEquals([client.readyState, server.readyState], [2, 2]);
  server.send("still heard");
  server.close(1000, "bye");
  assertEquals([client.readyState, server.readyState], [2, 3]);
  await delivered();
  assertEquals([client.readyState, server.readyState], [3, 3]);
});

Deno.test("nothing is sent after a close, and only the first close counts", async () => {
  const [client, server] = createChannel();
  const heard = record(server);
  client.close(4001, "first");
  client.close(4002, "second");
  client.send("late");
  client.fail(new Error("late"));
  await delivered();
  assertEquals(heard, [["close", 4001, "first", true]]);
});

Deno.test("an error is the last thing that is heard", async () => {
  const [client, server] = createChannel();
  const heard = record(server);
  client.fail(new Error("broke"));
  client.close(1000, "");
  await delivered();
  assertEquals(heard, [["error", "broke"]]);
  assertEquals([server.readyState, server.over], [2, true]);
});

Deno.test("5,000 sockets are answered in well under 0.4 s, each once", async () => {
  const clients: End[] = [];
  let answers = 0;
  for (let index = 0; index < 5000; index++) {
    const [client, server] = createChannel();
    server.listen({ message: (data) => server.send(data), close() {}, error() {} });
    client.listen({ message: () => answers++, close() {}, error() {} });
    clients.push(client);
  }
  const before = performance.now();
  for (const client of clients) client.send("ping");
  await delivered();
  const tookMs = performance.now() - before;
  assertEquals(answers, 5000);
  assert(tookMs < 400, `took ${tookMs} ms`);
});
