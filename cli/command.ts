// What a command is, and what it is given.

import type { Engine } from "../engines/engine.ts";
import type { Scenario } from "../lab/scenario.ts";
import type { ServerDefinition } from "../servers/definition.ts";
import type { Args, Flag } from "./flags.ts";
import type { Interrupt } from "./interrupt.ts";
import type { Io } from "./io.ts";

/** The lists that commands draw from, loaded when they are first asked for. */
export interface Catalog {
  /** All scenarios. */
  scenarios(): Promise<readonly Scenario[]>;
  /** All embedded servers. */
  servers(): Promise<readonly ServerDefinition[]>;
  /** All engines, installed or not. */
  engines(): Promise<readonly Engine[]>;
}

/** What a running command is given beside its arguments. */
export interface CommandContext {
  /** What there is. */
  catalog: Catalog;
  /** Where it reads and writes. */
  io: Io;
  /** Ctrl-C and SIGTERM. */
  interrupt: Interrupt;
}

/** One command: its flags as data, and what it does. */
export interface Command {
  /** The positional arguments, as `--help` shows them and as they are counted. */
  positionals: { name: string; usage: string; min: number; max: number };
  /** Two command lines, without the program's name. */
  examples: readonly [string, string];
  /** What the help text says below the summary, a paragraph each. */
  notes?: readonly string[];
  /** All flags that the command may take, whatever is selected. */
  flags(catalog: Catalog): Promise<readonly Flag[]> | readonly Flag[];
  /**
   * Does the work.
   *
   * @returns The exit code.
   * @throws {UsageError} for what the user can mend.
   */
  run(args: Args, context: CommandContext): Promise<number>;
}

/** A command as the list of commands knows it, before its module is loaded. */
export interface CommandEntry {
  /** What the command line calls it. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** Loads its module. */
  load(): Promise<Command>;
}
