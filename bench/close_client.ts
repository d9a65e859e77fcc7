// A child process that is a probe with many readers: `close_client.ts PORT READERS PATH`. It sends a
// writer's request, prints "writer" and waits for a line; sends the readers', prints "sent" and waits
// for a line; half-closes all readers, and prints when each saw its connection closed.

import { realClock } from "../lab/clock.ts";
import { Http1Connection } from "../probes/http1.ts";

/** What became of one reader: its port, and when its connection was closed by the server. */
export type Closed = [port: number, closedAtMs: number];

if (import.meta.main) {
  const [port = "", readers = "", path = "/"] = Deno.args;
  const url = new URL(`http://127.0.0.1:${port}`);
  const connect = () => Http1Connection.connect({ url, clock: realClock });
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
  const send = (connection: Http1Connection) => {
    // Nothing of the answer is asked for: it may never come.
    const { headers, body, firstByte } = connection.send({ method: "GET", path });
    for (const one of [headers, body, firstByte]) one.catch(() => {});
  };

  const writer = await connect();
  send(writer);
  console.log("writer");
  await lines.read();

  const connections: Http1Connection[] = [];
  while (connections.length < Number(readers)) {
    connections.push(...await Promise.all(Array.from({ length: 50 }, connect)));
  }
  connections.forEach(send);
  console.log("sent");
  await lines.read();

  for (const connection of connections) connection.halfClose();
  const closed = await Promise.all(
    connections.map(async ({ localPort, closed }): Promise<Closed> => [
      localPort,
      (await closed).atMs,
    ]),
  );
  console.log(JSON.stringify(closed));
  await lines.read();
  Deno.exit();
}
