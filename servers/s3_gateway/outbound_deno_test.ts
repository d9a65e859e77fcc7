// The way to backends on Deno, as it is on the wire.

import { assert, assertEquals, assertGreater, assertRejects } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { listen } from "../listen.ts";
import { startTap } from "../tap/tap.ts";
import { BufferMeter } from "./meter.ts";
import { type Outbound, UnreachableError } from "./outbound.ts";
import { NodeOutbound } from "./outbound_deno.ts";
import { RawBackend, writeText } from "./testing_backend.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const MIB = 1 << 20;

/** A stream of so many pieces, and how many were asked for. */
function streamOf(pieces: number, bytes: number) {
  const seen = { pulls: 0 };
  const stream = new ReadableStream<Bytes>({
    pull(controller) {
      if (seen.pulls === pieces) return controller.close();
      seen.pulls++;
      controller.enqueue(new Uint8Array(bytes));
    },
  }, { highWaterMark: 0 });
  return { seen, stream };
}

const outbound = (url: string, more: Partial<Outbound> = {}): Outbound => ({
  method: "GET",
  url,
  headers: new Headers(),
  body: null,
  lengthBytes: undefined,
  framing: "fixed",
  signal: new AbortController().signal,
  silenceMs: 60_000,
  onOver: () => {},
  ...more,
});

Deno.test("contents keep their length, or have none; one connection serves them all", async () => {
  const server = async (request: Request) => new Response(`${(await request.bytes()).length}`);
  await using listening = await listen({ fetch: server });
  await using tap = await startTap({ backend: listening.url });
  const out = new NodeOutbound(realClock, new BufferMeter());
  const url = `${tap.url}/a/../b/%2e//c?d=%20`;
  const sent = async (more: Partial<Outbound>) => {
    let over = 0;
    const onOver = () => void over++;
    const answer = await out.send(outbound(url, { method: "PUT", onOver, ...more }));
    assertEquals([await answer.text(), over > 0], [more.body === null ? "0" : "6", true]);
    return tap.requests.at(-1)?.framingText;
  };
  const stream = () => streamOf(2, 3).stream;
  assertEquals(await sent({ body: stream(), lengthBytes: 6 }), "content-length: 6");
  assertEquals(await sent({ body: stream(), lengthBytes: 6, framing: "chunked" }), "chunked");
  assertEquals(await sent({ body: stream() }), "chunked");
  assertEquals(await sent({ body: new Uint8Array(6), lengthBytes: 6 }), "content-length: 6");
  assertEquals(
    await sent({ body: new Uint8Array(6), lengthBytes: 6, framing: "chunked" }),
    "content-length: 6",
  );
  assertEquals(await sent({ body: null, method: "DELETE" }), "none");
  const { target } = tap.requests[0] ?? {};
  assertEquals(target, "/a/../b/%2e//c?d=%20");
  assertEquals(new Set(tap.requests.map(({ connection }) => connection)).size, 1);
  out.close();
});

Deno.test("a stream is read no further than the backend reads, and what waits is counted", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const meter = new BufferMeter();
  const out = new NodeOutbound(realClock, meter);
  const stop = new AbortController();
  const { seen, stream } = streamOf(256, MIB);
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  const body = { method: "PUT", body: stream, lengthBytes: 256 * MIB };
  const sending = out.send(outbound(url, { ...body, signal: stop.signal }));
  const refused = assertRejects(() => sending, Error, "enough");
  using connection = await listener.accept();
  const buffer = new Uint8Array(MIB);
  let read = 0;
  while (read < 64 * MIB) read += await connection.read(buffer) ?? 0;
  // What is between is in the buffers of the kernel, and a piece in ours.
  assertGreater(96, seen.pulls);
  assertGreater(seen.pulls, 63);
  assertEquals(meter.peakBytes, MIB);
  stop.abort(new Error("enough"));
  await refused;
  assertEquals(meter.bytes, 0);
  listener.close();
  out.close();
});

