import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { engines } from "../engines/engines.ts";
import { UsageError } from "../lab/errors.ts";
import { engineNamed } from "./engine.ts";
import { canPlay, checkPlays, type Needing } from "./engine_role.ts";

const PROXY: Needing = { id: "cache-lock", role: "caching-proxy" };
const STORE: Needing = { id: "stale-read", role: "object-store" };
const SOCKETS: Needing = { id: "ws-hibernation", role: "websocket-server" };
const GATEWAY: Needing = { id: "body-io", role: "s3-gateway" };

const check = (name: string, ...scenarios: Needing[]) =>
  checkPlays(engineNamed(name, engines), scenarios, engines, "engine:");

/** What is said of an engine that is refused. */
const refusal = (name: string, ...scenarios: Needing[]): string =>
  assertThrows(() => check(name, ...scenarios), UsageError).message;

Deno.test("an engine plays a role that it has, with the ways around that it has there", () => {
  const can = (name: string, { role }: Needing) => canPlay(engineNamed(name, engines), role);
  assertEquals(
    [PROXY, STORE, SOCKETS, GATEWAY].map((one) => can("workerd", one)),
    [false, false, true, true],
  );
  assertEquals([SOCKETS, GATEWAY].map((one) => can("workerd+repaired", one)), [false, true]);
  assert(can("nginx+ignore-client-abort", PROXY));
});

Deno.test("an engine is taken that can be what one of several scenarios needs", () => {
  check("minio", GATEWAY, STORE);
  check("workerd+repaired", SOCKETS, GATEWAY);
  check("workerd+read-body-early+stream-parts", GATEWAY);
});

Deno.test("one that can be none of it is refused, with those that can", () => {
  assertEquals(
    refusal("minio", GATEWAY),
    "MinIO cannot be an s3-gateway (body-io): expected engine:workerd",
  );
  assertMatch(
    refusal("nginx", STORE),
    /^nginx cannot be an object-store \(stale-read\): expected (engine:\w+, )+engine:\w+$/,
  );
  assertEquals(
    refusal("squid", SOCKETS, GATEWAY, { ...GATEWAY, id: "another" }),
    "Squid cannot be a websocket-server (ws-hibernation) or an s3-gateway (body-io, another): " +
      "expected engine:workerd",
  );
  assertEquals(
    assertThrows(() => checkPlays(engineNamed("squid", engines), [STORE], []), UsageError).message,
    "Squid cannot be an object-store (stale-read): expected none",
  );
});

Deno.test("a way around of another role is refused, with those of the role", () => {
  assertEquals(
    refusal("workerd+repaired", PROXY, SOCKETS),
    "workerd has no way around 'repaired' as a websocket-server (ws-hibernation): expected none",
  );
  const [workerd] = engines.filter(({ name }) => name === "workerd");
  assert(workerd);
  const mixed = { ...workerd, name: "workerd+repaired+stream-part" };
  const { message } = assertThrows(() => checkPlays(mixed, [GATEWAY], engines), UsageError);
  assertMatch(
    message,
    /^workerd has no way around 'stream-part' as an s3-gateway \(body-io\): expected .*stream-parts/,
  );
  assertMatch(message, /; did you mean 'stream-parts'\?$/);
});
