// What a scenario and a case are: data, a probe, a judge, and how to start our own servers for it.

import type { Clock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";
import type { Params, ParamsSchema } from "./params.ts";
import type { Feature, Role, RoleSettings } from "./role.ts";
import type { Timeline } from "./timeline.ts";
import type { Judgement, Variant, Verdict } from "./verdict.ts";

/**
 * What a case must have to be observable at all:
 * - `figures`: a stats URL of the target (`edge-repro/stats@1`);
 * - `local`: the target's sockets in the kernel's table of this machine;
 * - `descriptors`: the open files of the target's process;
 * - `origin`: an origin whose log can be read;
 * - `waiting-limit`: a target that limits how many requests may wait;
 * - `browser`: a browser of this machine that may be run;
 * - `other-region`: the same object store as it answers in another region;
 * - `echo-features`: an echo object that understands more than heartbeats, pings and messages;
 * - `backend-log`: what a tap in front of a gateway's backend saw of its requests;
 * - `backend-faults`: the same tap, where it can have the backend stop for a while;
 * - `sts`: our token service behind the target, which can be told to fail;
 * - `sdk`: the permissions that the AWS SDK takes;
 * - `lock-wait-timeout`, `lock-age-timeout`: the target's own timeouts, which nothing shows from outside.
 */
export type Need =
  | "figures"
  | "local"
  | "descriptors"
  | "origin"
  | "waiting-limit"
  | "browser"
  | "other-region"
  | "echo-features"
  | "backend-log"
  | "backend-faults"
  | "sts"
  | "sdk"
  | "lock-wait-timeout"
  | "lock-age-timeout";

/** A key to an object store. */
export interface StoreCredentials {
  /** Names the key; no secret. */
  accessKeyId: string;
  /** Signs requests; a secret. */
  secretAccessKey: string;
  /** Goes with temporary keys; a secret. */
  sessionToken?: string;
}

/** What a probe knows of an object store beside its endpoint. */
export interface StoreAccess {
  /** What requests are signed for, such as `auto` or `us-east-1`. */
  region: string;
  /** Signs requests; without it they are anonymous. */
  credentials?: StoreCredentials;
  /** A bucket that is there already. Left out: the run makes one of its own, and removes it. */
  bucket?: string;
  /** Below which the bucket's objects can be read without a signature, as on R2's custom domain. */
  publicUrl?: URL;
  /** The same store as it answers in another region: an endpoint like the target's. */
  otherRegion?: URL;
}

/** How a probe reaches a target. It holds nothing that tells what kind of target it is. */
export interface Access {
  /** Scheme, host and port; a path is a prefix of every request's path. */
  url: URL;
  /** Sent with every request, names in lower case. May hold secrets: never logged. */
  headers: Readonly<Record<string, string>>;
  /** The Host header, when it is not the URL's. */
  host?: string;
  /** Accept any certificate. */
  insecure: boolean;
  /** Where the target's figures are. */
  statsUrl?: URL;
  /** Our slow origin behind the target. */
  originUrl?: URL;
  /** What is known of it as an object store. */
  store?: StoreAccess;
  /** Where the requests are told that a tap saw in front of a gateway's backend. */
  backendLogUrl?: URL;
  /** Our token service behind a gateway, whose faults can be set. */
  stsUrl?: URL;
  /** How many requests the target lets wait at once, where that is known. */
  waitingLimit?: number;
  /** Names of the parameters that are known to be the target's own, rather than what is usual. */
  told?: readonly string[];
}

/** What a probe is given. */
export interface ProbeContext<P> {
  /** The parameters in force: what the wall clock sees. */
  params: P;
  /** The way to the target. */
  access: Access;
  /** The run's time. */
  clock: Clock;
  /** Where what happens is written down. */
  timeline: Timeline;
  /** A name no other run has: letters, digits and dashes, for use in paths. */
  nonce: string;
  /** Aborts when the run is to end: interrupted, or over its time. */
  signal: AbortSignal;
  /** Takes what must be given back when the run ends, however it ends. */
  scope: AsyncDisposableStack;
  /** Tells the user at once what the verdict does not: something was left behind, say. One line. */
  warn(message: string): void;
}

/** What came of a probe: the judgement and what was measured. */
export interface Outcome extends Judgement {
  /** The numbers of the run, by name. */
  metrics: Metrics;
}

/** What a case is, as data. */
export interface CaseInfo {
  /** In kebab-case, unique in its scenario. */
  id: string;
  /** True where both variants must pass. */
  control: boolean;
  /** What must be true of a healthy target, in a sentence. */
  claim: string;
  /** What the probe does. */
  provokes: string;
  /** When the verdict is `pass`, when `fail`, when `inconclusive`. */
  rule: string;
  /** Where the case comes from: a seed, an RFC section, a manual. */
  source: string;
  /** Each entry is a need, or several of which one is enough. */
  needs: readonly (Need | readonly Need[])[];
  /** Nominal values that differ from the scenario's defaults. */
  defaults: Params;
  /** What of a target the case relies on, where some have it and others do not. */
  uses?: readonly Feature[];
  /** The metric that explains the verdict best, by its name. */
  figure: string;
  /** What a `fail` means for whoever runs the target, in a sentence. */
  meaning: string;
  /** What a run takes in time that no pace shortens, in milliseconds; 0 when left out. */
  unpacedMs?: number;
  /**
   * Made with no run beside it. `last`: it keeps this process so busy that others would be measured
   * wrongly. `first`: it also needs a target as it is before anybody has asked it for anything.
   */
  alone?: "first" | "last";
}

/** A case as the runner sees it. */
export interface Case extends CaseInfo {
  /** Provokes, observes and judges. Rejects with `InconclusiveError` when it cannot tell. */
  run(context: ProbeContext<Params>): Promise<Outcome>;
}

/** Our own servers, started for one run. */
export interface Embedded {
  /** The way to them. */
  access: Access;
}

/** What starting our own servers takes. */
export interface EmbedContext {
  /** Which of their two behaviours they are to have. */
  variant: Variant;
  /** The parameters in force. */
  params: Params;
  /** The case they are started for. */
  case: CaseInfo;
  /** Their time. */
  clock: Clock;
  /** Takes what must be given back when the run ends. */
  scope: AsyncDisposableStack;
}

/** What stands behind a target that is started for a run, and what that target is told. */
export type Backing<Roles extends keyof RoleSettings = keyof RoleSettings> = {
  [R in Roles]: {
    /** What the target is to be. */
    role: R;
    /** What it is to be configured with. */
    settings: RoleSettings[R];
    /** What the probe may know of what is behind it. */
    access: Partial<Access>;
  };
}[Roles];

/** What of a finished run a scenario's own lines are made of. */
export interface FinishedRun {
  /** The parameters in force; durations in milliseconds. */
  params: Params;
  /** What was measured. */
  metrics: Metrics;
  /** How it was judged. */
  verdict: Verdict;
  /** How long it took, in milliseconds. */
  durationMs: number;
}

/** One family of stuck-I/O bugs. */
export interface Scenario {
  /** In kebab-case, unique. */
  id: string;
  /** What the bug is, in a line. */
  title: string;
  /** What gets stuck, in a sentence or two. */
  summary: string;
  /** What a target must be. */
  role: Role;
  /** The published report. */
  source: string;
  /** Its parameters, declared once. */
  params: ParamsSchema;
  /** The id of the case that is run when none is named. */
  headline: string;
  /** Its cases, in the order in which they are run and shown. */
  cases: readonly Case[];
  /** Starts our own servers in a variant; what it starts goes into the scope. */
  embed(context: EmbedContext): Promise<Embedded>;
  /**
   * Starts what stands behind a target that is no server of ours but is started for the run; what it
   * starts goes into the scope. Left out where no such target can be used.
   */
  behind?(context: Omit<EmbedContext, "variant">): Promise<Backing>;
  /** Why a need is not there for this target, or undefined when it is. */
  missing(need: Need, access: Access): Promise<string | undefined>;
  /** How long a run may take, in milliseconds, before it is ended as `inconclusive`. */
  limitMs(params: Params): number;
  /**
   * Parameters in the seed's spelling that stand for a port of this machine, 0 where not given: the
   * target's is short for `--target http://127.0.0.1:PORT`, the origin's for `--origin` likewise.
   * They say where a probe goes, so commands that start the target themselves do not take them.
   */
  ports?: Readonly<Record<string, "target" | "origin">>;
  /**
   * How many connections to the target a run of this case holds open at once, at most. A target that
   * is not on this machine is spared more than the user agreed to. Left out: not known.
   */
  connections?(params: Params, info: CaseInfo): number;
  /** Where the seed prints a block of results, the same block for a finished run. */
  block?(run: FinishedRun): string[];
  /** The same with curl, one command or comment a line, for cases that curl can do. */
  curl?(run: FinishedRun & { case: string; url: string }): string[] | undefined;
}

/** A scenario's parameters with their types, as its own code sees them. */
export type ParamsOf<S extends ParamsSchema> = ReturnType<S["parse"]>;

/** What a case's author writes: the data, a provoke function and a judge. */
export interface CaseDefinition<P, O> extends Omit<CaseInfo, "defaults"> {
  /** Nominal values that differ from the scenario's defaults. */
  defaults?: Partial<P>;
  /** Drives the target and measures. Rejects with `InconclusiveError` when nothing can be told. */
  provoke(context: ProbeContext<P>): Promise<O>;
  /** Pure: the same observation and parameters always give the same verdict. */
  judge(observation: O, params: P): Judgement;
  /** What of the observation goes into the result as numbers. */
  metrics(observation: O, params: P): Metrics;
}

/** Binds a case's definition to its scenario's parameters. */
export function defineCase<S extends ParamsSchema, O>(
  _schema: S,
  definition: CaseDefinition<ParamsOf<S>, O>,
): Case {
  const { provoke, judge, metrics, defaults, ...info } = definition;
  return {
    ...info,
    defaults: (defaults ?? {}) as Params,
    async run(context) {
      const params = context.params as ParamsOf<S>;
      const observation = await provoke({ ...context, params });
      return { ...judge(observation, params), metrics: metrics(observation, params) };
    },
  };
}
