// Runs cases side by side: each with resources of its own, which it gives back however it ends.

import { type Clock, realClock } from "./clock.ts";
import { formatDuration } from "./duration.ts";
import { IncompleteError, InconclusiveError, messageOf, UnmetError } from "./errors.ts";
import { paceParams, type Params } from "./params.ts";
import type { Run } from "./result.ts";
import type { Feature } from "./role.ts";
import type { Access, Case, CaseInfo, Need, Outcome, Scenario } from "./scenario.ts";
import { select } from "./selection.ts";
import { Timeline, type TimelineEvent } from "./timeline.ts";
import { expectedVerdict, type Variant } from "./verdict.ts";

/** What opening a target takes. */
export interface OpenContext {
  /** The scenario it is opened for. */
  scenario: Scenario;
  /** The parameters in force. */
  params: Params;
  /** The case it is opened for. */
  case: CaseInfo;
  /** The run's time. */
  clock: Clock;
  /** Takes what must be given back when the run ends. */
  scope: AsyncDisposableStack;
  /** Aborts when the run is to end. */
  signal: AbortSignal;
}

/** A target that can be reached. */
export interface Opened {
  /** The way to it. */
  access: Access;
  /** Its version; null where it is not known. */
  version: string | null;
  /** What it is known not to have, each with the source of that. */
  lacks?: Readonly<Partial<Record<Need | Feature, string>>>;
  /** Rejects with an `InconclusiveError` when the target itself breaks during the run. */
  broken?: Promise<never>;
}

/** Something a probe can be aimed at. */
export interface TargetSource {
  /** Our own servers, a product that we start, or something that runs already. */
  kind: "embedded" | "engine" | "url";
  /** What it is called in results. */
  name: string;
  /** What an embedded server is started with; null for everything else. */
  variant: Variant | null;
  /** Makes it reachable; what it starts goes into the context's scope. */
  open(context: OpenContext): Promise<Opened>;
}

/** Our own servers for a scenario, in a variant. */
export function embeddedTarget(scenario: Scenario, variant: Variant): TargetSource {
  return {
    kind: "embedded",
    name: "embedded",
    variant,
    async open(context) {
      const { access } = await scenario.embed({ ...context, variant });
      return { access, version: null };
    },
  };
}

/** A target that is already running somewhere. */
export function urlTarget(access: Access): TargetSource {
  return {
    kind: "url",
    name: access.url.host,
    variant: null,
    open: () => Promise.resolve({ access, version: null }),
  };
}

/** One run to make. */
export interface RunSpec {
  /** The scenario. */
  scenario: Scenario;
  /** One of its cases. */
  case: Case;
  /** What it is aimed at. */
  target: TargetSource;
  /** Counts from 1. */
  repeat: number;
  /** The parameters before pacing. */
  nominal: Params;
  /** What divides the paced ones. */
  speed: number;
}

/**
 * The runs that a selector stands for against one target: a scenario's headline case, or the case
 * it names.
 *
 * @param options.params Values that differ from the case's defaults; durations in milliseconds.
 * @throws {UsageError} when the selector names no case of the scenario.
 */
export function runSpecs(
  scenario: Scenario,
  selector: string,
  target: TargetSource,
  options: { speed: number; params?: Params; allCases?: boolean },
): RunSpec[] {
  return select([scenario], [selector], options.allCases ?? false).map(({ case: one }) => ({
    scenario,
    case: one,
    target,
    repeat: 1,
    nominal: nominalParams(scenario, one, options.params ?? {}),
    speed: options.speed,
  }));
}

/**
 * A run's parameters before pacing: the scenario's defaults, then the case's, then what was given.
 * Those that say where a probe goes are left out: the target itself is in the result.
 */
export function nominalParams(scenario: Scenario, info: CaseInfo, given: Params): Params {
  const all = { ...scenario.params.parse({}), ...info.defaults, ...given };
  return Object.fromEntries(
    Object.entries(all).filter(([name]) => !(name in (scenario.ports ?? {}))),
  );
}

