import { assert, assertEquals } from "@std/assert";
import { varnish } from "./varnish.ts";

const settings = {
  originUrl: new URL("http://127.0.0.1:8000"),
  lockWaitTimeoutMs: 6_000,
  lockAgeTimeoutMs: 6_000,
  maxWaiting: 0,
};

Deno.test("varnish: the account that starts it makes no difference, and it offers no other port", () => {
  const launch = (asRoot: boolean) =>
    varnish.plays["caching-proxy"]?.launch(settings, {
      program: "/usr/sbin/varnishd",
      folder: "/folder",
      port: 7001,
      asRoot,
    });
  const launched = launch(false);
  assert(launched);
  assertEquals(launch(true), launched);
  const after = (option: string) =>
    launched.args.filter((_, index) => launched.args[index - 1] === option);
  assertEquals(after("-a"), ["127.0.0.1:7001"]);
  assertEquals(after("-T"), ["none"]);
  assertEquals(after("-j"), ["none"]);
});
