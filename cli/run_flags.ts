// The flags that every command which makes runs takes, and their values.

import { UsageError } from "../lab/errors.ts";
import { FORMATS } from "../reports/formats.ts";
import type { Format } from "../reports/format.ts";
import type { Args, Flag } from "./flags.ts";
import { numberOf, wordOf } from "./values.ts";

/** The slowest and the fastest pace that is taken. */
export const SPEEDS = { min: 0.1, max: 1000 };
/** Repeats and parallel runs are bounded, so that a slip of the finger does not eat the machine. */
const MOST = 1000;

const speedFlag = (speed: number): Flag => ({
  name: "speed",
  kind: "string",
  placeholder: "N",
  description: `how many times faster than the real durations, ${SPEEDS.min} to ${SPEEDS.max}`,
  default: String(speed),
});

/** `--format` and `--output`, for everything that renders a result. */
export function resultFlags(format = "pretty"): Flag[] {
  return [
    {
      name: "format",
      kind: "string",
      placeholder: "NAME",
      description: `how to show the result: ${[...FORMATS.keys()].join(", ")}`,
      default: format,
    },
    {
      name: "output",
      kind: "string",
      placeholder: "FILE",
      description: "write the result to a file instead of standard output",
    },
  ];
}

/** What a command that makes runs does when it is not told otherwise. */
export interface RunDefaults {
  /** How many times faster than nominal. */
  speed: number;
  /** At most this many runs at once. */
  concurrency: number;
  /** How the result is shown; `pretty` when left out. */
  format?: string;
}

/** The flags of a command that makes runs, with its own defaults. */
export function runFlags(defaults: RunDefaults): Flag[] {
  return [
    { name: "all-cases", kind: "boolean", description: "all cases, not the headline alone" },
    speedFlag(defaults.speed),
    { name: "realtime", kind: "boolean", description: "the real durations (as --speed 1)" },
    {
      name: "repeat",
      kind: "string",
      placeholder: "N",
      description: "make each run N times",
      default: "1",
    },
    {
      name: "concurrency",
      kind: "string",
      placeholder: "N",
      description: "at most N runs at once",
      default: String(defaults.concurrency),
    },
    ...resultFlags(defaults.format),
    {
      name: "strict",
      kind: "boolean",
      description: "a case whose need is not there counts as inconclusive (exit 3)",
    },
    { name: "quiet", kind: "boolean", description: "nothing on standard error but errors" },
  ];
}

/** What those flags say. */
export interface RunSettings {
  /** How many times faster than nominal. */
  speed: number;
  /** How often each run is made. */
  repeat: number;
  /** At most this many runs at once. */
  concurrency: number;
  /** How the result is shown. */
  format: Format;
  /** The file it goes to; undefined for standard output. */
  output: string | undefined;
  /** Whether an unmet need counts as inconclusive. */
  strict: boolean;
  /** Whether to keep silent but for errors. */
  quiet: boolean;
  /** Whether to show more. */
  verbose: boolean;
  /** False for `--no-color`. */
  color: boolean;
}

/**
 * The format that `--format` names.
 *
 * @throws {UsageError} naming the formats there are.
 */
export function formatOf(args: Args, otherwise = "pretty"): Format {
  const name = wordOf(args, "format", [...FORMATS.keys()]) ?? otherwise;
  const format = FORMATS.get(name);
  if (format === undefined) throw new TypeError(`No format '${name}'`);
  return format;
}

/**
 * Reads the flags of {@linkcode runFlags}.
 *
 * @throws {UsageError} for values that are not allowed, and for `--speed` with `--realtime`.
 */
export function runSettings(args: Args, defaults: RunDefaults): RunSettings {
  if (args.has("speed") && args.has("realtime")) {
    throw new UsageError("--speed and --realtime exclude each other: expected one of them");
  }
  const whole = { min: 1, max: MOST, whole: true };
  return {
    speed: numberOf(args, "speed", {
      ...SPEEDS,
      whole: false,
      otherwise: args.has("realtime") ? 1 : defaults.speed,
    }),
    repeat: numberOf(args, "repeat", { ...whole, otherwise: 1 }),
    concurrency: numberOf(args, "concurrency", { ...whole, otherwise: defaults.concurrency }),
    format: formatOf(args, defaults.format),
    output: args.value("output"),
    strict: args.has("strict"),
    quiet: args.has("quiet"),
    verbose: args.has("verbose"),
    color: !args.has("no-color"),
  };
}
