// Takes possession of a data folder: made if need be, ours, and used by nobody else.

import { messageOf, UsageError } from "../../lab/errors.ts";
import type { Disk } from "./disk.ts";
import type { FolderLayout } from "./folder_layout.ts";

const SCHEMA = "edge-repro/store@1";

/** What may lie in a folder that is to become a data folder: the beginnings of ours, a disk's own. */
const HARMLESS: ReadonlySet<string> = new Set(["lock", "store.json.new", "lost+found"]);

/**
 * Runs what needs the folder; an error of the file system becomes one line for people.
 *
 * @throws {UsageError} in the place of such an error, and naming the flags when a permission is missing.
 */
export async function inFolder<T>(folder: string, run: () => Promise<T>): Promise<T> {
  // Asked for at once: an error would name only the first of the two, and come after the first change.
  const needs = (["read", "write"] as const).map((name) => ({ name, path: folder }));
  const states = await Promise.all(needs.map((need) => Deno.permissions.query(need)));
  if (states.some(({ state }) => state !== "granted")) {
    throw new UsageError(
      `Missing permission: read and write access to '${folder}'; run with --allow-read=${folder} ` +
        `--allow-write=${folder}, or as deno task start`,
    );
  }
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    throw new UsageError(
      `Cannot use ${folder} as data folder: ${messageOf(error)}, expected a folder that can be ` +
        "read and written",
    );
  }
}

/**
 * Makes the folder where there is none, and locks it.
 *
 * @returns The lock: held until it is closed or the process ends, however it ends.
 * @throws {UsageError} when it has files of others, another format, or is in use.
 */
export async function claimFolder(layout: FolderLayout, disk: Disk): Promise<Deno.FsFile> {
  await Deno.mkdir(layout.root, { recursive: true });
  const names = await Array.fromAsync(Deno.readDir(layout.root), ({ name }) => name);
  const foreign = names.find((name) => !HARMLESS.has(name));
  if (foreign !== undefined && !await isThere(layout.marker)) {
    throw new UsageError(
      `Cannot use ${layout.root} as data folder: it has ${foreign}, which is not ours, expected ` +
        "an empty folder or one that an object store made",
    );
  }
  const lock = await Deno.open(layout.lock, { create: true, write: true });
  try {
    if (!await lock.tryLock(true)) {
      throw new UsageError(
        `Cannot use ${layout.root} as data folder: another object store uses it, expected a ` +
          "folder of its own; stop the other or name another folder",
      );
    }
    await mark(layout, disk);
    for (const folder of [layout.temporary, layout.blobs, layout.buckets]) {
      await Deno.mkdir(folder, { recursive: true });
    }
    await disk.flushNames(layout.root);
    return lock;
  } catch (error) {
    lock.close();
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Writes the marker, or checks the one that is there. */
async function mark(layout: FolderLayout, disk: Disk): Promise<void> {
  if (await isThere(layout.marker)) {
    const found = await Deno.readTextFile(layout.marker);
    if (found.includes(`"${SCHEMA}"`)) return;
    throw new UsageError(
      `Cannot use ${layout.root} as data folder: received the format ` +
        `${JSON.stringify(found.trim().slice(0, 60))}, expected ${SCHEMA}`,
    );
  }
  await Deno.remove(layout.newMarker).catch(() => {});
  await disk.writeNew(
    layout.newMarker,
    new TextEncoder().encode(`${JSON.stringify({ schema: SCHEMA })}\n`),
  );
  await Deno.rename(layout.newMarker, layout.marker);
  await disk.flushNames(layout.root);
}
