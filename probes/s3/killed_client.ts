// A client in a process of its own that is killed in the middle of a read.

import { InconclusiveError, messageOf } from "../../lab/errors.ts";
import type { Availability } from "../child.ts";
import { Patience } from "./patience.ts";

/** A child that has begun to read. */
export interface KilledClient extends AsyncDisposable {
  /** The id of the process that reads. */
  readonly pid: number;
  /** How many bytes of the answer it handed on, with the pipe behind it full. */
  readonly receivedBytes: number;
  /** Sends SIGKILL and resolves when the process is gone. */
  kill(): Promise<void>;
}

/** Reads with nobody's configuration, and writes each piece at once. */
const PROGRAM = "curl";
/** How long its first bytes may take, in milliseconds of the wall clock. */
const LIMIT_MS = 30_000;

/** Whether such a process can be started. Never prompts. */
export async function killedClientAvailability(): Promise<Availability> {
  const { state } = await Deno.permissions.query({ name: "run", command: PROGRAM });
  if (state !== "granted") {
    return { available: false, reason: `needs permission to run it: --allow-run=${PROGRAM}` };
  }
  try {
    const command = new Deno.Command(PROGRAM, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    });
    if ((await command.output()).success) return { available: true };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { available: false, reason: `there is no ${PROGRAM}: apt-get install curl` };
}

/**
 * Starts curl on a URL (presigned, say), and resolves once it has handed on the first bytes of the
 * body. Nobody reads what it hands on after that, so that it stops reading too when the pipe is full.
 * The URL goes in through a pipe: it is a secret, and arguments of a process are public.
 *
 * @throws {InconclusiveError} when it does not start or gets no body.
 */
export async function startKilledClient(
  url: URL,
  options: { signal: AbortSignal; insecure?: boolean; limitMs?: number },
): Promise<KilledClient> {
  const { signal, insecure = false } = options;
  signal.throwIfAborted();
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(PROGRAM, {
      args: [
        ...["--disable", "--silent", "--show-error", "--fail", "--no-buffer", "--globoff"],
        ...["--path-as-is", "--noproxy", "*", "--config", "-", ...(insecure ? ["--insecure"] : [])],
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  } catch (error) {
    throw new InconclusiveError(`Cannot run ${PROGRAM}: ${messageOf(error)}`, { cause: error });
  }
  const kill = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await child.status;
  };
  const reader = child.stdout.getReader();
  const dispose = async () => {
    await kill();
    await reader.cancel().catch(() => {});
  };
  using patience = new Patience(options.limitMs ?? LIMIT_MS);
  const stop = AbortSignal.any([signal, patience.signal]);
  const onStop = () => void kill();
  stop.addEventListener("abort", onStop, { once: true });
  try {
    const stdin = child.stdin.getWriter();
    await stdin.write(new TextEncoder().encode(`url = "${url.href.replace(/["\\]/g, "\\$&")}"\n`));
    await stdin.close();
    const { value, done } = await reader.read();
    signal.throwIfAborted();
    if (done || value === undefined) {
      const { code } = await child.status;
      throw new InconclusiveError(
        patience.over
          ? `Cannot read with ${PROGRAM} at ${url.origin}: no body within ${patience.limitMs} ms`
          : `Cannot read with ${PROGRAM} at ${url.origin}: it ended with ${code} before any body came`,
      );
    }
    return {
      pid: child.pid,
      receivedBytes: value.byteLength,
      kill,
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  } finally {
    stop.removeEventListener("abort", onStop);
  }
}
