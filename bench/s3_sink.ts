// A child process that is the backend of gateways: takes whatever is uploaded and keeps nothing. Prints
// its port.

/** The content of everything that is read from it, in bytes. */
export const SINK_OBJECT_BYTES = 1_024;

/** What is read at once. */
const READ_BYTES = 256 * 1_024;
/** Longer heads are not sent here. */
const MOST_HEAD_BYTES = 16 * 1_024;

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");
const STORED = encoder.encode(
  `HTTP/1.1 200 OK\r\nETag: "${"0".repeat(32)}"\r\nContent-Length: 0\r\n\r\n`,
);
const READ = encoder.encode(
  `HTTP/1.1 200 OK\r\nETag: "${"0".repeat(32)}"\r\nContent-Type: application/octet-stream\r\n` +
    `Content-Length: ${SINK_OBJECT_BYTES}\r\n\r\n${"x".repeat(SINK_OBJECT_BYTES)}`,
);
const REFUSED = encoder.encode(
  "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
);

/**
 * Answers one connection's requests: what a server does with each byte is as little as can be, so that it
 * is the gateway before it that is measured.
 */
async function serve(connection: Deno.TcpConn): Promise<void> {
  using _ = connection;
  connection.setNoDelay(true);
  const buffer = new Uint8Array(READ_BYTES);
  let filled = 0;
  while (true) {
    let text = "";
    let end = -1;
    while (end < 0) {
      if (filled > 0) {
        text = latin1.decode(buffer.subarray(0, Math.min(filled, MOST_HEAD_BYTES)));
        end = text.indexOf("\r\n\r\n");
        if (end >= 0) break;
        if (filled >= MOST_HEAD_BYTES) return;
      }
      const count = await connection.read(buffer.subarray(filled));
      if (count === null) return;
      filled += count;
    }
    const head = text.slice(0, end + 2);
    const lengthBytes = Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1] ?? 0);
    const begun = end + 4;
    const here = Math.min(filled - begun, lengthBytes);
    let left = lengthBytes - here;
    if (left === 0) {
      buffer.copyWithin(0, begun + here, filled);
      filled -= begun + here;
    } else {
      filled = 0;
      while (left > 0) {
        const count = await connection.read(left < READ_BYTES ? buffer.subarray(0, left) : buffer);
        if (count === null) return;
        left -= count;
      }
    }
    // S3 refuses uploads that do not say how long they are.
    const isRefused = /\r\ntransfer-encoding:/i.test(head);
    await writeAll(connection, isRefused ? REFUSED : head.startsWith("GET ") ? READ : STORED);
    if (isRefused) return;
  }
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

if (import.meta.main) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  console.log(listener.addr.port);
  // A connection that is broken off is the other side's affair.
  for await (const connection of listener) serve(connection).catch(() => {});
}