/** What wants to know of runs as they happen. */
export interface RunObserver {
  /** A run begins. */
  runStart?(id: string): void;
  /** Something happened in a run. */
  event?(id: string, event: TimelineEvent): void;
  /** A run is over. */
  runEnd?(run: Run): void;
  /** A run was not measured to its end: nothing can be said of its case. */
  incomplete?(id: string): void;
  /** An error that is none of the target's: a defect of ours. */
  defect?(id: string, error: unknown): void;
}

/** How runs are made. */
export interface RunOptions {
  /** At most this many runs at once. */
  concurrency: number;
  /** Ends what is running and starts no more. */
  signal: AbortSignal;
  /** Begins with the runs that may take longest, which then end with the others. */
  longestFirst?: boolean;
  /** Told of runs as they happen. */
  observer?: RunObserver;
  /** The time of the runs; the wall clock when absent. */
  clock?: Clock;
}

/** The id of a run: `cache-lock/disconnect@bug#1`. */
export function runId(spec: RunSpec): string {
  const at = spec.target.variant ?? spec.target.name;
  return `${spec.scenario.id}/${spec.case.id}@${at}#${spec.repeat}`;
}

/**
 * Makes runs side by side, those that must be alone after the others, and gives their results in the
 * order of `specs`. A run that was ended by
 * the signal is `inconclusive`; one that had not begun is left out.
 */
export async function runAll(specs: readonly RunSpec[], options: RunOptions): Promise<Run[]> {
  const runs = new Map<RunSpec, Run>();
  const make = async (some: readonly RunSpec[], concurrency: number) => {
    const queue = (options.longestFirst ? some.toSorted(byLimit) : some).values();
    const worker = async () => {
      for (const spec of queue) {
        if (options.signal.aborted) return;
        const run = await runOne(spec, options);
        runs.set(spec, run);
        options.observer?.runEnd?.(run);
      }
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, some.length) }, worker));
  };
  await make(specs.filter((spec) => !spec.case.alone), options.concurrency);
  await make(specs.filter((spec) => spec.case.alone), 1);
  return specs.flatMap((spec) => runs.get(spec) ?? []);
}

function byLimit(a: RunSpec, b: RunSpec): number {
  const limitOf = ({ scenario, nominal, speed }: RunSpec) =>
    scenario.limitMs(paceParams(scenario.params, nominal, speed));
  return limitOf(b) - limitOf(a);
}

/** What came of one attempt, before it is written down as a run. */
interface Attempt extends Outcome {
  unmet?: string[];
}

async function runOne(spec: RunSpec, options: RunOptions): Promise<Run> {
  const { scenario, target } = spec;
  const { observer, clock = realClock } = options;
  const id = runId(spec);
  observer?.runStart?.(id);
  const params = paceParams(scenario.params, spec.nominal, spec.speed);
  const startMs = clock.now();
  let over = false;
  // What a probe still writes down after its end is not part of the run.
  const timeline = new Timeline(clock, (event) => over || observer?.event?.(id, event));
  const shown = { url: "", version: null as string | null };
  const attempt = await withLimit(
    scenario.limitMs(params),
    options.signal,
    clock,
    async (signal, scope, limit) => {
      const context = { scenario, params, case: spec.case, clock, scope, signal };
      const opened = await target.open(context);
      limit.begin();
      shown.url = withoutCredentials(opened.access.url);
      shown.version = opened.version;
      const { access } = opened;
      const unmet = await unmetNeeds(scenario, spec.case, opened);
      if (unmet) return unmet;
      const nonce = crypto.randomUUID().slice(0, 13);
      const run = spec.case.run({ params, access, clock, timeline, nonce, signal, scope });
      return await (opened.broken ? Promise.race([opened.broken, run]) : run);
    },
    (error) => {
      observer?.incomplete?.(id);
      if (!(error instanceof IncompleteError)) observer?.defect?.(id, error);
    },
  );
  over = true;
  const expected = target.variant && expectedVerdict(spec.case.control, target.variant);
  return {
    id,
    scenario: scenario.id,
    case: spec.case.id,
    control: spec.case.control,
    repeat: spec.repeat,
    variant: target.variant,
    target: { kind: target.kind, name: target.name, version: shown.version, url: shown.url },
    expected,
    verdict: attempt.verdict,
    asExpected: expected && attempt.verdict === expected,
    ...(attempt.unmet && { unmet: attempt.unmet }),
    reason: attempt.reason,
    speed: spec.speed,
    nominal: spec.nominal,
    params,
    metrics: attempt.metrics,
    timeline: timeline.events(),
    durationMs: Math.round((clock.now() - startMs) * 10) / 10,
  };
}

