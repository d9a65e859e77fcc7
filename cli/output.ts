// Where a result goes: standard output, or a file that is checked before anything runs.

import { messageOf, UsageError } from "../lab/errors.ts";
import type { Io } from "./io.ts";
import { missingPermission } from "./permission.ts";

/** Takes a command's result. */
export interface Sink {
  /** The file, when it is one. */
  readonly file: string | undefined;
  /** Takes the whole result. */
  write(text: string): void;
}

/**
 * Opens the way for a result.
 *
 * @param file Where it goes; undefined for standard output. The file is written in one go when the
 * result is there: an interrupted command leaves it as it was.
 * @throws {UsageError} when the file cannot be written, now rather than after the work.
 */
export function openSink(io: Io, file: string | undefined): Sink {
  if (file === undefined) return { file, write: (text) => io.out(text) };
  try {
    checkWritable(file);
  } catch (error) {
    throw new UsageError(`Cannot write ${file}: ${causeOf(error, file)}`);
  }
  return {
    file,
    write(text) {
      try {
        Deno.writeTextFileSync(file, text);
      } catch (error) {
        io.out(text);
        throw new UsageError(
          `Cannot write ${file}: ${causeOf(error, file)}; the result is on standard output`,
        );
      }
      io.err(`result written to ${file}\n`);
    },
  };
}

/** Opens the file for writing and leaves everything as it was. */
function checkWritable(file: string): void {
  try {
    Deno.openSync(file, { write: true, createNew: true }).close();
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return Deno.openSync(file, { write: true }).close();
  }
  Deno.removeSync(file);
}

function causeOf(error: unknown, file: string): string {
  if (missingPermission(error) !== undefined) {
    return `missing permission; run with --allow-write=${file}, or as deno task start`;
  }
  if (error instanceof Deno.errors.NotFound) return "its folder does not exist";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (error instanceof Deno.errors.PermissionDenied) return "the system does not allow it";
  return messageOf(error);
}
