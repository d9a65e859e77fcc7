// Tests of the relay over real sockets: what a handler can do to its connection, and what passes through.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type AddressInfo, createServer } from "node:net";
import { listen } from "./listen.ts";
import { startRelay } from "./relay.ts";
import type { ConnectionEnd } from "./server.ts";
import { sendRaw } from "./testing_client.ts";

const REQUEST = "GET / HTTP/1.1";

for (const how of ["fin", "reset"] as ConnectionEnd[]) {
  Deno.test(`relay: abortConnection("${how}") ends the connection so, without a byte`, async () => {
    await using listening = await listen({
      fetch(_, info) {
        info?.abortConnection?.(how);
        return new Response("too late");
      },
    }, { connectionControl: true });
    using client = await sendRaw(listening.port, REQUEST);
    assertEquals(await client.ended, how);
    assertEquals(await client.received("anything"), "");
  });
}

for (const how of ["fin", "reset"] as ConnectionEnd[]) {
  Deno.test(`relay: after abortConnection("${how}") the handler hears that its client left`, async () => {
    const heard = Promise.withResolvers<void>();
    await using listening = await listen({
      fetch(request, info) {
        request.signal.addEventListener("abort", () => heard.resolve());
        info?.abortConnection?.(how);
        return new Promise(() => {});
      },
    }, { connectionControl: true });
    using _client = await sendRaw(listening.port, REQUEST);
    await heard.promise;
  });
}

Deno.test("relay: a reset by the inner listener reaches the client as a reset", async () => {
  const inner = createServer((socket) => socket.once("data", () => socket.resetAndDestroy()));
  await new Promise<void>((resolve) => inner.listen(0, "127.0.0.1", () => resolve()));
  const { port: innerPort } = inner.address() as AddressInfo;
  const relay = await startRelay({ hostname: "127.0.0.1", port: 0, innerPort });
  using client = await sendRaw(relay.port, REQUEST);
  assertEquals(await client.ended, "reset");
  await relay.close();
  await new Promise((resolve) => inner.close(resolve));
});

Deno.test("relay: ending one connection leaves the others alone", async () => {
  const both = Promise.withResolvers<void>();
  let arrived = 0;
  await using listening = await listen({
    async fetch(request, info) {
      if (++arrived === 2) both.resolve();
      await both.promise;
      if (new URL(request.url).pathname === "/end") info?.abortConnection?.("reset");
      return new Response("whole");
    },
  }, { connectionControl: true });
  using ended = await sendRaw(listening.port, "GET /end HTTP/1.1");
  using kept = await sendRaw(listening.port, REQUEST);
  assertEquals(await ended.ended, "reset");
  assertStringIncludes(await kept.received("whole"), "200 OK");
});

Deno.test("relay: a half-close is heard, and answered by FIN alone, as without the relay", async () => {
  for (const connectionControl of [false, true]) {
    await using listening = await listen({
      async fetch(request) {
        await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
        // Deno.serve (Deno 2.9) drops what is answered after a half-close.
        return new Response("after you left");
      },
    }, { connectionControl });
    using client = await sendRaw(listening.port, REQUEST);
    client.socket.end();
    assertEquals([await client.ended, await client.received("after")], ["fin", ""]);
  }
});

for (const leave of ["destroy", "resetAndDestroy"] as const) {
  Deno.test(`relay: a client that leaves by ${leave} aborts the signal and its body`, async () => {
    const waiting = Promise.withResolvers<void>();
    const aborted = Promise.withResolvers<void>();
    const cancelled = Promise.withResolvers<void>();
    await using listening = await listen({
      fetch(request) {
        if (new URL(request.url).pathname === "/wait") {
          request.signal.addEventListener("abort", () => aborted.resolve());
          waiting.resolve();
          return new Promise(() => {});
        }
        return new Response(
          new ReadableStream({
            pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(97)),
            cancel: () => cancelled.resolve(),
          }),
        );
      },
    }, { connectionControl: true });
    using waits = await sendRaw(listening.port, "GET /wait HTTP/1.1");
    await waiting.promise;
    waits.socket[leave]();
    await aborted.promise;
    using reads = await sendRaw(listening.port, REQUEST);
    await reads.received("aaaa");
    reads.socket[leave]();
    await cancelled.promise;
  });
}

Deno.test("relay: a held handler holds a half-closed client's connection, as without it", async () => {
  const aborted = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using listening = await listen({
    async fetch(request) {
      if (new URL(request.url).pathname === "/other") return new Response("other");
      request.signal.addEventListener("abort", () => aborted.resolve());
      await release.promise;
      return new Response("released");
    },
  }, { connectionControl: true });
  using client = await sendRaw(listening.port, REQUEST);
  const order: string[] = [];
  const ended = client.ended.then(() => order.push("ended"));
  client.socket.end();
  await aborted.promise;
  // A whole exchange on another connection gives the first one the time to end, if it would.
  using other = await sendRaw(listening.port, "GET /other HTTP/1.1");
  await other.received("other");
  order.push("released");
  release.resolve();
  await ended;
  assertEquals(order, ["released", "ended"]);
});

Deno.test("relay: 16 MiB pass through unchanged, at the reader's pace", async () => {
  const size = 2 ** 24;
  await using listening = await listen({
    fetch: () => new Response(new Uint8Array(size).map((_, i) => i % 251)),
  }, { connectionControl: true });
  const bytes = await (await fetch(listening.url)).bytes();
  assertEquals(bytes.length, size);
  assert(bytes.every((byte, i) => byte === i % 251));
});

Deno.test("relay: a request body passes through, and keep-alive keeps the connection", async () => {
  const ports = new Set<number | undefined>();
  await using listening = await listen({
    async fetch(request, info) {
      ports.add(info?.remoteAddr?.port);
      return new Response(`got ${(await request.bytes()).length}`);
    },
  }, { connectionControl: true });
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 1 });
  for (const length of [1_000_000, 3]) {
    const response = await fetch(listening.url, {
      client,
      method: "PUT",
      body: new Uint8Array(length),
    });
    assertEquals(await response.text(), `got ${length}`);
  }
  client.close();
  assertEquals(ports.size, 1);
});