/**
 * Runs `body` with a scope and a signal of its own, and ends it when `outer` aborts, or the limit is
 * over after `body` has begun it, also when it heeds neither. The scope is given back before this
 * returns.
 */
async function withLimit(
  limitMs: number,
  outer: AbortSignal,
  clock: Clock,
  body: (
    signal: AbortSignal,
    scope: AsyncDisposableStack,
    limit: { begin(): void },
  ) => Promise<Attempt>,
  onIncomplete: (error: unknown) => void,
): Promise<Attempt> {
  const ended = new AbortController();
  const endWith = (reason: string) => ended.abort(new IncompleteError(reason));
  const onOuter = () => endWith("interrupted before the run was over");
  let cancelLimit = () => {};
  const limit = {
    begin() {
      cancelLimit = clock.setTimeout(
        () => endWith(`the run was not over after ${formatDuration(limitMs)}`),
        limitMs,
      );
    },
  };
  outer.addEventListener("abort", onOuter, { once: true });
  if (outer.aborted) onOuter();
  const scope = new AsyncDisposableStack();
  const over = Promise.withResolvers<never>();
  ended.signal.addEventListener("abort", () => over.reject(ended.signal.reason), { once: true });
  try {
    const running = body(ended.signal, scope, limit);
    running.catch(() => {}); // After the end nobody waits for it any more.
    return await Promise.race([running, over.promise]);
  } catch (thrown) {
    const error = ended.signal.aborted ? ended.signal.reason : thrown;
    const told = error instanceof InconclusiveError && !(error instanceof IncompleteError);
    if (!told) onIncomplete(error);
    const reason = error instanceof InconclusiveError
      ? error.message
      : `the probe itself failed: ${messageOf(error)}`;
    const unmet = error instanceof UnmetError && { unmet: [...error.needs] };
    return { verdict: "inconclusive", reason, metrics: {}, ...unmet };
  } finally {
    cancelLimit();
    outer.removeEventListener("abort", onOuter);
    over.promise.catch(() => {});
    if (!ended.signal.aborted) ended.abort(new InconclusiveError("the run is over"));
    await scope.disposeAsync().catch(onIncomplete);
  }
}

async function unmetNeeds(
  scenario: Scenario,
  info: CaseInfo,
  { access, lacks = {} }: Opened,
): Promise<Attempt | undefined> {
  const unmet: string[] = [];
  const reasons: string[] = [];
  for (const entry of info.needs) {
    const choices = typeof entry === "string" ? [entry] : entry;
    const missing = await Promise.all(
      choices.map((need) => lacks[need] ?? scenario.missing(need, access)),
    );
    if (missing.some((reason) => reason === undefined)) continue;
    unmet.push(choices.join(" or "));
    reasons.push(`needs ${choices.join(" or ")}: ${missing.join("; ")}`);
  }
  if (unmet.length === 0) return undefined;
  return { verdict: "inconclusive", reason: reasons.join(". "), metrics: {}, unmet };
}

function withoutCredentials(url: URL): string {
  const bare = new URL(url);
  bare.username =
    bare.password =
    bare.search =
    bare.hash =
      "";
  return bare.pathname === "/" ? bare.origin : bare.href;
}