Deno.test("an answer is read no further than it is asked for", async () => {
  const { seen, stream } = streamOf(256, MIB);
  await using listening = await listen({ fetch: () => new Response(stream) });
  const out = new NodeOutbound(realClock, new BufferMeter());
  const over = Promise.withResolvers<void>();
  const answer = await out.send(outbound(listening.url, { onOver: over.resolve }));
  const reader = answer.body?.getReader();
  let read = 0;
  while (read < 32 * MIB) read += (await reader?.read())?.value?.length ?? Infinity;
  assertGreater(64, seen.pulls);
  await reader?.cancel();
  await over.promise;
  out.close();
});

Deno.test("an answer that comes before the end of a content ends its sending", async () => {
  await using backend = new RawBackend((one) =>
    writeText(one, "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno")
  );
  const out = new NodeOutbound(realClock, new BufferMeter());
  const cancelled = Promise.withResolvers<void>();
  const endless = new ReadableStream<Bytes>({
    pull: (controller) => controller.enqueue(new Uint8Array(1 << 16)),
    cancel: () => cancelled.resolve(),
  }, { highWaterMark: 0 });
  const body = { method: "PUT", body: endless, lengthBytes: 2 ** 40 };
  const answer = await out.send(outbound(`${backend.url}/`, body));
  assertEquals([answer.status, await answer.text()], [403, "no"]);
  await cancelled.promise;
  await backend.connections[0]?.over;
  out.close();
});

Deno.test("a kept connection that the backend has closed is replaced, where the request can be sent again", async () => {
  let served = 0;
  await using backend = new RawBackend(async (one) => {
    served++;
    await writeText(one, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    // The second request on it gets no answer.
    if (served === 1) one.connection.closeWrite();
  });
  const out = new NodeOutbound(realClock, new BufferMeter());
  for (let i = 0; i < 2; i++) {
    const answer = await out.send(outbound(`${backend.url}/`));
    assertEquals(await answer.text(), "ok");
  }
  assertEquals(backend.connections.length, 2);
  out.close();
});

Deno.test("a request that is given up on a kept connection is not sent again on another", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  const out = new NodeOutbound(realClock, new BufferMeter());
  const buffer = new Uint8Array(1 << 16);
  const ANSWER = new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
  /** Reads one request without content, answers it, and gives its method. */
  const serve = async (connection: Deno.TcpConn) => {
    const size = await connection.read(buffer) ?? 0;
    await connection.write(ANSWER);
    return new TextDecoder().decode(buffer.subarray(0, size)).split(" ")[0];
  };
  const first = out.send(outbound(url));
  using kept = await listener.accept();
  await serve(kept);
  await (await first).text();
  const stop = new AbortController();
  const body = new ReadableStream<Bytes>({
    start: (controller) => controller.enqueue(new Uint8Array(1_024)),
  });
  const given = out.send(
    outbound(url, { method: "PUT", body, lengthBytes: 2_048, signal: stop.signal }),
  );
  await kept.read(buffer);
  stop.abort(new Error("enough"));
  await assertRejects(() => given, Error, "enough");
  while (await kept.read(buffer).catch(() => null) !== null);
  // One that was sent again would have come before this one.
  const next = out.send(outbound(url));
  using another = await listener.accept();
  assertEquals(await serve(another), "GET");
  await (await next).text();
  out.close();
});

Deno.test("nobody there, an end before an answer, and one's own leaving are told apart", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${nobody.addr.port}/`;
  nobody.close();
  const out = new NodeOutbound(realClock, new BufferMeter());
  await assertRejects(() => out.send(outbound(url)), UnreachableError);
  await assertRejects(() => out.send(outbound("http://no-such-name.invalid/")), UnreachableError);
  await using backend = new RawBackend((one) => one.connection.close());
  const error = await assertRejects(() => out.send(outbound(`${backend.url}/`)));
  assert(!(error instanceof UnreachableError));
  const left = AbortSignal.abort(new Error("left"));
  await assertRejects(() => out.send(outbound(url, { signal: left })), Error, "left");
  out.close();
});
