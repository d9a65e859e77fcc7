// Tests of the runner: order, limits, and that every run gives back what it took.

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { ManualClock } from "./clock.ts";
import { InconclusiveError } from "./errors.ts";
import { value } from "./metrics.ts";
import type { Params } from "./params.ts";
import type { Run } from "./result.ts";
import { runAll, type RunObserver } from "./runner.ts";
import { runSpecs } from "./run_spec.ts";
import { urlTarget } from "./target.ts";
import type { Outcome, ProbeContext } from "./scenario.ts";
import { own } from "./scope.ts";
import { inconclusive } from "./verdict.ts";
import {
  access,
  type Body,
  madeCase,
  madeScenario,
  never,
  runOne,
  well,
} from "./testing_runner.ts";

Deno.test("results come in the order in which they were asked for, whichever ends first", async () => {
  const first = Promise.withResolvers<Outcome>();
  const ended: string[] = [];
  const scenario = madeScenario([
    madeCase("slow", () => first.promise),
    madeCase("fast", () => Promise.resolve(well)),
  ]);
  const specs = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1, allCases: true });
  const runs = await runAll(specs, {
    concurrency: 2,
    signal: new AbortController().signal,
    observer: {
      runEnd(run) {
        ended.push(run.case);
        if (run.case === "fast") first.resolve(well);
      },
    },
  });
  assertEquals(ended, ["fast", "slow"]);
  assertEquals(runs.map((run) => run.case), ["slow", "fast"]);
});

Deno.test("no more runs than allowed are under way at once, and all are made", async () => {
  let now = 0, most = 0;
  const body: Body = async () => {
    most = Math.max(most, ++now);
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve, 1));
    now--;
    return well;
  };
  const scenario = madeScenario(Array.from({ length: 7 }, (_, n) => madeCase(`c${n}`, body)));
  const specs = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1, allCases: true });
  const { signal } = new AbortController();
  assertEquals((await runAll(specs, { concurrency: 3, signal })).length, 7);
  assertEquals(most, 3);
});

Deno.test("a run that must be alone is made before or after the others, with none beside it", async () => {
  const order: string[] = [];
  const body = (id: string): Body => async () => {
    order.push(`${id} begins`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    order.push(`${id} ends`);
    return well;
  };
  const scenario = madeScenario([
    madeCase("x", body("x"), { alone: "last" }),
    madeCase("y", body("y"), { alone: "last" }),
    madeCase("a", body("a")),
    madeCase("b", body("b")),
    madeCase("z", body("z"), { alone: "first" }),
  ]);
  const specs = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1, allCases: true });
  const runs = await runAll(specs, { concurrency: 9, signal: new AbortController().signal });
  assertEquals(runs.map((run) => run.case), ["x", "y", "a", "b", "z"]);
  assertEquals(order, [
    ...["z begins", "z ends"],
    ...["a begins", "b begins", "a ends", "b ends"],
    ...["x begins", "x ends", "y begins", "y ends"],
  ]);
});

Deno.test("each run has a scope, a signal and a name of its own, and the scope is closed before its end is told", async () => {
  const seen: ProbeContext<Params>[] = [];
  const order: string[] = [];
  const body: Body = (context) => {
    seen.push(context);
    context.scope.defer(async () => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      order.push("closed");
    });
    return Promise.resolve(well);
  };
  const scenario = madeScenario([madeCase("a", body), madeCase("b", body)]);
  const specs = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1, allCases: true });
  const { signal } = new AbortController();
  const observer = { runEnd: (run: Run) => void order.push(`${run.case} ended`) };
  await runAll(specs, { concurrency: 1, signal, observer });
  assertEquals(order, ["closed", "a ended", "closed", "b ended"]);
  const [a, b] = seen;
  assert(a && b);
  assertNotEquals(a.nonce, b.nonce);
  assertMatch(a.nonce, /^[\w-]+$/);
  assert(a.scope !== b.scope && a.signal !== b.signal);
  assert(a.signal.aborted, "what still listens to the run learns that it is over");
});

