import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { paceFor } from "./pace.ts";
import { countParam, durationParam, paceParams } from "./params.ts";

const duration = (
  flag: string,
  defaultMs: number,
  more: { paced?: boolean; pause?: boolean } = {},
) => durationParam({ flag, description: flag, defaultMs, bareUnit: "ms", ...more });
const schema = z.object({
  delayMs: duration("delay", 5_000),
  thresholdMs: duration("threshold", 2_000),
  pauseMs: duration("pause", 500, { pause: true }),
  fixedMs: duration("fixed", 10, { paced: false }),
  count: countParam({ flag: "count", description: "count", default: 1, min: 1, max: 9 }),
});
const nominal = schema.parse({});

Deno.test("the pace is the fastest at which thresholds and delays are twice the constant", () => {
  assertEquals(paceFor(schema, nominal, 500, { fastest: 20 }).speed, 2);
  assertEquals(paceFor(schema, nominal, 1_000, { fastest: 20 }).speed, 1);
  assertEquals(paceFor(schema, nominal, 2_000, { fastest: 20 }).speed, 0.5);
});

Deno.test("a constant that is far below, or none, leaves the pace that is wanted", () => {
  assertEquals(paceFor(schema, nominal, 10, { fastest: 20 }).speed, 20);
  assertEquals(paceFor(schema, nominal, 0, { fastest: 20 }), { speed: 20, nominal });
});

Deno.test("a pause does not slow the pace down: it is raised, unless it was given", () => {
  assertEquals(paceFor(schema, nominal, 500, { fastest: 20 }).nominal.pauseMs, 2_000);
  const given = { pauseMs: 500 };
  assertEquals(paceFor(schema, { ...nominal, ...given }, 500, { fastest: 20, given }), {
    speed: 0.5,
    nominal,
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
        const pace = paceFor(schema, asked, constantMs, { fastest: 20 });
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
