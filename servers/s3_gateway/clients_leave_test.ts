// Clients that leave, or fall silent, or send faster than a backend takes it.

import { assertEquals, assertGreater } from "@std/assert";
import { headOf, readAnswer, writeAll } from "../../tests/store_raw.ts";
import { TestingStore, until } from "../object_store/testing_store.ts";
import { RawBackend } from "./testing_backend.ts";
import { BUCKET, CLIENT_KEY as key, configFor, TestingGateway } from "./testing_gateway.ts";

const SIZE = 4 << 20;
/** So long that only what a test does ends a wait. */
const PATIENT = { limits: { silenceMs: 3_600_000 } };

async function halfAPut(port: number): Promise<Deno.TcpConn> {
  const { head } = headOf({
    method: "PUT",
    target: `/${BUCKET}/k`,
    key,
    payloadHash: "UNSIGNED-PAYLOAD",
    lengthBytes: SIZE,
  });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await writeAll(connection, head);
  await writeAll(connection, new Uint8Array(SIZE / 2));
  return connection;
}

for (const inIsolate of [false, true]) {
  const where = inIsolate ? " (in an isolate)" : "";
  Deno.test(`a client that leaves in the middle of a content ends the request to the backend${where}`, async () => {
    await using store = await TestingStore.start();
    await using gateway = await TestingGateway.start(configFor(store.url, PATIENT), {
      ...(inIsolate && { isolate: {} }),
    });
    for (const end of ["fin", "half-close"]) {
      const connection = await halfAPut(gateway.port);
      await until(() => store.storage.storedBytes > SIZE / 4);
      if (end === "fin") connection.close();
      else await connection.closeWrite();
      await until(() => store.storage.storedBytes === 0 && gateway.server.stats().upstreams === 0);
      if (end === "half-close") connection.close();
    }
    await until(() => gateway.server.stats().open === 0);
    assertEquals([...store.storage.objects("videos")], []);
    assertEquals(gateway.server.stats().bufferedBytes, 0);
  });
}

Deno.test("a client that leaves while the backend thinks ends the request to it", async () => {
  await using backend = new RawBackend(() => {});
  await using gateway = await TestingGateway.start(configFor(backend.url, PATIENT));
  const { head } = headOf({ method: "GET", target: `/${BUCKET}/k`, key });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
  await writeAll(connection, head);
  await until(() => backend.connections.length === 1);
  await backend.connections[0]?.head;
  connection.close();
  await backend.connections[0]?.over;
  await until(() => gateway.server.stats().open === 0);
});

Deno.test("a client that leaves in the middle of an answer ends the request to the backend", async () => {
  await using store = await TestingStore.start();
  await using gateway = await TestingGateway.start(configFor(store.url, PATIENT));
  await store.put("tenant/k", new Uint8Array(32 << 20));
  const { head } = headOf({ method: "GET", target: `/${BUCKET}/k`, key });
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
  await writeAll(connection, head);
  await connection.read(new Uint8Array(1_000));
  await until(() => gateway.server.stats().upstreams === 1);
  connection.close();
  await until(() => gateway.server.stats().upstreams === 0);
  assertEquals(gateway.errors, []);
});

Deno.test("a client that falls silent in the middle of a content is told so, and the backend let go", async () => {
  for (const variant of ["fix", "bug"] as const) {
    await using store = await TestingStore.start();
    const limits = { silenceMs: 1_000, exchangeMs: 1_000 };
    await using gateway = await TestingGateway.start(configFor(store.url, { limits, variant }));
    using connection = await halfAPut(gateway.port);
    const got = await readAnswer(connection);
    const expected = variant === "fix" ? "400 RequestTimeout" : "501 NotImplemented";
    assertEquals(`${got.status} ${got.code}`, expected);
    await until(() => store.storage.storedBytes === 0 && gateway.server.stats().upstreams === 0);
    // A document that is gathered before anything else is.
    const { head } = headOf({
      method: "POST",
      target: `/${BUCKET}?delete`,
      key,
      payloadHash: "UNSIGNED-PAYLOAD",
      lengthBytes: 1_000,
    });
    using other = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
    await writeAll(other, head);
    const late = await readAnswer(other);
    assertEquals(`${late.status} ${late.code}`, "400 RequestTimeout");
  }
});

Deno.test("what is uploaded is taken no faster than the backend takes it", async () => {
  await using backend = new RawBackend(() => {});
  await using gateway = await TestingGateway.start(configFor(backend.url, PATIENT));
  const { head } = headOf({
    method: "PUT",
    target: `/${BUCKET}/k`,
    key,
    payloadHash: "UNSIGNED-PAYLOAD",
    lengthBytes: 64 << 20,
  });
  using connection = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
  await writeAll(connection, head);
  const writing = writeAll(connection, new Uint8Array(64 << 20));
  await until(() => (backend.connections[0]?.bytes() ?? 0) > 32 << 20);
  const { peakBufferedBytes } = gateway.server.stats();
  assertGreater(1 << 20, peakBufferedBytes);
  await until(() => (backend.connections[0]?.bytes() ?? 0) > 64 << 20);
  await writing;
});
