// What an engine is: a real product, how it is found, and what it is started with for each role.

import type { Constant } from "../lab/pace.ts";
import type { Feature, Role, RoleSettings } from "../lab/role.ts";
import type { Need } from "../lab/scenario.ts";

/** Where and as whom an engine is started. */
export interface Place {
  /** The program, as it was found. */
  program: string;
  /** A folder of the run's own, absolute, empty, removed afterwards. It is the working folder. */
  folder: string;
  /** The port of 127.0.0.1 to listen on. */
  port: number;
  /** Whether the engine is started by root: some then change to a user who must reach the folder. */
  asRoot: boolean;
}

/** What starting an engine takes: data, so that a configuration can be shown and tested. */
export interface Launch {
  /** The program's arguments. It must stay in the foreground. */
  args: readonly string[];
  /** Why arguments are there, for whoever reads the configuration. */
  reasons?: readonly (readonly [argument: string, why: string])[];
  /** Files to write before, by their path below the folder. */
  files?: Readonly<Record<string, string>>;
  /** Folders to make before, by their path below the folder. */
  folders?: readonly string[];
  /** Files elsewhere that it makes and no setting moves, absolute: removed when it has ended. */
  outside?: readonly string[];
  /** Environment variables to set. */
  env?: Readonly<Record<string, string>>;
  /** A pathname that it answers with 200 once it is ready; left out: when it accepts connections. */
  ready?: string;
  /** The account, by its number, that it changes to when root starts it: the folder becomes its. */
  owner?: number;
}

/** A setting by which a product's manual lets one configure around what cases find. */
export interface Remedy {
  /** In kebab-case: `engine:NAME+THIS` starts the engine with it. */
  name: string;
  /** What is set and what that does, with where the manual says so. */
  what: string;
  /** What it is for: the selectors of cases. Whether it helps is measured, not promised. */
  cases: readonly string[];
  /** The configuration with it. */
  apply(launch: Launch): Launch;
}

/** How an engine plays a role. */
export interface RolePlay<Settings> {
  /**
   * Durations built into the engine that no setting changes, in milliseconds, with what they are:
   * thresholds and delays are paced to at least twice the longest of them. One of a kind bounds only
   * what must outlast that.
   */
  constants: readonly Constant[];
  /** Which of the role's settings the engine really takes over, by their names. */
  applies: readonly (keyof Settings & string)[];
  /** What the engine does not have, each with where its manual says so. */
  lacks: Readonly<Partial<Record<Need | Feature, string>>>;
  /** Ways around what cases find, where the manual has some. */
  remedies?: readonly Remedy[];
  /** The pathname of its figures (`edge-repro/stats@1`), where it has them. */
  statsPath?: string;
  /** Lines of its log that tell of a request that failed in it: whoever serves it sees them. */
  tells?: RegExp;
  /** Its configuration for these settings. */
  launch(settings: Settings, place: Place): Launch;
}

/** The roles with how each is played. */
export type RolePlays = { [R in keyof RoleSettings]?: RolePlay<RoleSettings[R]> };

/** How an engine is built that no package offers. */
export interface Build {
  /** The program that builds it. */
  tool: string;
  /** Where to get that. */
  toolFrom: string;
  /** Its arguments, run in the folder of the sources. */
  args: readonly string[];
  /** The sources, by their path below that folder. */
  files: Readonly<Record<string, string>>;
  /** What is built, by its path below that folder: the program, or a folder that has it. */
  output: string;
  /** The program, by its path below the output, where that is a folder which it needs around it. */
  start?: string;
}

/** A real product that can be started here. */
export interface Engine {
  /** What the command line calls it. */
  name: string;
  /** What people call it. */
  title: string;
  /** The program, looked for on the path. */
  program: string;
  /** The environment variable that names the program elsewhere. */
  variable: string;
  /** Arguments that make it print its version. */
  versionArgs: readonly string[];
  /** Finds the version in what it prints: the first group. */
  version: RegExp;
  /** How to install it, as a command where there is one. */
  install: string;
  /** How it is built, for one that is. */
  build?: Build;
  /** Lines of its log that say that it is broken, rather than that a client or an origin was. */
  broken: RegExp;
  /** What it can be, and how. */
  plays: RolePlays;
}

/** The roles that an engine plays. */
export function rolesOf({ plays }: Engine): Role[] {
  return Object.keys(plays) as Role[];
}
