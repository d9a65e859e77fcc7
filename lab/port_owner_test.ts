// Tests of finding who listens on a port: this process, nobody, and without the permission to know.

import { assertEquals } from "@std/assert";
import { findPortOwner } from "./port_owner.ts";

const permitted = Deno.build.os === "linux" &&
  await Deno.readTextFile("/proc/net/tcp").then(() => true, () => false);

Deno.test({
  name: "findPortOwner: names the process that listens, on IPv4 and IPv6",
  ignore: !permitted,
  async fn() {
    for (const hostname of ["127.0.0.1", "::1"]) {
      using listener = Deno.listen({ hostname, port: 0 });
      const owner = await findPortOwner(listener.addr.port);
      assertEquals(owner?.pid, Deno.pid);
      assertEquals(owner?.name, (await Deno.readTextFile("/proc/self/comm")).trim());
    }
  },
});

Deno.test("findPortOwner: a port that nobody listens on has no owner", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  assertEquals(await findPortOwner(port), undefined);
});

Deno.test({
  name: "findPortOwner: without permissions nothing is known and nothing is asked",
  permissions: { read: false },
  async fn() {
    assertEquals(await findPortOwner(80), undefined);
  },
});
