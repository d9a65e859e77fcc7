// Builds an engine that no package offers, once, into the user's cache folder.

import { InconclusiveError, UsageError } from "../lab/errors.ts";
import type { Engine } from "./engine.ts";
import { CACHE_BIN, findEngine, type Found, whyNoEngines } from "./find.ts";
import { makeFolder, writeFiles } from "./folder.ts";
import { GuardedProcess } from "./process.ts";

/** Exit code of the script when the build tool is not there (`sysexits.h`, EX_UNAVAILABLE). */
const NO_TOOL = 69;

/** Runs in the build's own folder, which is removed afterwards: only the program is kept. */
const BUILD = `
set -e
tool=$1; output=$2; name=$3; shift 3
PATH="$PATH:\${CARGO_HOME:-$HOME/.cargo}/bin"
command -v -- "$tool" >/dev/null || exit ${NO_TOOL}
mkdir -p "${CACHE_BIN}"
nice "$tool" "$@"
# Whoever looks for the program finds all of it or nothing, and no part of it stays.
part="${CACHE_BIN}/$name.$$"
trap 'rm -f -- "$part"' EXIT
trap 'exit 143' TERM INT HUP
cp -- "$output" "$part"
# From here on it is there: to be told that it was interrupted would be wrong.
trap '' TERM INT HUP
mv -- "$part" "${CACHE_BIN}/$name"
`;

/**
 * Builds an engine, unless it is there already.
 *
 * @param onLine Told of each line that the build prints.
 * @param signal Ends the build and removes what there is of it; it then rejects with the reason,
 * unless the program was there by then.
 * @throws {UsageError} when it is not an engine that is built, or the tool that builds it is missing.
 * @throws {InconclusiveError} when the build fails.
 */
export async function buildEngine(
  engine: Engine,
  options: { onLine: (line: string) => void; signal: AbortSignal },
): Promise<Found> {
  const { build, title } = engine;
  if (build === undefined) throw new UsageError(`${title} is installed with: ${engine.install}`);
  const why = await whyNoEngines();
  if (why !== undefined) throw new UsageError(`Cannot build ${title}: ${why}`);
  const present = await findEngine(engine);
  if (present !== undefined) return present;

  const folder = await makeFolder(`build-${engine.name}`);
  try {
    await writeFiles(folder, build.files);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
  const args = ["-c", BUILD, "build", build.tool, build.output, engine.program, ...build.args];
  await using child = new GuardedProcess("sh", args, { folder });
  child.onLine(options.onLine);
  const stop = () => void child[Symbol.asyncDispose]();
  options.signal.addEventListener("abort", stop, { once: true });
  // An abort until now has told nobody.
  if (options.signal.aborted) stop();
  try {
    const code = await child.ended;
    if (code !== 0) options.signal.throwIfAborted();
    await child.drained();
    if (code === NO_TOOL) {
      throw new UsageError(
        `Cannot build ${title}: no ${build.tool} here; install ${build.toolFrom}`,
      );
    }
    const found = code === 0 ? await findEngine(engine) : undefined;
    if (found !== undefined) return found;
    throw new InconclusiveError(
      `Cannot build ${title}: ${build.tool} ended with exit code ${code}: ` +
        child.log.slice(-3).join(" | "),
    );
  } finally {
    options.signal.removeEventListener("abort", stop);
  }
}
