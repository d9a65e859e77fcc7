// From the command line to an exit code: finds the command, reads its flags, words its errors.

import { InconclusiveError, messageOf, UsageError } from "../lab/errors.ts";
import { didYouMean } from "../lab/nearest.ts";
import type { Catalog, Command, CommandContext, CommandEntry } from "./command.ts";
import { COMMANDS } from "./commands.ts";
import { readArgs } from "./flags.ts";
import { commandHelp, COMMON_FLAGS, programHelp } from "./help.ts";
import { missingPermission } from "./permission.ts";
import { NAME, VERSION } from "./tool.ts";

/** Exit code of what the user can mend: a flag, a value, a file, a permission. */
export const EXIT_USAGE = 2;
/** Exit code of what could not be told: an engine that does not start, say. */
export const EXIT_INCONCLUSIVE = 3;
/** Exit code of a defect of ours: nothing was told, as with an inconclusive run. */
export const EXIT_DEFECT = 3;

/**
 * Runs one command line.
 *
 * @param args Without the program's name.
 * @returns The exit code. Errors are worded on standard error; nothing is thrown.
 */
export async function runCli(args: readonly string[], context: CommandContext): Promise<number> {
  const { io } = context;
  let code: number;
  try {
    code = await dispatch(args, context);
  } catch (error) {
    code = reportError(error, { io, verbose: args.includes("--verbose") });
  }
  await io.flush();
  const { aborted, reason } = io.outGone;
  if (!aborted || reason instanceof Deno.errors.BrokenPipe) return code;
  return reportError(
    new UsageError(`Cannot write to standard output: ${messageOf(reason)}`),
    { io, verbose: false },
  );
}

async function dispatch(args: readonly string[], context: CommandContext): Promise<number> {
  const { io, catalog } = context;
  const [first, ...rest] = args;
  if (first === undefined) {
    // Not 0: a pipeline that lost its arguments must not look healthy.
    io.err(programHelp(COMMANDS, io.errWidth));
    return EXIT_USAGE;
  }
  if (first === "--version") {
    io.out(`${NAME} ${VERSION}\n`);
    return 0;
  }
  if (first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
    io.out(programHelp(COMMANDS, io.width));
    return 0;
  }
  const asksHelp = first === "help";
  if (asksHelp && rest.length > 1) {
    throw new UsageError(`Unexpected argument '${rest[1]}': help takes one COMMAND`);
  }
  const entry = findCommand(asksHelp ? rest[0] ?? "" : first);
  const command = await entry.load();
  const ownArgs = rest.slice(0, rest.includes("--") ? rest.indexOf("--") : undefined);
  if (asksHelp || ownArgs.includes("--help") || ownArgs.includes("-h")) {
    io.out(await commandHelp(entry, command, catalog, io.width));
    return 0;
  }
  const parsed = await readArgs(rest, {
    command: entry.name,
    flags: [...await command.flags(catalog), ...COMMON_FLAGS],
    positionals: command.positionals,
    explain: (flag) => ownerOf(flag, entry, catalog),
  });
  return await command.run(parsed, context);
}

function findCommand(name: string): CommandEntry {
  const found = COMMANDS.find((entry) => entry.name === name);
  if (found) return found;
  const known = [...COMMANDS.map((entry) => entry.name), "help"];
  if (name.startsWith("-")) {
    const own = ["--help", "--version"];
    throw new UsageError(
      `Unknown flag '${name}' before the command: expected ${own.join(", ")}, or a command first` +
        didYouMean(name, own),
    );
  }
  throw new UsageError(
    `Unknown command '${name}': expected ${known.join(", ")}${didYouMean(name, known)}`,
  );
}

/** Whose flag it is that the command at hand does not know. */
async function ownerOf(
  flag: string,
  entry: CommandEntry,
  catalog: Catalog,
): Promise<string | undefined> {
  const owners: string[] = [];
  for (const other of COMMANDS) {
    if (other.name === entry.name) continue;
    const command: Command = await other.load();
    if ((await command.flags(catalog)).some(({ name }) => name === flag)) owners.push(other.name);
  }
  return owners.length === 0 ? undefined : `it belongs to ${owners.join(" and ")}`;
}

/**
 * Words an error on standard error, in one line.
 *
 * @returns The exit code that goes with it.
 */
export function reportError(
  error: unknown,
  { io, verbose }: { io: CommandContext["io"]; verbose: boolean },
): number {
  const permission = missingPermission(error);
  if (permission !== undefined || error instanceof UsageError) {
    io.err(`error: ${permission ?? messageOf(error)}\n`);
    return EXIT_USAGE;
  }
  if (error instanceof InconclusiveError) {
    io.err(`error: ${messageOf(error)}\n`);
    return EXIT_INCONCLUSIVE;
  }
  const hint = verbose ? "" : " (an error of edge-repro itself; --verbose shows where)";
  io.err(`error: ${messageOf(error)}${hint}\n`);
  if (verbose && error instanceof Error && error.stack) io.err(`${error.stack}\n`);
  return EXIT_DEFECT;
}
