// A tap between real clients and a real server: what passes, what it tells, and how it holds back.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createHash } from "node:crypto";
import { request as nodeRequest } from "node:http";
import { connect as connectHttp2 } from "node:http2";
import { connect, createServer, type Socket } from "node:net";
import { listen } from "../listen.ts";
import { sendRaw } from "../testing_client.ts";
import { startTap, type Tap } from "./tap.ts";
import type { TappedRequest } from "./tapped_requests.ts";

const MIB = 1 << 20;

/** A server that says what came, and a tap before it. */
async function start(digest = false) {
  const scope = new AsyncDisposableStack();
  const backend = scope.use(
    await listen({
      async fetch(request) {
        // Some clients of these tests leave.
        const { byteLength } = await request.bytes().catch(() => new Uint8Array());
        return new Response(`${request.method} ${new URL(request.url).pathname} ${byteLength}`);
      },
    }),
  );
  const tap = scope.use(await startTap({ backend: backend.url, digest }));
  return { tap, backend, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

const complete = (target: string) => (request: TappedRequest) =>
  request.target === target && request.ended === "complete";

function summary(tap: Tap): string[] {
  return tap.requests.map((request) =>
    `${request.connection}.${request.index} ${request.method} ${request.target} ` +
    `${request.framingText} ${request.bodyBytes} ${request.ended}`
  );
}

/** A content of which no length is known. */
function streamOf(...texts: string[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  return ReadableStream.from(texts.map((text) => new TextEncoder().encode(text)));
}

Deno.test("tap: tells how each content was framed, and all comes through", async () => {
  await using pair = await start(true);
  const { tap } = pair;
  const put = async (path: string, body: BodyInit) =>
    await (await fetch(tap.url + path, { method: "PUT", body })).text();
  assertEquals(await put("/fixed", "hello"), "PUT /fixed 5");
  assertEquals(await put("/chunked", streamOf("hel", "lo")), "PUT /chunked 5");
  assertEquals(await put("/empty", ""), "PUT /empty 0");
  assertEquals(await (await fetch(`${tap.url}/none?a=%20b`)).text(), "GET /none 0");
  const told = tap.requests.map(({ method, target, framingText, bodyBytes, ended }) =>
    `${method} ${target} ${framingText} ${bodyBytes} ${ended}`
  );
  assertEquals(told, [
    "PUT /fixed content-length: 5 5 complete",
    "PUT /chunked chunked 5 complete",
    "PUT /empty content-length: 0 0 complete",
    "GET /none?a=%20b none 0 complete",
  ]);
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  assertEquals(tap.requests.map((request) => request.sha256), [
    sha256("hello"),
    sha256("hello"),
    sha256(""),
    sha256(""),
  ]);
  tap.clear();
  assertEquals(tap.requests, []);
});

Deno.test("tap: fields are told in the order and case in which they were sent", async () => {
  await using pair = await start();
  const { tap } = pair;
  using client = await sendRaw(
    tap.port,
    "PUT /a HTTP/1.1\r\nX-One: 1\r\nx-one:  2 \r\nX-ONE:\r\nConnection: close\r\nContent-Length: 0",
  );
  assert((await client.received("PUT /a 0")).startsWith("HTTP/1.1 200"));
  const request = await tap.wait(complete("/a"));
  assertEquals(request.fields, [
    ["X-One", "1"],
    ["x-one", "2"],
    ["X-ONE", ""],
    ["Connection", "close"],
    ["Content-Length", "0"],
    ["Host", "test"],
  ]);
  assertEquals([request.field("host"), request.field("x-one"), request.field("y")], [
    "test",
    "1",
    undefined,
  ]);
  assertEquals(await client.ended, "fin");
});

Deno.test("tap: requests of one connection are told apart, pipelined ones too", async () => {
  await using pair = await start();
  const { tap } = pair;
  using client = await sendRaw(
    tap.port,
    "PUT /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello" +
      "PUT /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n" +
      "GET /3 HTTP/1.1",
  );
  const text = await client.received("GET /3 0");
  assertEquals(text.match(/(PUT|GET) \/\d \d/g), ["PUT /1 5", "PUT /2 5", "GET /3 0"]);
  using other = await sendRaw(tap.port, "GET /4 HTTP/1.1");
  await other.received("GET /4 0");
  assertEquals(summary(tap), [
    "1.1 PUT /1 content-length: 5 5 complete",
    "1.2 PUT /2 chunked 5 complete",
    "1.3 GET /3 none 0 complete",
    "2.1 GET /4 none 0 complete",
  ]);
});

Deno.test("tap: node:http is framed as it was told to be", async () => {
  await using pair = await start();
  const { tap } = pair;
  const put = (path: string, headers: Record<string, string>) =>
    new Promise<string>((resolve, reject) => {
      const request = nodeRequest(tap.url + path, { method: "PUT", headers, agent: false });
      request.on("error", reject);
      request.on("response", (response) => {
        let text = "";
        response.on("data", (bytes: Uint8Array) => text += new TextDecoder().decode(bytes));
        response.on("end", () => resolve(text));
      });
      request.write("he");
      request.end("llo");
    });
  assertEquals(await put("/fixed", { "content-length": "5" }), "PUT /fixed 5");
  assertEquals(await put("/free", {}), "PUT /free 5");
  assertEquals(tap.requests.map(({ framingText }) => framingText), [
    "content-length: 5",
    "chunked",
  ]);
});

Deno.test("tap: both Content-Length and Transfer-Encoding are told, and pass to who refuses them", async () => {
  await using pair = await start();
  const { tap } = pair;
  using client = await sendRaw(
    tap.port,
    "PUT /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked",
  );
  assert((await client.received("\r\n\r\n")).startsWith("HTTP/1.1 400"));
  const { framing } = await tap.wait(({ target }) => target === "/a");
  assertEquals(framing, { kind: "both", chunked: true });
});

Deno.test("tap: what is not HTTP/1.1 passes, and is said to be lost", async () => {
  await using pair = await start();
  const { tap } = pair;
  const session = connectHttp2(tap.url);
  const closed = new Promise<void>((resolve) => session.once("close", () => resolve()));
  const request = session.request({ ":path": "/h2" });
  let text = "";
  request.on("data", (bytes: Uint8Array) => text += new TextDecoder().decode(bytes));
  await new Promise<void>((resolve) => request.once("end", () => resolve()));
  session.close();
  await closed;
  assertEquals(text, "GET /h2 0");
  assertEquals([tap.requests, tap.lost.map(({ connection }) => connection)], [[], [1]]);
});

Deno.test("tap: a request whose client leaves is told to be cut, and the backend hears of it", async () => {
  const failed = Promise.withResolvers<void>();
  await using backend = await listen({
    async fetch(request) {
      await request.bytes().catch(() => failed.resolve());
      return new Response();
    },
  });
  await using tap = await startTap({ backend: backend.url, digest: true });
  for (const how of ["destroy", "resetAndDestroy"] as const) {
    using client = await sendRaw(tap.port, `PUT /${how} HTTP/1.1\r\nContent-Length: 10`);
    client.socket.write("hello");
    const request = await tap.wait(({ target }) => target === `/${how}`);
    while (request.bodyBytes < 5) await new Promise((resolve) => setTimeout(resolve, 1));
    client.socket[how]();
    const cut = await tap.wait(({ target, ended }) => target === `/${how}` && ended !== undefined);
    assertEquals([cut.ended, cut.bodyBytes, cut.sha256], ["cut", 5, undefined]);
  }
  await failed.promise;
});

Deno.test("tap: a client that half-closes still gets its answer", async () => {
  await using pair = await start();
  using client = await sendRaw(pair.tap.port, "PUT /a HTTP/1.1\r\nContent-Length: 5");
  client.socket.end("hello");
  assert((await client.received("PUT /a 5")).startsWith("HTTP/1.1 200"));
  assertEquals(await client.ended, "fin");
});

Deno.test("tap: who does not read holds the sender back through it, in both directions", async () => {
  const accepted = Promise.withResolvers<Socket>();
  const backend = createServer((socket) => accepted.resolve(socket));
  await new Promise<void>((resolve) => backend.listen(0, "127.0.0.1", () => resolve()));
  const address = backend.address();
  const port = typeof address === "object" ? address?.port : 0;
  await using tap = await startTap({ backend: `http://127.0.0.1:${port}` });
  const client = connect({ host: "127.0.0.1", port: tap.port });
  const errors = [client].map((socket) => socket.on("error", () => {}));
  client.write(`PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: ${256 * MIB}\r\n\r\n`);
  const server = (await accepted.promise).on("error", () => {});
  const request = await tap.wait(({ target }) => target === "/a");
  for (const [from, to] of [[client, server], [server, client]] as const) {
    to.pause();
    // Until the kernel's buffers are full and for a while nothing has left: 64 MiB would be far above.
    let sent = 0;
    while (sent < 64 * MIB) {
      const taken = new Promise<void>((resolve) =>
        from.write(new Uint8Array(MIB), () => resolve())
      );
      const stuck = Promise.withResolvers<"stuck">();
      const timer = setTimeout(() => stuck.resolve("stuck"), 500);
      const outcome = await Promise.race([taken, stuck.promise]);
      clearTimeout(timer);
      if (outcome === "stuck") break;
      sent += MIB;
    }
    assert(sent < 64 * MIB, `${sent} bytes went into a side that reads nothing`);
    if (from === client) assert(request.bodyBytes < 64 * MIB);
  }
  for (const socket of [...errors, server]) socket.destroy();
  const closed = [client, server].map((socket) =>
    socket.closed
      ? undefined
      : new Promise<void>((resolve) => socket.once("close", () => resolve()))
  );
  await Promise.all([...closed, new Promise<void>((resolve) => backend.close(() => resolve()))]);
});

Deno.test("tap: a backend that is not there is a connection that is reset", async () => {
  await using gone = await listen({ fetch: () => new Response() });
  await gone.close();
  await using tap = await startTap({ backend: gone.url });
  using client = await sendRaw(tap.port, "GET /a HTTP/1.1");
  assertEquals(await client.ended, "reset");
  assertEquals(tap.requests, []);
});

Deno.test("tap: closing ends connections and those who wait for a request", async () => {
  await using pair = await start();
  const { tap } = pair;
  using client = await sendRaw(tap.port, "PUT /a HTTP/1.1\r\nContent-Length: 5");
  const request = await tap.wait(({ target }) => target === "/a");
  const never = assertRejects(() => tap.wait(({ target }) => target === "/b"), Error, "closed");
  await tap.close();
  await never;
  await client.ended;
  assertEquals(request.ended, "cut");
});

Deno.test("tap: keeps as many requests as it is told to", async () => {
  await using backend = await listen({ fetch: () => new Response("ok") });
  await using tap = await startTap({ backend: backend.url, keep: 2 });
  for (const n of [1, 2, 3]) await (await fetch(`${tap.url}/${n}`)).text();
  assertEquals(tap.requests.map(({ target }) => target), ["/2", "/3"]);
});

Deno.test("tap: a backend that is not http: is refused", async () => {
  for (const backend of ["https://127.0.0.1:1", "127.0.0.1:1", ""]) {
    await assertRejects(() => startTap({ backend }), RangeError, "expected a URL with http:");
  }
});