Deno.test("an interrupt ends what is running, closes it, and starts no more", async () => {
  const interrupt = new AbortController();
  const order: string[] = [];
  const hangs: Body = ({ scope }) => {
    scope.defer(() => void order.push("closed"));
    queueMicrotask(() => interrupt.abort());
    return never; // It heeds no signal.
  };
  const scenario = madeScenario([madeCase("running", hangs), madeCase("waiting", hangs)]);
  const specs = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1, allCases: true });
  const defects: unknown[] = [];
  const runs = await runAll(specs, {
    concurrency: 1,
    signal: interrupt.signal,
    observer: { defect: (_id, error) => void defects.push(error) },
  });
  assertEquals(runs.map(({ case: id, verdict, reason }) => [id, verdict, reason]), [
    ["running", "inconclusive", "interrupted before the run was over"],
  ]);
  assertEquals(order, ["closed"]);
  assertEquals(defects, []);
});

Deno.test("with a signal that has aborted already nothing is run", async () => {
  const run = await runOne(() => Promise.resolve(well), { signal: AbortSignal.abort() });
  assertEquals(run, undefined);
});

Deno.test("a run over its limit is ended and closed, and says what the limit was", async () => {
  const clock = new ManualClock();
  let closed = false;
  const running = runOne(({ scope }) => {
    scope.defer(() => void (closed = true));
    return never;
  }, { clock, scenario: { limitMs: () => 90_000 } });
  await clock.advance(89_999);
  assertEquals(closed, false);
  await clock.advance(1);
  const run = await running;
  assertEquals(run?.verdict, "inconclusive");
  assertEquals(run?.reason, "the run was not over after 90 s");
  assertEquals(run?.durationMs, 90_000);
  assert(closed);
  assertEquals(clock.pending, 0);
});

Deno.test("a run that ends by itself leaves no timer behind", async () => {
  const clock = new ManualClock();
  await runOne(() => Promise.resolve(well), { clock });
  assertEquals(clock.pending, 0);
});

Deno.test("what a probe opens after its run has ended is closed at once", async () => {
  const interrupt = new AbortController();
  const connected = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<string>();
  const run = await runOne(async ({ scope }) => {
    queueMicrotask(() => interrupt.abort());
    await connected.promise; // Such as a connect that does not heed the signal.
    own(scope, { [Symbol.dispose]: () => closed.resolve("closed") });
    return well;
  }, { signal: interrupt.signal });
  assertEquals(run?.verdict, "inconclusive");
  connected.resolve();
  assertEquals(await closed.promise, "closed");
});

Deno.test("an error that nobody expected is told as a defect, and the run is inconclusive in one line", async () => {
  const defects: [string, unknown][] = [];
  const error = new TypeError("x is not a function\n    somewhere\n    else");
  let closed = false;
  const run = await runOne(({ scope }) => {
    scope.defer(() => void (closed = true));
    return Promise.reject(error);
  }, { observer: { defect: (id, thrown) => void defects.push([id, thrown]) } });
  assertEquals(run?.verdict, "inconclusive");
  assertEquals(run?.reason, "the probe itself failed: x is not a function somewhere else");
  assertEquals(defects, [["made-up/only@127.0.0.1:9#1", error]]);
  assert(closed);
});

Deno.test("a probe that throws before its first await is told the same way", async () => {
  const run = await runOne(() => {
    throw new RangeError("too far");
  });
  assertEquals([run?.verdict, run?.reason], [
    "inconclusive",
    "the probe itself failed: too far",
  ]);
});

Deno.test("a scope that cannot be closed is told as a defect and does not change the verdict", async () => {
  const defects: unknown[] = [];
  const order: string[] = [];
  const run = await runOne(({ scope }) => {
    scope.defer(() => void order.push("the other"));
    scope.defer(() => Promise.reject(new Error("it is stuck")));
    return Promise.resolve(well);
  }, { observer: { defect: (_id, error) => void defects.push(error) } });
  assertEquals(run?.verdict, "pass");
  assertEquals(defects.map(String), ["Error: it is stuck"]);
  assertEquals(order, ["the other"]);
});

