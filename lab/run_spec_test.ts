// Tests of what is to be run: parameters, pace, ids, repeats.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { UsageError } from "./errors.ts";
import type { Params } from "./params.ts";
import { nominalParams, repeated, runId, type RunSpec, runSpecs } from "./run_spec.ts";
import { embeddedTarget, type TargetSource, urlTarget } from "./target.ts";
import { access, madeCase, madeScenario, runOne, well } from "./testing_runner.ts";

Deno.test("what is to be run faster gets shorter durations and keeps its counts and nominal values", async () => {
  let given: Params = {};
  const run = await runOne(({ params }) => {
    given = params;
    return Promise.resolve(well);
  }, { speed: 20 });
  assertEquals(given, { waitMs: 3_000, readers: 3 });
  assertEquals(run?.params, given);
  assertEquals(run?.nominal, { waitMs: 60_000, readers: 3 });
});

Deno.test("what was given wins over the case's value, and that over the scenario's; ports are left out", () => {
  const one = madeCase("one", () => Promise.resolve(well), { defaults: { waitMs: 5, readers: 5 } });
  const nominal = nominalParams(madeScenario([one]), one, { readers: 7, port: 8 });
  assertEquals(nominal, { waitMs: 5, readers: 7 });
});

Deno.test("a run's id names scenario, case, variant or target, and repeat", () => {
  const one = madeCase("one", () => Promise.resolve(well));
  const scenario = madeScenario([one]);
  const spec = (target: TargetSource, repeat: number): RunSpec => ({
    scenario,
    case: one,
    target,
    repeat,
    nominal: {},
    speed: 1,
  });
  assertEquals(runId(spec(embeddedTarget(scenario, "fix"), 2)), "made-up/one@fix#2");
  assertEquals(runId(spec(urlTarget(access), 1)), "made-up/one@127.0.0.1:9#1");
});

Deno.test("a selector that names no case of the scenario is a usage error", () => {
  const scenario = madeScenario([madeCase("one", () => Promise.resolve(well))]);
  const specs = (selector: string) =>
    runSpecs(scenario, selector, urlTarget(access), { speed: 1, params: { readers: 5 } });
  assertThrows(() => specs("made-up/two"), UsageError, "Unknown case 'made-up/two'");
  assertEquals(specs("made-up").map(({ nominal }) => nominal.readers), [5]);
});

Deno.test("a run that is repeated counts from 1", () => {
  const scenario = madeScenario([madeCase("only", () => Promise.resolve(well))]);
  const [spec] = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1 });
  assert(spec);
  assertEquals(repeated(spec, 3).map((one) => runId(one).split("#")[1]), ["1", "2", "3"]);
});
