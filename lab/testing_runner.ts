// A made-up scenario, and one run of it, for the tests of the runner.

import { pass } from "./verdict.ts";
import { z } from "zod";
import type { Clock } from "./clock.ts";
import { countParam, durationParam, type Params } from "./params.ts";
import type { Run } from "./result.ts";
import { runAll, type RunObserver } from "./runner.ts";
import { nominalParams } from "./run_spec.ts";
import { type TargetSource, urlTarget } from "./target.ts";
import type { Access, Case, Outcome, ProbeContext, Scenario } from "./scenario.ts";

/** The parameters of the made-up scenario. */
export const params = z.object({
  waitMs: durationParam({ flag: "wait", description: "", defaultMs: 60_000, bareUnit: "s" }),
  readers: countParam({ flag: "readers", description: "", default: 3, min: 1, max: 10 }),
  port: countParam({ flag: "port", description: "", default: 80, min: 1, max: 99 }),
});

/** What a made-up case does. */
export type Body = (context: ProbeContext<Params>) => Promise<Outcome>;

/** A healthy outcome. */
export const well: Outcome = { ...pass("it is well"), metrics: {} };
/** What never comes. */
export const never = new Promise<never>(() => {});

/** A case that does what it is told. */
export function madeCase(id: string, run: Body, more: Partial<Case> = {}): Case {
  const texts = { claim: "", provokes: "", rule: "", source: "", figure: "", meaning: "" };
  return { id, control: false, ...texts, needs: [], defaults: {}, ...more, run };
}

/** A scenario of such cases. */
export function madeScenario(cases: Case[], more: Partial<Scenario> = {}): Scenario {
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

/** The way to a target that nobody asks. */
export const access: Access = { url: new URL("http://127.0.0.1:9"), headers: {}, insecure: false };

/** One run of one made-up case, with everything that may differ. */
export async function runOne(body: Body, options: {
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

/** The same scenario with its servers' variants swapped: what a check that can fail must find out. */
export function swapped(scenario: Scenario): Scenario {
  return {
    ...scenario,
    embed: (context) =>
      scenario.embed({ ...context, variant: context.variant === "bug" ? "fix" : "bug" }),
  };
}
