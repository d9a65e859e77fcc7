import { assertEquals, assertStringIncludes } from "@std/assert";
import { squid } from "./squid.ts";

const settings = {
  originUrl: new URL("http://127.0.0.1:8000"),
  lockWaitTimeoutMs: 6_000,
  lockAgeTimeoutMs: 6_000,
  maxWaiting: 0,
};

Deno.test("squid: changes to another user when root starts it, which it demands, and only then", () => {
  const config = (asRoot: boolean) =>
    squid.plays["caching-proxy"]?.launch(settings, {
      program: "/usr/sbin/squid",
      folder: "/folder",
      port: 7001,
      asRoot,
    }).files?.["squid.conf"] ?? "";
  assertStringIncludes(config(true), "cache_effective_user nobody\n");
  assertEquals(config(true).replace("cache_effective_user nobody\n", ""), config(false));
  assertStringIncludes(config(false), "http_port 127.0.0.1:7001 accel");
});
