// Runs of `stale-read` for its tests, and the stores that they are aimed at.

import { assert } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import type { Params } from "../lab/params.ts";
import type { Run } from "../lab/result.ts";
import { nominalParams } from "../lab/run_spec.ts";
import { runAll, type RunObserver } from "../lab/runner.ts";
import type { Access, Case, Scenario, StoreAccess } from "../lab/scenario.ts";
import { embeddedTarget, type TargetSource, urlTarget } from "../lab/target.ts";
import { type Variant, VARIANTS } from "../lab/verdict.ts";
import { staleRead } from "../scenarios/stale_read/scenario.ts";
import { listen, type Listening } from "../servers/listen.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../servers/object_store/object_store.ts";
import { type Faults, startFakeStore } from "./fake_store.ts";

/** As behind a network: neither figures nor the kernel's table. */
export const REMOTE = { run: false, net: true, read: true, env: true, sys: true } as const;

/** A key of the stores that are started here. */
export const CREDENTIALS = { accessKeyId: "some-key", secretAccessKey: "some-secret-of-a-test" };

/** How runs are made. */
export interface Options {
  scenario?: Scenario;
  params?: Params;
  signal?: AbortSignal;
  observer?: RunObserver;
}

/** Makes runs of cases, each on each target. */
function run(
  cases: readonly Case[],
  targets: (scenario: Scenario) => readonly TargetSource[],
  options: Options = {},
): Promise<Run[]> {
  const { scenario = staleRead, params = {}, observer } = options;
  const specs = cases.flatMap((one) =>
    targets(scenario).map((target) => ({
      scenario,
      case: one,
      target,
      repeat: 1,
      nominal: nominalParams(scenario, one, params),
      speed: 20,
    }))
  );
  const signal = options.signal ?? new AbortController().signal;
  return runAll(specs, { concurrency: 8, signal, ...(observer && { observer }) });
}

/** Runs cases on our own store, in both variants. */
export const repro = (cases: readonly Case[], options?: Options) =>
  run(cases, (scenario) => VARIANTS.map((variant) => embeddedTarget(scenario, variant)), options);

/** Runs cases, by id, on a target. */
export const probe = (ids: readonly string[], access: Access, options?: Options) =>
  run(staleRead.cases.filter(({ id }) => ids.includes(id)), () => [urlTarget(access)], options);

/** The way to a store. */
export const accessTo = (url: string, store: Partial<StoreAccess> = {}): Access => ({
  url: new URL(url),
  headers: {},
  insecure: false,
  store: { region: "us-east-1", credentials: CREDENTIALS, ...store },
});

/** What the runs came to, a line each. */
export const said = (runs: readonly Run[]) =>
  runs.map(({ id, verdict, reason }) => `${id} ${verdict}: ${reason}`);

/** The one run. */
export const only = ([run]: readonly Run[]): Run => {
  assert(run);
  return run;
};

/** A store of ours, and what it holds. */
export interface StartedStore extends Listening {
  /** How many objects. */
  objects: () => unknown;
  /** The names of its buckets. */
  buckets: () => string[];
  /** The uploads in parts that are neither completed nor aborted. */
  uploads: () => unknown[];
  /** Makes a bucket. */
  createBucket: (name: string) => Promise<void>;
}

/** Our own store on a port of its own; what it holds is told by `figures`. */
export async function startStore(
  variant: Variant,
): Promise<StartedStore> {
  const storage = createMemoryStorage();
  const store = createObjectStore({
    storage,
    credentials: [CREDENTIALS],
    variant,
    clock: realClock,
    lockTimeoutMs: 3_000,
  });
  const listening = await listen(store);
  const close = async () => {
    await listening.close();
    await store.close();
  };
  return {
    ...listening,
    close,
    objects: () => store.stats().objects,
    buckets: () => storage.buckets().map(({ name }) => name),
    uploads: () => storage.buckets().flatMap(({ name }) => storage.uploads(name)),
    createBucket: (name) => storage.createBucket({ name, createdMs: 0 }),
    [Symbol.asyncDispose]: close,
  };
}

/** Runs one case against a store that is wrong. */
export async function against(
  faults: Faults,
  id: string,
  store: Partial<StoreAccess> = {},
  params: Params = {},
): Promise<{ run: Run; warnings: string[]; keys: string[] }> {
  await using fake = await startFakeStore(faults);
  const warnings: string[] = [];
  const observer = { warning: (_id: string, message: string) => void warnings.push(message) };
  const runs = await probe([id], accessTo(fake.url, store), { observer, params });
  return { run: only(runs), warnings, keys: fake.keys() };
}
