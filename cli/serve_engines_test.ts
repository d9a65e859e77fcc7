import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import { engines } from "../engines/engines.ts";
import { UsageError } from "../lab/errors.ts";
import { s3GatewayDefinition } from "../servers/s3_gateway/definition.ts";
import { servers } from "../servers/servers.ts";
import { checkTaken, standIns } from "./serve_engines.ts";

/** What names come to: the servers', and which engine is in whose place, as it was named. */
function read(...names: string[]) {
  const { names: servings, engines: found } = standIns(names, servers, engines);
  return [servings, [...found].map(([place, { engine, as }]) => `${place}: ${engine.name}, ${as}`)];
}

Deno.test("an engine takes the one place that it can, or the one that is named", () => {
  assertEquals(read("slow-origin", "sts"), [["slow-origin", "sts"], []]);
  assertEquals(read("engine:nginx", "sts"), [
    ["sts", "caching-proxy"],
    ["caching-proxy: nginx, engine:nginx"],
  ]);
  const named = "s3-gateway=engine:workerd+repaired";
  assertEquals(read(named, "ws-echo=engine:workerd"), [["s3-gateway", "ws-echo"], [
    `s3-gateway: workerd+repaired, ${named}`,
    "ws-echo: workerd, ws-echo=engine:workerd",
  ]]);
  assertEquals(read("object-store=engine:minio+short-idle-timeout")[0], ["object-store"]);
});

Deno.test("a way around that one of its roles has says which place is meant", () => {
  assertEquals(read("engine:workerd+read-body-early+stream-parts")[0], ["s3-gateway"]);
});

Deno.test("what cannot be, or can be two things, is refused with the choices", () => {
  const refused: readonly (readonly [string[], RegExp])[] = [
    [
      ["engine:workerd"],
      /^engine:workerd can take the place of ws-echo and of s3-gateway: expected ws-echo=engine:workerd or s3-gateway=engine:workerd$/,
    ],
    [["s3-gateway=engine:nginx"], /^nginx cannot take the place of s3-gateway: expected engine:w/],
    [["sts=engine:workerd"], /^No engine can take the place of sts: expected caching-proxy, .*ho/],
    [["s3-gatway=engine:workerd"], /^Unknown server 's3-gatway' in .*did you mean 's3-gateway'/],
    [["websocket-server=engine:workerd"], /^Unknown server 'websocket-server'.*ws-echo/],
    [["s3-gateway=workerd"], /^Cannot read 's3-gateway=workerd': .*expected engine:NAME$/],
    [["s3-gateway=engine:workrd"], /^Unknown engine 'workrd': .*did you mean 'workerd'/],
    [["engine:workerd=s3-gateway"], /^Unknown engine 'workerd=s3-gateway'/],
    [["ws-echo=engine:workerd+repaired"], /no way around 'repaired' in .*ws-echo: expected none$/],
    [["s3-gateway=engine:workerd+x"], /^Unknown way around 'x' of workerd: .*stream-parts/],
    [["s3-gateway", "s3-gateway=engine:workerd"], /takes the place of s3-gateway: expected one of/],
    [["engine:nginx", "caching-proxy=engine:squid"], /^caching-proxy=engine:squid takes the place/],
  ];
  for (const [names, expected] of refused) {
    assertMatch(assertThrows(() => read(...names), UsageError).message, expected);
  }
});

Deno.test("of the gateway's flags workerd takes those that go into a setting of its role", () => {
  const [workerd] = engines.filter(({ name }) => name === "workerd");
  if (workerd === undefined) throw new Error("no workerd");
  const taken = {
    ...{ backend: "", sts: "", bucket: "", variant: "fix", readBody: "late" },
    ...{ uploadPart: "stream", framing: "fixed", silenceMs: 1, exchangeMs: 1 },
  };
  checkTaken(s3GatewayDefinition, workerd, taken, "");
  for (const own of ["config", "public", "isolate", "crossRequest"]) {
    const { message } = assertThrows(
      () => checkTaken(s3GatewayDefinition, workerd, { ...taken, [own]: "" }, "s3-gateway-"),
      UsageError,
    );
    assertMatch(message, /^--s3-gateway-[a-z-]+ is for our own s3-gateway: workerd has no such/);
  }
});
