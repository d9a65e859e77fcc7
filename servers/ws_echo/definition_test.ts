// Tests of the definition: the flags, what the server and a product in its place get of them, a folder.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import { UsageError } from "../../lab/errors.ts";
import { paramFields, type Params, parseParam } from "../../lab/params.ts";
import { wsEchoDefinition } from "./definition.ts";

const { params } = wsEchoDefinition;

/** What a flag's text becomes. */
function read(flag: string, text: string) {
  const field = paramFields(params).find((one) => one.flag === flag);
  assert(field, flag);
  return parseParam(params, field, text);
}

/** A server as `serve` makes it, on a clock that stands still. */
async function create(given: Params) {
  const clock = new ManualClock(), notices: string[] = [];
  const server = await wsEchoDefinition.create({ ...params.parse({}), ...given }, {
    clock,
    warn: () => {},
    notice: (line) => notices.push(line),
  });
  return { clock, server, notices, [Symbol.asyncDispose]: () => server.close() };
}

Deno.test("serve ws-echo: durations are in seconds when they say nothing else", () => {
  assertEquals(read("hibernate-after", "10"), 10_000);
  assertEquals(read("heartbeat-timeout", "250ms"), 250);
  assertEquals(read("cleanup-interval", "1m"), 60_000);
  assertEquals(params.parse({}), {
    variant: "bug",
    hibernateAfterMs: 30_000,
    heartbeatTimeoutMs: 60_000,
    cleanupIntervalMs: 60_000,
    folder: "",
  });
});

Deno.test("serve ws-echo: a product in its place is told the durations", () => {
  const { standIn } = wsEchoDefinition;
  assertEquals(standIn?.part({ ...params.parse({}), hibernateAfterMs: 5_000 }), {
    role: "websocket-server",
    settings: { hibernateAfterMs: 5_000, heartbeatTimeoutMs: 60_000, cleanupIntervalMs: 60_000 },
  });
});

Deno.test("serve ws-echo: an object is evicted after the time that was given, and its log is told", async () => {
  await using made = await create({ hibernateAfterMs: 5_000 });
  const { server, clock, notices } = made;
  await (await server.fetch(new Request("http://echo.test/stats?object=a"))).body?.cancel();
  const state = () => (server.stats()["objects"] as { state: string }[])[0]?.state;
  await clock.advance(4_900);
  assertEquals(state(), "idle");
  await clock.advance(200);
  assertEquals(state(), "hibernated");
  assertEquals(notices, []);
});

Deno.test("serve ws-echo: with a folder what objects store outlives the process", async () => {
  const folder = await Deno.makeTempDir({ prefix: "edge-repro-ws-echo-" });
  try {
    const connect = async (made: Awaited<ReturnType<typeof create>>) => {
      const { host } = made.server as unknown as import("./ws_echo.ts").WsEcho;
      const request = new Request("http://echo.test/websocket?object=a", {
        headers: { upgrade: "websocket" },
      });
      const { webSocket } = await host.dispatch(request);
      webSocket?.accept();
      webSocket?.send('{"type":"ping"}');
      await made.clock.advance(0);
      webSocket?.close(1000);
      await made.clock.advance(0);
      await made.clock.advance(0);
    };
    for (const received of [1, 2]) {
      await using made = await create({ folder });
      await connect(made);
      const answer = await made.server.fetch(new Request("http://echo.test/stats?object=a"));
      const { objects: [object] } = await answer.json();
      assertEquals([object.received, object.closes], [received, received]);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("serve ws-echo: a folder that cannot be one is a usage error", async () => {
  const file = await Deno.makeTempFile();
  try {
    await assertRejects(() => create({ folder: file }), UsageError);
  } finally {
    await Deno.remove(file);
  }
});
