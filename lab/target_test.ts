// Tests of what a run makes of its target: opened, lacking, broken, expected.

import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "./clock.ts";
import { IncompleteError, InconclusiveError, UnmetError } from "./errors.ts";
import { runAll } from "./runner.ts";
import { runSpecs } from "./run_spec.ts";
import { embeddedTarget, type Opened, type TargetSource, urlTarget } from "./target.ts";
import type { EmbedContext } from "./scenario.ts";
import { access, madeCase, madeScenario, never, runOne, well } from "./testing_runner.ts";

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
  assertEquals(run?.reason, "it tells nothing (manual)");
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
