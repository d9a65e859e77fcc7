// The steps by which a data folder changes: each is one call of the file system, made or not.

import { type Disk, removeAll } from "./disk.ts";
import type { FolderLayout } from "./folder_layout.ts";

/** What goes together with a rename, without anything in between. */
export interface Commit {
  /** Called just before it. What it throws ends the attempt. */
  check: () => void;
  /** Called just after it. */
  made: () => void;
}

/** Prepares changes of a data folder and makes them. */
export class FolderSteps {
  readonly #layout: FolderLayout;
  readonly #disk: Disk;

  /** @param disk Flushes. */
  constructor(layout: FolderLayout, disk: Disk) {
    this.#layout = layout;
    this.#disk = disk;
  }

  /** Prepares a folder with a record and empty folders in it, all of it flushed. */
  async newFolder(name: string, record: Uint8Array, folders: string[]): Promise<string> {
    const temporary = this.#layout.newTemporary();
    try {
      await Deno.mkdir(temporary);
      for (const folder of folders) await Deno.mkdir(`${temporary}/${folder}`);
      await this.#disk.writeNew(`${temporary}/${name}`, record);
      await this.#disk.flushNames(temporary);
      return temporary;
    } catch (error) {
      await removeAll(temporary);
      throw error;
    }
  }

  /** Renames what was prepared to its place; when that fails, nothing of it stays. */
  async commit(temporary: string, path: string, { check, made }: Commit): Promise<void> {
    try {
      check();
      Deno.renameSync(temporary, path);
    } catch (error) {
      await removeAll(temporary);
      throw error;
    }
    made();
  }

  /** Takes a folder out of the store. What it returns can be removed at leisure. */
  trash(folder: string): string {
    const trash = this.#layout.newTemporary();
    unlessGone(() => Deno.renameSync(folder, trash));
    return trash;
  }

  /** Removes a file. */
  remove(path: string): void {
    unlessGone(() => Deno.removeSync(path));
  }
}

/** What is to go and is not there is gone: with the folder around it, or by another hand. */
function unlessGone(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
