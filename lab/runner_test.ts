// Tests of the runner: order, pacing, needs, and that every run gives back what it took.

import { assert, assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { type Clock, ManualClock } from "./clock.ts";
import { IncompleteError, InconclusiveError, UnmetError, UsageError } from "./errors.ts";
import { value } from "./metrics.ts";
import { countParam, durationParam, type Params } from "./params.ts";
import type { Run } from "./result.ts";
import { runAll, type RunObserver } from "./runner.ts";
import { nominalParams, runId, type RunSpec, runSpecs } from "./run_spec.ts";
import { embeddedTarget, type Opened, type TargetSource, urlTarget } from "./target.ts";
import type { Access, Case, EmbedContext, Outcome, ProbeContext, Scenario } from "./scenario.ts";
import { own } from "./scope.ts";
import { inconclusive, pass } from "./verdict.ts";

const params = z.object({
  waitMs: durationParam({ flag: "wait", description: "", defaultMs: 60_000, bareUnit: "s" }),
  readers: countParam({ flag: "readers", description: "", default: 3, min: 1, max: 10 }),
  port: countParam({ flag: "port", description: "", default: 80, min: 1, max: 99 }),
});

type Body = (context: ProbeContext<Params>) => Promise<Outcome>;

const well: Outcome = { ...pass("it is well"), metrics: {} };
const never = new Promise<never>(() => {});

function madeCase(id: string, run: Body, more: Partial<Case> = {}): Case {
  const texts = { claim: "", provokes: "", rule: "", source: "", figure: "", meaning: "" };
  return { id, control: false, ...texts, needs: [], defaults: {}, ...more, run };
}

function madeScenario(cases: Case[], more: Partial<Scenario> = {}): Scenario {
  return {
    id: "made-up",
    title: "",
    summary: "",
    role: "caching-proxy",
    source: "",
    params,
    headline: cases[0]?.id ?? "",
    cases,
    embed: () => Promise.resolve({ access }),
    missing: () => Promise.resolve(undefined),
    limitMs: () => 10_000,
    ports: { port: "target" },
    ...more,
  };
}

const access: Access = { url: new URL("http://127.0.0.1:9"), headers: {}, insecure: false };

/** One run of one made-up case, with everything that may differ. */
async function runOne(body: Body, options: {
  case?: Partial<Case>;
  scenario?: Partial<Scenario>;
  target?: TargetSource;
  speed?: number;
  signal?: AbortSignal;
  observer?: RunObserver;
  clock?: Clock;
} = {}): Promise<Run | undefined> {
  const { target = urlTarget(access), signal = new AbortController().signal } = options;
  const one = madeCase("only", body, options.case);
  const scenario = madeScenario([one], options.scenario);
  const nominal = nominalParams(scenario, one, {});
  const spec = { scenario, case: one, target, repeat: 1, nominal, speed: options.speed ?? 1 };
  const { observer, clock } = options;
  const [run] = await runAll([spec], {
    concurrency: 1,
    signal,
    ...(observer && { observer }),
    ...(clock && { clock }),
  });
  return run;
}

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

Deno.test("a run that must be alone is made after the others, with none beside it", async () => {
  const order: string[] = [];
  const body = (id: string): Body => async () => {
    order.push(`${id} begins`);
    await new Promise((resolve) => setTimeout(resolve, 1));
    order.push(`${id} ends`);
    return well;
  };
  const scenario = madeScenario([
    madeCase("x", body("x"), { alone: true }),
    madeCase("y", body("y"), { alone: true }),
    madeCase("a", body("a")),
    madeCase("b", body("b")),
  ]);
  const specs = runSpecs(scenario, "made-up", urlTarget(access), { speed: 1, allCases: true });
  const runs = await runAll(specs, { concurrency: 9, signal: new AbortController().signal });
  assertEquals(runs.map((run) => run.case), ["x", "y", "a", "b"]);
  assertEquals(order, [
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

Deno.test("a discriminating case is expected to fail on bug and pass on fix, a control to pass on both", async () => {
  const started: EmbedContext[] = [];
  const embed = (context: EmbedContext) => {
    started.push(context);
    return Promise.resolve({ access });
  };
  const cases = [
    madeCase("telling", () => Promise.resolve(well)),
    madeCase("control", () => Promise.resolve(well), { control: true }),
  ];
  const scenario = madeScenario(cases, { embed });
  const specs = (["bug", "fix"] as const).flatMap((variant) =>
    runSpecs(scenario, "made-up", embeddedTarget(scenario, variant), { speed: 1, allCases: true })
  );
  const runs = await runAll(specs, { concurrency: 1, signal: new AbortController().signal });
  assertEquals(runs.map(({ id, expected, asExpected }) => [id, expected, asExpected]), [
    ["made-up/telling@bug#1", "fail", false],
    ["made-up/control@bug#1", "pass", true],
    ["made-up/telling@fix#1", "pass", true],
    ["made-up/control@fix#1", "pass", true],
  ]);
  assertEquals(started.map(({ variant, case: one }) => [variant, one.id]), [
    ["bug", "telling"],
    ["bug", "control"],
    ["fix", "telling"],
    ["fix", "control"],
  ]);
});

Deno.test("a probe of a URL has no expectation, and its credentials and query are not shown", async () => {
  const url = new URL("http://me:secret@127.0.0.1:9/prefix?token=secret#x");
  const run = await runOne(() => Promise.resolve(well), { target: urlTarget({ ...access, url }) });
  assertEquals([run?.variant, run?.expected, run?.asExpected], [null, null, null]);
  assertEquals(run?.target, {
    kind: "url",
    name: "127.0.0.1:9",
    version: null,
    url: "http://127.0.0.1:9/prefix",
  });
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

Deno.test("a target that cannot be opened makes an inconclusive run, and what it had opened is closed", async () => {
  let closed = false;
  const target: TargetSource = {
    kind: "engine",
    name: "made-up-proxy",
    variant: null,
    open({ scope }) {
      scope.defer(() => void (closed = true));
      return Promise.reject(new InconclusiveError("made-up-proxy is not installed"));
    },
  };
  const run = await runOne(() => Promise.resolve(well), { target });
  assertEquals([run?.verdict, run?.reason], ["inconclusive", "made-up-proxy is not installed"]);
  assert(closed);
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

Deno.test("a case whose needs are not there is not run, and names each with the reason", async () => {
  let ran = false;
  const run = await runOne(() => {
    ran = true;
    return Promise.resolve(well);
  }, {
    case: { needs: ["origin", ["figures", "local"]] },
    scenario: { missing: (need) => Promise.resolve(`no ${need} here`) },
  });
  assertEquals(ran, false);
  assertEquals(run?.verdict, "inconclusive");
  assertEquals(run?.unmet, ["origin", "figures or local"]);
  assertEquals(
    run?.reason,
    "needs origin: no origin here. needs figures or local: no figures here; no local here",
  );
});

Deno.test("of several needs that will do, one is enough", async () => {
  const run = await runOne(() => Promise.resolve(well), {
    case: { needs: [["figures", "local"]] },
    scenario: {
      missing: (need) => Promise.resolve(need === "figures" ? "no figures here" : undefined),
    },
  });
  assertEquals([run?.verdict, run?.unmet], ["pass", undefined]);
});

Deno.test("a need that shows to be missing only while the case runs counts as unmet", async () => {
  const run = await runOne(() => Promise.reject(new UnmetError(["half-close"], "it cannot be")));
  assertEquals([run?.verdict, run?.reason, run?.unmet], [
    "inconclusive",
    "it cannot be",
    ["half-close"],
  ]);
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

/** A target that is opened with more than the way to it. */
function targetWith(opened: Partial<Opened>): TargetSource {
  return {
    ...urlTarget(access),
    kind: "engine",
    open: () => Promise.resolve({ access, version: "1.2.3", ...opened }),
  };
}

Deno.test("what a target is known to lack makes a case unmet, with the target's own reason", async () => {
  const target = targetWith({ lacks: { figures: "it tells nothing (manual)" } });
  const run = await runOne(() => never, { target, case: { needs: ["figures"] } });
  assertEquals(run?.unmet, ["figures"]);
  assertEquals(run?.reason, "needs figures: it tells nothing (manual)");
  const either = await runOne(() => Promise.resolve(well), {
    target,
    case: { needs: [["figures", "local"]] },
  });
  assertEquals(either?.verdict, "pass");
});

Deno.test("a target that breaks ends its run as incomplete, which is no defect of ours", async () => {
  const told: string[] = [];
  const broken = Promise.withResolvers<never>();
  const running = runOne(() => (broken.reject(new IncompleteError("it fell over")), never), {
    target: targetWith({ broken: broken.promise }),
    observer: {
      incomplete: (id) => told.push(`incomplete ${id}`),
      defect: (id) => told.push(`defect ${id}`),
    },
  });
  const run = await running;
  assertEquals([run?.verdict, run?.reason], ["inconclusive", "it fell over"]);
  assertEquals(told, ["incomplete made-up/only@127.0.0.1:9#1"]);
});

Deno.test("a run that a judge or a probe cannot tell is complete", async () => {
  let incomplete = 0;
  const observer = { incomplete: () => incomplete++ };
  await runOne(() => Promise.reject(new InconclusiveError("it does not queue")), { observer });
  assertEquals(incomplete, 0);
  await runOne(() => Promise.reject(new TypeError("a nut came loose")), { observer });
  assertEquals(incomplete, 1);
});

Deno.test("the time that a target takes to open is not part of its run's limit", async () => {
  const clock = new ManualClock();
  const target: TargetSource = {
    ...urlTarget(access),
    async open() {
      await clock.advance(60_000);
      return { access, version: null };
    },
  };
  const run = await runOne(() => Promise.resolve(well), { target, clock });
  assertEquals(run?.verdict, "pass");
  assertEquals(clock.pending, 0);
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
