// Tests of HTTP/2 by prior knowledge: streams, cancelling one of them, and what is no HTTP/2.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { ExchangeError } from "./exchange.ts";
import { Http2Connection } from "./http2.ts";
import { startPeer } from "./testing_peer.ts";

const clock = realClock;

/** A request that a test's server has and has not answered. */
interface Held {
  request: Request;
  aborted: Promise<void>;
  answer(response: Response): void;
}

/** Serves on an ephemeral port; requests are answered by the test. */
function startHolder() {
  const held: Held[] = [];
  const looks = new Set<() => void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    const { promise, resolve } = Promise.withResolvers<Response>();
    const aborted = new Promise<void>((done) => {
      request.signal.addEventListener("abort", () => done());
    });
    held.push({ request, aborted, answer: resolve });
    for (const look of looks) look();
    return promise;
  });
  return {
    url: new URL(`http://127.0.0.1:${server.addr.port}`),
    /** Resolves to the requests once there are `count`. */
    requests: (count: number) =>
      new Promise<Held[]>((resolve) => {
        const look = () => held.length >= count && resolve(held);
        looks.add(look);
        look();
      }),
    async [Symbol.asyncDispose]() {
      for (const { answer } of held) answer(new Response());
      await server.shutdown();
    },
  };
}

Deno.test("Http2Connection: several streams are answered each for itself", async () => {
  await using holder = startHolder();
  using connection = await Http2Connection.connect({ url: holder.url, clock });
  const [first, second] = ["/1", "/2"].map((path) =>
    connection.send({ method: "GET", path, headers: [["Host", "edge.example"], ["X-A", "1"]] })
  );
  const requests = await holder.requests(2);
  assertEquals(requests.map(({ request }) => new URL(request.url).host), [
    "edge.example",
    "edge.example",
  ]);
  assertEquals(requests[0]?.request.headers.get("x-a"), "1");
  for (const { request, answer } of requests.toReversed()) {
    answer(new Response(new URL(request.url).pathname, { headers: [["x-b", "2"]] }));
  }
  const decode = (bytes?: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(decode((await first?.body)?.bytes), "/1");
  assertEquals(decode((await second?.body)?.bytes), "/2");
  const head = await first?.headers;
  assertEquals([head?.status, head?.headers.get("x-b")], [200, "2"]);
});

Deno.test("Http2Connection: cancelling a stream aborts its request and no other", async () => {
  await using holder = startHolder();
  using connection = await Http2Connection.connect({ url: holder.url, clock });
  const [stays, goes] = ["/stays", "/goes"].map((path) => connection.send({ method: "GET", path }));
  const requests = await holder.requests(2);
  const of = (path: string) => requests.find(({ request }) => request.url.endsWith(path));
  const atMs = goes?.cancel() ?? NaN;
  assert(atMs >= (goes?.sentAtMs ?? Infinity));
  assertEquals(goes?.cancel() !== undefined, true); // Twice changes nothing.
  await of("/goes")?.aborted;
  const error = await assertRejects(() => goes?.body ?? Promise.resolve(), ExchangeError);
  assertEquals(error.code, "aborted");
  assertEquals(of("/stays")?.request.signal.aborted, false);
  of("/stays")?.answer(new Response("there"));
  assertEquals((await stays?.body)?.bytes.byteLength, 5);
});

Deno.test("Http2Connection: a server that ends the connection fails what is open", async () => {
  await using peer = await startPeer();
  const connecting = Http2Connection.connect({ url: peer.url, clock });
  const side = await peer.next();
  await side.received("PRI * HTTP/2.0");
  side.socket.write(Uint8Array.of(0, 0, 0, 4, 0, 0, 0, 0, 0)); // SETTINGS, empty
  using connection = await connecting;
  const exchange = connection.send({ method: "GET", path: "/" });
  side.socket.resetAndDestroy();
  assertEquals((await connection.closed).how, "reset");
  const error = await assertRejects(() => exchange.body, ExchangeError);
  assertEquals(error.code, "reset", error.message);
  const after = connection.send({ method: "GET", path: "/" });
  await assertRejects(() => after.body, ExchangeError);
});

Deno.test("Http2Connection: disposing of it ends its streams, also twice", async () => {
  await using holder = startHolder();
  const connection = await Http2Connection.connect({ url: holder.url, clock });
  const { body } = connection.send({ method: "GET", path: "/" });
  const [held] = await holder.requests(1);
  connection[Symbol.dispose]();
  connection[Symbol.dispose]();
  assertEquals((await assertRejects(() => body, ExchangeError)).code, "aborted");
  await held?.aborted;
});

Deno.test("Http2Connection: a field that HTTP/2 does not know fails its exchange only", async () => {
  await using holder = startHolder();
  using connection = await Http2Connection.connect({ url: holder.url, clock });
  const bad = connection.send({ method: "GET", path: "/", headers: [["Connection", "close"]] });
  await assertRejects(() => bad.body, ExchangeError);
  const good = connection.send({ method: "GET", path: "/" });
  (await holder.requests(1))[0]?.answer(new Response("fine"));
  assertEquals((await good.body).bytes.byteLength, 4);
});

Deno.test("Http2Connection: what does not speak HTTP/2 is said to be so, in bounded time", async () => {
  const answers = {
    "HTTP/1.1": "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    garbage: "SSH-2.0-OpenSSH_9.2\r\n",
    nothing: undefined,
    FIN: undefined,
  };
  for (const [what, answer] of Object.entries(answers)) {
    await using peer = await startPeer(answer === undefined ? {} : { answer });
    const connecting = Http2Connection.connect({ url: peer.url, clock, connectTimeoutMs: 300 });
    const refused = assertRejects(() => connecting, ExchangeError);
    const side = await peer.next();
    if (what === "FIN") side.socket.end();
    const error = await refused;
    assertEquals([what, error.code], [what, "not-http"], error.message);
    await side.ended;
  }
});

Deno.test("Http2Connection: a HEAD is refused here, and other streams go on", async () => {
  await using holder = startHolder();
  using connection = await Http2Connection.connect({ url: holder.url, clock });
  const other = connection.send({ method: "GET", path: "/" });
  const head = connection.send({ method: "HEAD", path: "/" });
  const error = await assertRejects(() => head.headers, ExchangeError);
  assertEquals(error.code, "unsupported");
  const [request] = await holder.requests(1);
  request?.answer(new Response("hello"));
  assertEquals((await other.body).bytes.length, 5);
});
