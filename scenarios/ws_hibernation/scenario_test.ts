// What the scenario says of itself: connections, needs, limits and the report's block of results.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { paceFor } from "../../lab/pace.ts";
import { paceParams } from "../../lab/params.ts";
import { nominalParams } from "../../lab/run_spec.ts";
import type { Access } from "../../lab/scenario.ts";
import { wsHibernation } from "./scenario.ts";

const access: Access = { url: new URL("https://echo.example"), headers: {}, insecure: false };
const { cases, params: schema } = wsHibernation;
const nominalOf = (given = {}) => cases.map((one) => nominalParams(wsHibernation, one, given));

Deno.test("figures are missing until they are told, what a server understands shows in the run", async () => {
  assertMatch(await wsHibernation.missing("figures", access) ?? "", /--stats-url/);
  const statsUrl = new URL("https://echo.example/stats");
  assertEquals(await wsHibernation.missing("figures", { ...access, statsUrl }), undefined);
  assertEquals(await wsHibernation.missing("echo-features", access), undefined);
});

Deno.test("only a broadcast holds many connections, and no case more than a stranger's server bears", () => {
  for (const one of cases) {
    const held = wsHibernation.connections?.(nominalParams(wsHibernation, one, {}), one) ?? 0;
    assertEquals(held, one.id === "broadcast" ? 11 : 2);
  }
});

Deno.test("where eviction takes 10 s all durations stay in proportion, and the silence is 20 s", () => {
  const constants = [{ ms: 10_000, what: "idle objects", kind: "eviction" as const }];
  for (const nominal of nominalOf()) {
    const pace = paceFor(schema, nominal, constants, { fastest: 5 });
    assertEquals([pace.speed, pace.nominal], [2.25, nominal]);
    const { idleMs, heartbeatTimeoutMs, cleanupIntervalMs } = paceParams(schema, nominal, 2.25);
    assertEquals(idleMs, 20_000);
    assert(Number(idleMs) < Math.min(Number(heartbeatTimeoutMs), Number(cleanupIntervalMs)));
  }
});

Deno.test("a run may take longer than all it waits for, at any pace", () => {
  for (const nominal of nominalOf()) {
    for (const speed of [1, 20]) {
      const params = paceParams(schema, nominal, speed);
      const { idleMs, heartbeatTimeoutMs, cleanupIntervalMs, thresholdMs } = params;
      const waitedMs = Number(idleMs) + Number(heartbeatTimeoutMs) + Number(cleanupIntervalMs) +
        8 * Number(thresholdMs);
      assert(wsHibernation.limitMs(params) > waitedMs);
    }
  }
});

Deno.test("the block is the one of the report's client, for cases that ask", () => {
  const block = (answered: number) =>
    wsHibernation.block?.({
      ...{ params: {}, verdict: "fail", durationMs: 1 },
      metrics: {
        asked: { unit: "count", value: 6 },
        answered: { unit: "count", value: answered },
      },
    });
  assertEquals(block(0), [
    "Welcome message received",
    "Messages sent: 6",
    "Zero responses from server (6 timed out)",
  ]);
  assertEquals(block(4)?.at(-1), "Responses: 4 (2 timed out)");
  const none = { params: {}, metrics: {}, verdict: "pass", durationMs: 1 } as const;
  assertEquals(wsHibernation.block?.(none), []);
});
