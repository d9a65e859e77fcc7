// Builds an engine that no package offers, once, into the user's cache folder.

import { InconclusiveError, UsageError } from "../lab/errors.ts";
import type { Engine } from "./engine.ts";
import { CACHE_BIN, CACHE_LIB, findEngine, type Found, whyNoEngines } from "./find.ts";
import { makeFolder, writeFiles } from "./folder.ts";
import { GuardedProcess } from "./process.ts";

/** Exit code of the script when the build tool is not there (`sysexits.h`, EX_UNAVAILABLE). */
const NO_TOOL = 69;

/** Runs in the build's own folder, which is removed afterwards: only what was built is kept. */
const BUILD = `
set -e
tool=$1; output=$2; name=$3; start=$4; shift 4
PATH="$PATH:\${CARGO_HOME:-$HOME/.cargo}/bin:/usr/local/go/bin"
command -v -- "$tool" >/dev/null || exit ${NO_TOOL}
bin="${CACHE_BIN}"; lib="${CACHE_LIB}"
mkdir -p "$bin"
nice "$tool" "$@"
# Whoever looks for the program finds all of it or nothing, and no part of it stays.
trap 'rm -rf -- "$bin/$name.$$" "$lib/$name.$$"' EXIT
trap 'exit 143' TERM INT HUP
if [ -z "$start" ]; then
  cp -- "$output" "$bin/$name.$$"
else
  chmod +x -- "$output/$start"
  mkdir -p "$lib"
  cp -R -P -p -- "$output" "$lib/$name.$$"
  ln -s "$lib/$name/$start" "$bin/$name.$$"
fi
# From here on it is there: to be told that it was interrupted would be wrong.
trap '' TERM INT HUP
if [ -n "$start" ]; then
  # Nothing leads there, or the program would have been found.
  rm -rf -- "$lib/$name"
  mv -- "$lib/$name.$$" "$lib/$name"
fi
mv -- "$bin/$name.$$" "$bin/$name"
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
  const { tool, output, start = "", args: toolArgs } = build;
  const args = ["-c", BUILD, "build", tool, output, engine.program, start, ...toolArgs];
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
