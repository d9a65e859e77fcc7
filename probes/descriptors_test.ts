// Tests of the descriptors: a socket that its process keeps open after a reset, and its end.

import { assertEquals, assertGreater } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { descriptorsAvailability, holdersOf } from "./descriptors.ts";
import { Http1Connection } from "./http1.ts";
import { findServerSide, readSocketTable } from "./socket_table.ts";

Deno.test({
  name: "holdersOf: a socket shows while it is open, also when the kernel has forgotten it",
  ignore: !(await descriptorsAvailability()).available,
  async fn() {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const url = new URL(`http://127.0.0.1:${listener.addr.port}`);
    using connection = await Http1Connection.connect({ url, clock: realClock });
    // A process that does not read hears nothing of the reset.
    const held = await listener.accept();
    const side = () =>
      readSocketTable().then((table) =>
        findServerSide(table, connection.localPort, connection.remotePort)
      );
    const inode = (await side())?.inode ?? 0;
    assertGreater(inode, 0);
    connection.reset();
    while (await side() !== undefined) await realClock.sleep(5);
    const holders = (await holdersOf([inode])).get(inode) ?? [];
    assertEquals(holders.map(({ pid }) => pid), [Deno.pid]);
    held.close();
    while ((await holdersOf([inode])).has(inode)) await realClock.sleep(5);
  },
});

Deno.test({
  name: "holdersOf: nobody has an inode that is none",
  ignore: !(await descriptorsAvailability()).available,
  async fn() {
    assertEquals((await holdersOf([0, 2 ** 40])).size, 0);
  },
});
