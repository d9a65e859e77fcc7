// What a probe can be aimed at: our own servers, a product that is started, something that runs.

import type { Clock } from "./clock.ts";
import type { Params } from "./params.ts";
import type { Feature } from "./role.ts";
import type { Access, CaseInfo, Need, Scenario } from "./scenario.ts";
import type { Variant } from "./verdict.ts";

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
  /** Rejects when the target does not run any more: asked at a run's end, which may be its doing. */
  check?(): Promise<void>;
}

/** Something a probe can be aimed at. */
export interface TargetSource {
  /** Our own servers, a product that we start, or something that runs already. */
  kind: "embedded" | "engine" | "url";
  /** What it is called in results. */
  name: string;
  /** What an embedded server is started with; null for everything else. */
  variant: Variant | null;
  /** The flags by which it is reached, as a report may quote them: without secrets. */
  flags?: readonly string[];
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

/**
 * A target that is already running somewhere.
 *
 * @param flags Beside `--target`, how it is reached, without secrets.
 */
export function urlTarget(access: Access, flags: readonly string[] = []): TargetSource {
  return {
    kind: "url",
    name: access.url.host,
    variant: null,
    ...(flags.length > 0 && { flags }),
    open: () => Promise.resolve({ access, version: null }),
  };
}
