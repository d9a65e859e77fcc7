// Reads of the kernel's files through a child process, which needs less than reading them here.

import { InconclusiveError, messageOf } from "../lab/errors.ts";

/** Whether something can be observed here, and if not, why and what would allow it. */
export type Availability = { available: true } | { available: false; reason: string };

/** Whether a program can be run to look at this machine's kernel. Never prompts. */
export async function childAvailability(program: string): Promise<Availability> {
  if (Deno.build.os !== "linux") {
    return { available: false, reason: "the kernel's tables are read on Linux only" };
  }
  const { state } = await Deno.permissions.query({ name: "run", command: program });
  if (state === "granted") return { available: true };
  return { available: false, reason: `needs permission to run it: --allow-run=${program}` };
}

/**
 * What a program prints. Its exit code does not count: files of processes that end meanwhile make
 * it fail half-way, and what it could read is what is asked for.
 *
 * @throws {InconclusiveError} when it cannot be run at all.
 */
export async function outputOf(program: string, args: readonly string[]): Promise<string> {
  const command = new Deno.Command(program, {
    args: [...args],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  try {
    return new TextDecoder().decode((await command.output()).stdout);
  } catch (error) {
    throw new InconclusiveError(`Cannot run ${program}: ${messageOf(error)}`);
  }
}
