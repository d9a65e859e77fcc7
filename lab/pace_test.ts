import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { type Constant, paceFor } from "./pace.ts";
import { countParam, durationParam, type Outlasted, paceParams } from "./params.ts";

const duration = (
  flag: string,
  defaultMs: number,
  more: { paced?: boolean; pause?: boolean; outlasts?: Outlasted } = {},
) => durationParam({ flag, description: flag, defaultMs, bareUnit: "ms", ...more });
const schema = z.object({
  delayMs: duration("delay", 5_000),
  thresholdMs: duration("threshold", 2_000),
  pauseMs: duration("pause", 500, { pause: true }),
  fixedMs: duration("fixed", 10, { paced: false }),
  count: countParam({ flag: "count", description: "count", default: 1, min: 1, max: 9 }),
});
const nominal = schema.parse({});

const look = (ms: number): Constant => ({ ms, what: "a look at something" });
const constant = (ms: number): Constant[] => [look(ms)];
const eviction = (ms: number): Constant => ({ ms, what: "idle objects", kind: "eviction" });

Deno.test("the pace is the fastest at which thresholds and delays are twice the constant", () => {
  assertEquals(paceFor(schema, nominal, constant(500), { fastest: 20 }).speed, 2);
  assertEquals(paceFor(schema, nominal, constant(1_000), { fastest: 20 }).speed, 1);
  assertEquals(paceFor(schema, nominal, constant(2_000), { fastest: 20 }).speed, 0.5);
});

Deno.test("a constant that is far below, or none, leaves the pace that is wanted", () => {
  assertEquals(paceFor(schema, nominal, constant(10), { fastest: 20 }).speed, 20);
  assertEquals(paceFor(schema, nominal, constant(0), { fastest: 20 }), { speed: 20, nominal });
});

Deno.test("a pause does not slow the pace down: it is raised, unless it was given", () => {
  assertEquals(paceFor(schema, nominal, constant(500), { fastest: 20 }).nominal.pauseMs, 2_000);
  const given = { pauseMs: 500 };
  assertEquals(paceFor(schema, { ...nominal, ...given }, constant(500), { fastest: 20, given }), {
    speed: 0.5,
    nominal,
    boundBy: look(500),
  });
});

Deno.test("whatever the constant, every paced duration in force is at least twice it", () => {
  const ms = fc.integer({ min: 1, max: 100_000 });
  fc.assert(
    fc.property(
      ms,
      ms,
      ms,
      fc.integer({ min: 1, max: 5_000 }),
      (delayMs, thresholdMs, pauseMs, constantMs) => {
        const asked = { ...nominal, delayMs, thresholdMs, pauseMs };
        const pace = paceFor(schema, asked, constant(constantMs), { fastest: 20 });
        assert(pace.speed <= 20);
        const { fixedMs, count, ...paced } = paceParams(schema, pace.nominal, pace.speed);
        assertEquals([fixedMs, count], [10, 1]);
        for (const value of Object.values(paced)) {
          assert(
            Number(value) >= 2 * constantMs * (1 - 1e-9),
          );
        }
        // It is the fastest: one of them is at the bound, or the pace is the one that was wanted.
        const least = Math.min(Number(paced.delayMs), Number(paced.thresholdMs));
        assert(pace.speed === 20 || least <= 2 * constantMs * (1 + 1e-9));
      },
    ),
  );
});

const sleeper = z.object({
  idleMs: duration("idle", 45_000, { outlasts: "eviction" }),
  thresholdMs: duration("threshold", 5_000),
});

Deno.test("a constant of a kind bounds what must outlast that kind, and nothing else", () => {
  const awake = sleeper.parse({});
  const { speed, nominal, boundBy } = paceFor(sleeper, awake, [eviction(10_000)], { fastest: 5 });
  assertEquals([speed, nominal], [2.25, awake]);
  assertEquals(boundBy, eviction(10_000));
  // A scenario that has nothing to outlast it is not slowed down.
  assertEquals(paceFor(schema, schema.parse({}), [eviction(10_000)], { fastest: 5 }).speed, 5);
});

Deno.test("beside it, what bears on everything bounds everything as before", () => {
  const pace = (ms: number) =>
    paceFor(sleeper, sleeper.parse({}), [eviction(10_000), ...constant(ms)], { fastest: 5 });
  assertEquals(pace(500).speed, 2.25);
  assertEquals([pace(2_000).speed, pace(2_000).boundBy], [1.25, look(2_000)]);
  assertEquals([pace(20_000).speed], [0.125]);
});
