// Flags as data, and the reading of a command's arguments by that data.

import { parseArgs } from "node:util";
import { UsageError } from "../lab/errors.ts";
import { didYouMean } from "../lab/nearest.ts";

/** One flag of a command. */
export interface Flag {
  /** Without dashes, in kebab-case. */
  name: string;
  /** `boolean` takes no value, `string` one, `list` one each time it is given. */
  kind: "boolean" | "string" | "list";
  /** What its value looks like in a help text: `URL`, `N`. */
  placeholder?: string;
  /** What it does, without a full stop at the end. */
  description: string;
  /** What holds when it is not given, for the help text. */
  default?: string;
  /** Left out of the help text: another spelling of a flag that is in it. */
  hidden?: boolean;
  /** How a value is written where others may read it; left out where it holds no secret. */
  shown?(value: string): string;
}

/** A command's arguments, read but not yet understood. */
export class Args {
  /**
   * Keeps what was read.
   *
   * @param positionals What is no flag.
   * @param given The values of each flag that was given, in the order of giving.
   */
  constructor(
    /** What is no flag, in the order of giving. */
    readonly positionals: readonly string[],
    private readonly given: ReadonlyMap<string, readonly string[]>,
  ) {}

  /** Whether a flag was given. */
  has(name: string): boolean {
    return this.given.has(name);
  }

  /** The value of a `string` flag, or undefined when it was not given. */
  value(name: string): string | undefined {
    return this.given.get(name)?.[0];
  }

  /** The values of a `list` flag. */
  list(name: string): readonly string[] {
    return this.given.get(name) ?? [];
  }

  /** The names of the flags that were given. */
  names(): string[] {
    return [...this.given.keys()];
  }
}

/** What reading arguments takes. */
export interface ReadOptions {
  /** The command's name, for messages. */
  command: string;
  /** The flags that are known. */
  flags: readonly Flag[];
  /** How many positional arguments there must be. */
  positionals: { name: string; min: number; max: number };
  /** More about a flag that is unknown here: whose it is. */
  explain?: (name: string) => Promise<string | undefined>;
}

/**
 * Reads a command's arguments: `--flag value`, `--flag=value`, and after `--` positionals only.
 *
 * @throws {UsageError} for an unknown flag, a flag without its value or given twice, and for too few
 * or too many positionals.
 */
export async function readArgs(args: readonly string[], options: ReadOptions): Promise<Args> {
  const flags = new Map(options.flags.map((flag) => [flag.name, flag]));
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      options.flags.map(({ name, kind }) => [name, { type: kind === "boolean" ? kind : "string" }]),
    ),
    // Strict reading would reject `--num-readers -5` as ambiguous; here it is a value out of range.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals: string[] = [];
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const flag = flags.get(token.name);
    if (flag === undefined || !token.rawName.startsWith("--")) {
      throw await unknownFlag(token.rawName, options);
    }
    const values = given.get(flag.name);
    if (values === undefined) given.set(flag.name, [valueOf(flag, token)]);
    else if (flag.kind === "list") values.push(valueOf(flag, token));
    else if (flag.kind === "string") {
      throw new UsageError(`--${flag.name} was given twice: expected it once`);
    }
  }
  checkCount(positionals, options);
  return new Args(positionals, given);
}

function valueOf(
  flag: Flag,
  token: { value?: string | undefined; inlineValue?: boolean | undefined },
): string {
  if (flag.kind === "boolean") {
    if (token.value === undefined) return "";
    throw new UsageError(`--${flag.name} takes no value: received '${token.value}'`);
  }
  const { value } = token;
  if (value === undefined || value === "" || (!token.inlineValue && value.startsWith("--"))) {
    throw new UsageError(`--${flag.name} needs a value: expected --${flag.name} ${shapeOf(flag)}`);
  }
  return value;
}

/** What a flag's value looks like. */
export function shapeOf(flag: Flag): string {
  return flag.kind === "boolean" ? "" : flag.placeholder ?? "VALUE";
}

async function unknownFlag(rawName: string, options: ReadOptions): Promise<UsageError> {
  const name = rawName.replace(/^--?/, "");
  const whose = await options.explain?.(name);
  const { command } = options;
  if (whose !== undefined) {
    return new UsageError(`Unknown flag '${rawName}' for ${command}: ${whose}`);
  }
  const known = options.flags.map((flag) => `--${flag.name}`);
  return new UsageError(
    `Unknown flag '${rawName}': edge-repro ${command} --help lists what is allowed` +
      didYouMean(`--${name}`, known),
  );
}

function checkCount(positionals: readonly string[], options: ReadOptions): void {
  const { command, positionals: { name, min, max } } = options;
  const extra = positionals[max];
  if (extra !== undefined) {
    const allowed = max === 0 ? "no arguments" : max === 1 ? `one ${name}` : `at most ${max}`;
    throw new UsageError(`Unexpected argument '${extra}': ${command} takes ${allowed}`);
  }
  if (positionals.length < min) {
    throw new UsageError(`${command} needs a ${name}: see edge-repro ${command} --help`);
  }
}
