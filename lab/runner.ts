// Runs cases side by side: each with resources of its own, which it gives back however it ends.

import { type Clock, realClock } from "./clock.ts";
import { formatDuration } from "./duration.ts";
import { IncompleteError, InconclusiveError, messageOf, UnmetError } from "./errors.ts";
import { paceParams } from "./params.ts";
import type { Run } from "./result.ts";
import { runId, type RunSpec } from "./run_spec.ts";
import type { CaseInfo, Outcome, Scenario } from "./scenario.ts";
import type { Opened } from "./target.ts";
import { Timeline, type TimelineEvent } from "./timeline.ts";
import { expectedVerdict, INTERRUPTED } from "./verdict.ts";

/** What wants to know of runs as they happen. */
export interface RunObserver {
  /** A run begins. */
  runStart?(id: string): void;
  /** Something happened in a run. */
  event?(id: string, event: TimelineEvent): void;
  /** What the user should know at once, beside the verdict. */
  warning?(id: string, message: string): void;
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

/**
 * Makes runs side by side, those that must be alone before or after the others, and gives their results
 * in the order of `specs`. A run that was ended by the signal is `inconclusive`; one that had not begun is
 * left out.
 */
export async function runAll(specs: readonly RunSpec[], options: RunOptions): Promise<Run[]> {
  const runs = new Map<RunSpec, Run>();
  const make = async (some: readonly RunSpec[], concurrency: number) => {
    const queue = (options.longestFirst ? some.toSorted((a, b) => limitOf(b) - limitOf(a)) : some)
      .values();
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
  await make(specs.filter((spec) => spec.case.alone === "first"), 1);
  await make(specs.filter((spec) => spec.case.alone === undefined), options.concurrency);
  await make(specs.filter((spec) => spec.case.alone === "last"), 1);
  return specs.flatMap((spec) => runs.get(spec) ?? []);
}

/** How long a target may take to open: engines wait for each other, and some start slowly. */
const OPEN_LIMIT_MS = 600_000;

/** How long a run may take, in milliseconds. */
function limitOf({ scenario, case: one, nominal, speed }: RunSpec): number {
  return scenario.limitMs(paceParams(scenario.params, nominal, speed)) + (one.unpacedMs ?? 0);
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
    limitOf(spec),
    options.signal,
    clock,
    async (signal, scope, limit) => {
      const context = { scenario, params, case: spec.case, clock, scope, signal };
      const opened = await target.open(context);
      signal.throwIfAborted();
      limit.begin();
      shown.url = withoutCredentials(opened.access.url);
      shown.version = opened.version;
      const { access } = opened;
      const unmet = await unmetNeeds(scenario, spec.case, opened);
      if (unmet) return unmet;
      const nonce = crypto.randomUUID().slice(0, 13);
      const warn = (message: string) => observer?.warning?.(id, message);
      const run = spec.case.run({ params, access, clock, timeline, nonce, signal, scope, warn });
      const outcome = opened.broken ? Promise.race([opened.broken, run]) : run;
      // A target that has died lets go of everyone, which must not look like health.
      await Promise.allSettled([outcome]);
      await opened.check?.();
      return await outcome;
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
    target: {
      ...{ kind: target.kind, name: target.name, version: shown.version, url: shown.url },
      ...(target.flags && { flags: [...target.flags] }),
    },
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
 * over after `body` has begun it, also when it heeds neither. Until it begins the limit, another one
 * holds, for opening a target. The scope is given back before this returns.
 *
 * @param limitMs In milliseconds, from the moment when the body begins it.
 */
async function withLimit(
  limitMs: number,
  outer: AbortSignal,
  clock: Clock,
  body: (
    signal: AbortSignal,
    scope: AsyncDisposableStack,
    limit: { begin(): void },
  ) => Promise<Outcome>,
  onIncomplete: (error: unknown) => void,
): Promise<Outcome> {
  const ended = new AbortController();
  const endWith = (reason: string) => ended.abort(new IncompleteError(reason));
  const onOuter = () => endWith(INTERRUPTED);
  let cancelLimit = clock.setTimeout(
    () => endWith(`the target could not be reached for ${formatDuration(OPEN_LIMIT_MS)}`),
    OPEN_LIMIT_MS,
  );
  const limit = {
    begin() {
      cancelLimit();
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
): Promise<Outcome | undefined> {
  const unmet: string[] = [];
  const whys: string[] = [];
  for (const entry of info.needs) {
    const choices = typeof entry === "string" ? [entry] : entry;
    const missing = await Promise.all(
      choices.map((need) => lacks[need] ?? scenario.missing(need, access)),
    );
    if (missing.some((reason) => reason === undefined)) continue;
    unmet.push(choices.join(" or "));
    whys.push(missing.join("; "));
  }
  if (unmet.length === 0) return undefined;
  // The one need is named beside the reason wherever it is shown.
  const reason = whys.length === 1
    ? whys.join()
    : whys.map((why, at) => `needs ${unmet[at]}: ${why}`).join(". ");
  return { verdict: "inconclusive", reason, metrics: {}, unmet };
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
