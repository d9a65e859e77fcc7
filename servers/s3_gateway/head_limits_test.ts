// Requests whose head is too large: refused before anything is asked, and nobody else is harmed.

import { assertEquals, assertMatch } from "@std/assert";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { RawBackend } from "./testing_backend.ts";
import { BUCKET, configFor, TestingGateway } from "./testing_gateway.ts";

/** What comes back for a head of some size, up to the end of the connection. */
async function answerTo(port: number, head: string): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => {});
  socket.write(head);
  try {
    return await text(socket).catch(() => "");
  } finally {
    socket.destroy();
  }
}

Deno.test("a head over the limit is refused, no backend is asked, and the others go on", async () => {
  await using backend = new RawBackend(() => {});
  await using gateway = await TestingGateway.start(configFor(backend.url), { isolate: {} });
  const rest = `Host: 127.0.0.1:${gateway.port}\r\nConnection: close\r\n\r\n`;
  const large = "x".repeat(1 << 20);
  const tooLarge = [
    `GET /${BUCKET}/k HTTP/1.1\r\nx-amz-meta-a: ${large}\r\n${rest}`,
    `GET /${BUCKET}/k?${large} HTTP/1.1\r\n${rest}`,
    `GET /${BUCKET}/k HTTP/1.1\r\n${"a: b\r\n".repeat(50_000)}${rest}`,
  ];
  for (const head of tooLarge) {
    // Deno ends the connection while the head is still coming, so that its refusal may not be read.
    assertMatch(await answerTo(gateway.port, head), /^$|^HTTP\/1\.1 (?:400|414|431) /);
    // One that is not is answered as ever: it has no key.
    assertMatch(
      await answerTo(gateway.port, `GET /${BUCKET}/k HTTP/1.1\r\n${rest}`),
      /^HTTP\/1\.1 403 [\s\S]*<Code>AccessDenied<\/Code>/,
    );
  }
  assertEquals(backend.connections.length, 0);
});