Deno.test("what a probe knows to be inconclusive is no defect", async () => {
  const defects: unknown[] = [];
  const observer: RunObserver = { defect: (_id, error) => void defects.push(error) };
  const error = new InconclusiveError("nothing listens there");
  const run = await runOne(() => Promise.reject(error), { observer });
  assertEquals([run?.verdict, run?.reason], ["inconclusive", "nothing listens there"]);
  assertEquals(run !== undefined && "unmet" in run, false);
  assertEquals(defects, []);
});

Deno.test("a judgement that names needs counts as unmet, and keeps what was measured", async () => {
  const metrics = { held: value(0, "count") };
  const run = await runOne(() =>
    Promise.resolve({ ...inconclusive("no sign of a hold", ["figures"]), metrics })
  );
  assertEquals([run?.verdict, run?.reason, run?.unmet, run?.metrics], [
    "inconclusive",
    "no sign of a hold",
    ["figures"],
    metrics,
  ]);
  const told = await runOne(() => Promise.resolve({ ...inconclusive("no queue"), metrics }));
  assertEquals(told !== undefined && "unmet" in told, false);
});

Deno.test("events are told as they happen, and none after the end of the run", async () => {
  const told: string[] = [];
  let late: (() => void) | undefined;
  const run = await runOne(({ timeline }) => {
    timeline.add("writer", "in-time");
    late = () => timeline.add("writer", "too-late");
    return Promise.resolve(well);
  }, {
    observer: {
      runStart: (id) => void told.push(`start ${id}`),
      event: (id, { event }) => void told.push(`${event} ${id}`),
      runEnd: ({ id }) => void told.push(`end ${id}`),
    },
  });
  late?.();
  const id = "made-up/only@127.0.0.1:9#1";
  assertEquals(told, [`start ${id}`, `in-time ${id}`, `end ${id}`]);
  assertEquals(run?.timeline.map(({ event }) => event), ["in-time"]);
});

Deno.test("asked for, the runs that may take longest begin first; the results keep their order", async () => {
  const began: string[] = [];
  const bodies = ["short", "long", "middle"].map((id) =>
    madeCase(id, () => (began.push(id), Promise.resolve(well)))
  );
  const limits: Record<number, number> = { 1_000: 1, 3_000: 3, 2_000: 2 };
  const scenario = madeScenario(bodies, { limitMs: ({ waitMs }) => limits[Number(waitMs)] ?? 0 });
  const waits: Record<string, number> = { short: 1_000, long: 3_000, middle: 2_000 };
  const specs = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1, allCases: true })
    .map((spec) => ({ ...spec, nominal: { ...spec.nominal, waitMs: waits[spec.case.id] ?? 0 } }));
  const { signal } = new AbortController();
  const runs = await runAll(specs, { concurrency: 1, signal, longestFirst: true });
  assertEquals(began, ["long", "middle", "short"]);
  assertEquals(runs.map((run) => run.case), ["short", "long", "middle"]);
});

Deno.test("time that no pace shortens counts among what a run may take", async () => {
  const began: string[] = [];
  const body = (id: string): Body => () => (began.push(id), Promise.resolve(well));
  const scenario = madeScenario([
    madeCase("paced", body("paced")),
    madeCase("unpaced", body("unpaced"), { unpacedMs: 4_000 }),
  ]);
  const specs = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1, allCases: true });
  const { signal } = new AbortController();
  await runAll(specs, { concurrency: 1, signal, longestFirst: true });
  assertEquals(began, ["unpaced", "paced"]);
  const run = await runOne(() => never, {
    case: { unpacedMs: 20 },
    scenario: { limitMs: () => 10 },
  });
  assertEquals(run?.reason, "the run was not over after 30 ms");
});
