// Tests that the probes work with the permissions that the commands run with, and no more.

import { assertEquals } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { Http1Connection } from "./http1.ts";
import { ExchangeError } from "./exchange.ts";
import { runProgram } from "./testing_program.ts";

const module = (path: string) => JSON.stringify(import.meta.resolve(path));
const PROGRAM = `
import { realClock as clock } from ${module("../lab/clock.ts")};
import { descriptorsAvailability, holdersOf } from ${module("./descriptors.ts")};
import { Http1Connection } from ${module("./http1.ts")};
import { findServerSide, readSocketTable, socketTableAvailability }
  from ${module("./socket_table.ts")};
import { readFigures } from ${module("./figures.ts")};
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () =>
  Response.json({ schema: "edge-repro/stats@1", waiting: 0, locks: 0, upstreams: 0 }));
const url = new URL("http://127.0.0.1:" + server.addr.port);
const seen = {};
const connection = await Http1Connection.connect({ url, clock });
seen.status = (await connection.send({ method: "GET", path: "/" }).headers).status;
seen.waiting = (await readFigures(url, { signal: new AbortController().signal })).waiting;
seen.available = [await socketTableAvailability(), await descriptorsAvailability()]
  .map((one) => one.available);
if (seen.available.every(Boolean)) {
  const side = findServerSide(await readSocketTable(), connection.localPort, connection.remotePort);
  seen.state = side?.state;
  seen.holders = (await holdersOf([side.inode])).get(side.inode)?.map((one) => one.pid === Deno.pid);
}
const refused = async (url) => await Http1Connection.connect({ url: new URL(url), clock })
  .then(() => "open", (error) => error.code + ": " + error.message.split("--")[1]);
seen.refused = [await refused("http://127.0.0.2:1"), await refused("http://edge.example:81")];
connection.close();
await server.shutdown();
console.log(JSON.stringify(seen));
`;

const run = (...permissions: string[]) => runProgram(PROGRAM, { permissions });

const REFUSED = [
  "not-permitted: allow-net=127.0.0.2:1",
  "not-permitted: allow-net=edge.example:81",
];

Deno.test({
  name: "the probes need the network of the target, and cat and find to look at the kernel",
  ignore: Deno.build.os !== "linux",
  async fn() {
    assertEquals(await run("--allow-net=127.0.0.1", "--allow-run=cat,find"), {
      ...{ status: 200, waiting: 0, available: [true, true] },
      ...{ state: "ESTABLISHED", holders: [true], refused: REFUSED },
    });
  },
});

Deno.test("the probes say what they cannot see with the network alone, and ask for nothing", async () => {
  assertEquals(await run("--allow-net=127.0.0.1"), {
    ...{ status: 200, waiting: 0, available: [false, false], refused: REFUSED },
  });
});

Deno.test({
  name: "a missing permission of this process is a failure to connect, not a crash",
  permissions: { net: ["127.0.0.1:0"] },
  async fn() {
    const url = new URL("http://127.0.0.1:9");
    const error = await Http1Connection.connect({ url, clock: realClock }).catch((error) => error);
    assertEquals(error instanceof ExchangeError && error.code, "not-permitted");
  },
});
