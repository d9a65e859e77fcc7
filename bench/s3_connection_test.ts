// The clients of the benchmarks count no answer that is not the one they asked for.

import { assertEquals, assertRejects } from "@std/assert";
import { S3Connection } from "./s3_connection.ts";

/** A server that says one thing after each request head; `more` is said after a moment's wait. */
function answering(text: string, more = "") {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const counts = { connections: 0, requests: 0 };
  const say = (connection: Deno.Conn, what: string) =>
    connection.write(new TextEncoder().encode(what));
  const done = (async () => {
    for await (const connection of listener) {
      counts.connections++;
      const buffer = new Uint8Array(1_024);
      while (await connection.read(buffer).catch(() => null) !== null) {
        counts.requests++;
        await say(connection, text);
        if (more !== "") await say(connection, more);
        if (/close/.test(text)) break;
      }
      connection.close();
    }
  })();
  return {
    port: listener.addr.port,
    counts,
    async [Symbol.asyncDispose]() {
      listener.close();
      await done;
    },
  };
}

/** Asks twice for 5 bytes. Gives how many were counted. */
async function askTwice(port: number): Promise<number> {
  let bytes = 0;
  const request = { head: "GET /x HTTP/1.1\r\n\r\n", sentBytes: 0, receivedBytes: 5 };
  using connection = new S3Connection(port, request, (count) => void (bytes += count));
  await connection.exchange();
  await connection.exchange();
  return bytes;
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n";

Deno.test("answers of the right length are counted, over one connection", async () => {
  await using server = answering(`${ok}\r\nhe`, "llo");
  assertEquals(await askTwice(server.port), 10);
  assertEquals(server.counts, { connections: 1, requests: 2 });
});

Deno.test("a connection that the server does not keep is made anew", async () => {
  await using server = answering(`${ok}Connection: close\r\n\r\nhello`);
  assertEquals(await askTwice(server.port), 10);
  assertEquals(server.counts, { connections: 2, requests: 2 });
});

for (
  const [what, text, message] of [
    ["another status", "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nhello", "status 200"],
    ["a status of 2000", "HTTP/1.1 2000 OK\r\nContent-Length: 5\r\n\r\nhello", "status 200"],
    ["another length", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhell", "4 bytes, expected 5"],
    ["no length", "HTTP/1.1 200 OK\r\n\r\nhello", "without a length"],
    ["more than its length", `${ok}\r\nhello!`, "6 bytes, expected 5"],
    ["less than its length", `${ok}Connection: close\r\n\r\nhell`, "1 bytes are missing"],
    ["an end within its head", "HTTP/1.1 200 OK\r\nConnection: close", "it ends after"],
  ] as const
) {
  Deno.test(`an answer with ${what} is not counted`, async () => {
    await using server = answering(text);
    await assertRejects(() => askTwice(server.port), Error, message);
  });
}
