// Finds an engine's program on this machine and asks it for its version.

import { messageOf } from "../lab/errors.ts";
import type { Engine } from "./engine.ts";

/** An engine that is installed here. */
export interface Found {
  /** The program's path. */
  program: string;
  /** Its version, or `unknown`. */
  version: string;
  /** Whether programs started from here run as root. */
  asRoot: boolean;
}

const CACHE = "${XDG_CACHE_HOME:-$HOME/.cache}/edge-repro";

/** Where programs are kept that were built here, as the shell has it. */
export const CACHE_BIN = `${CACHE}/bin`;

/** Where the folders are kept that some of them need, each by its program's name. */
export const CACHE_LIB = `${CACHE}/lib`;

/**
 * Debian keeps servers where an ordinary user's path does not lead. The variable is read by the shell:
 * a child has the environment without a permission of ours.
 */
const FIND = `
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin:${CACHE_BIN}"
fallback=$1; variable=$2; shift 2
eval "chosen=\\\${$variable:-}"
id -u
program=$(command -v -- "\${chosen:-$fallback}") && [ -f "$program" ] || exit 0
printf '%s\n' "$program"
timeout 10 "$program" "$@" 2>&1 </dev/null
`;

/**
 * Looks for an engine. Its environment variable wins over the path.
 *
 * @returns Undefined when it is not installed.
 * @throws {Deno.errors.NotCapable} without the permission to run `sh`.
 */
export async function findEngine(engine: Engine): Promise<Found | undefined> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", FIND, "find", engine.program, engine.variable, ...engine.versionArgs],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  const [uid, program, ...said] = new TextDecoder().decode(stdout).split("\n");
  if (!program?.startsWith("/")) return undefined;
  const version = engine.version.exec(said.join("\n"))?.[1] ?? "unknown";
  return { program, version, asRoot: uid === "0" };
}

/** Prints what a variable holds, read by the shell for the same reason. */
const HELD = 'eval "printf %s \\"\\${$1:-}\\""';

/**
 * What an engine's environment variable names, for one that was not found: no program is there.
 *
 * @returns Undefined where the variable is not set: the engine is not on the path.
 */
export async function misnamed(engine: Engine): Promise<string | undefined> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", HELD, "held", engine.variable],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).output();
  return new TextDecoder().decode(stdout).replaceAll(/\s+/g, " ") || undefined;
}

/** Why an engine was not found, and what to do about it, in a line. */
export async function whyMissing(engine: Engine): Promise<string> {
  const { title, variable, install } = engine;
  const named = await misnamed(engine);
  return named === undefined
    ? `${title} is not installed here: ${install}`
    : `Cannot find ${title}: ${variable} names '${named}', expected a program; left unset, ` +
      "it is looked for on the path";
}

/** Whether engines can be started at all here, and if not, why. Never prompts. */
export async function whyNoEngines(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "engines are started on Linux only";
  try {
    const { state } = await Deno.permissions.query({ name: "run", command: "sh" });
    return state === "granted"
      ? undefined
      : "it takes permission to run sh: --allow-run=sh, or deno task start";
  } catch (error) {
    return messageOf(error);
  }
}
