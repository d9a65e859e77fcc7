// Takes possession of a folder for the objects of one host: made if need be, ours, used by nobody else.

import { join } from "node:path";
import { messageOf, UsageError } from "../../../lab/errors.ts";

const SCHEMA = "edge-repro/durable-objects@1";

// With a hyphen or a dot: no class can have such a name.
const MARKER = "durable-objects.json";
const LOCK = "durable-objects.lock";

/** What may lie in a folder that is to become ours: the beginnings of ours, a disk's own. */
const HARMLESS: ReadonlySet<string> = new Set([LOCK, `${MARKER}.new`, "lost+found"]);

/**
 * Runs what needs the folder; an error of the file system becomes one line for people.
 *
 * @throws {UsageError} in the place of such an error.
 */
export function inFolder<T>(folder: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const isSystems = error instanceof Error && "code" in error ||
      error instanceof Deno.errors.NotCapable;
    if (!isSystems) throw error;
    throw new UsageError(
      `Cannot use ${folder} for Durable Objects: ${messageOf(error)}, expected a folder that can ` +
        "be read and written",
    );
  }
}

/**
 * Makes the folder where there is none, and locks it.
 *
 * @returns The lock: held until it is closed or the process ends, however it ends.
 * @throws {UsageError} when it has files of others, another format, or is in use.
 */
export function claimFolder(folder: string): Deno.FsFile {
  Deno.mkdirSync(folder, { recursive: true });
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  const isOurs = names.includes(MARKER);
  const foreign = names.find((name) => !HARMLESS.has(name));
  if (!isOurs && foreign !== undefined) {
    throw new UsageError(
      `Cannot use ${folder} for Durable Objects: it has ${foreign}, which is not ours, expected an ` +
        "empty folder or one that a Durable Object host made",
    );
  }
  const lock = Deno.openSync(join(folder, LOCK), { create: true, write: true });
  try {
    if (!lock.tryLockSync(true)) {
      throw new UsageError(
        `Cannot use ${folder} for Durable Objects: another host uses it, expected a folder of its ` +
          "own; stop the other or name another folder",
      );
    }
    mark(folder, isOurs);
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

/** Writes the marker, or checks the one that is there. */
function mark(folder: string, isThere: boolean): void {
  const path = join(folder, MARKER);
  if (isThere) {
    const found = Deno.readTextFileSync(path);
    if (found.includes(`"${SCHEMA}"`)) return;
    throw new UsageError(
      `Cannot use ${folder} for Durable Objects: received the format ` +
        `${JSON.stringify(found.trim().slice(0, 60))}, expected ${SCHEMA}`,
    );
  }
  Deno.writeTextFileSync(`${path}.new`, `${JSON.stringify({ schema: SCHEMA })}\n`);
  Deno.renameSync(`${path}.new`, path);
}
