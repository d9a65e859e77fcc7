// Waits until a program that was just started can be used: it accepts connections, and says so if asked.

import type { Clock } from "../lab/clock.ts";
import { formatDuration } from "../lab/duration.ts";
import { IncompleteError } from "../lab/errors.ts";

/** How often it is tried. */
const EVERY_MS = 20;

/** What is waited for. */
export interface ReadyOptions {
  /** The port of 127.0.0.1 that is to accept connections. */
  port: number;
  /** A pathname that is to be answered with 200 by then; left out: connections are enough. */
  path?: string;
  /** How long it may take, in milliseconds. */
  limitMs: number;
  /** The time of the wait. */
  clock: Clock;
  /** Ends the wait. */
  signal: AbortSignal;
}

/**
 * Resolves when a program is ready.
 *
 * @throws {IncompleteError} when it is not in time; the message lacks its subject.
 */
export async function whenReady(options: ReadyOptions): Promise<void> {
  const { port, path, limitMs, clock, signal } = options;
  const deadlineMs = clock.now() + limitMs;
  let last: string | undefined;
  while (clock.now() < deadlineMs) {
    signal.throwIfAborted();
    try {
      last = await answerOf(port, path, signal);
      if (path === undefined || last.split(" ")[1] === "200") return;
    } catch (error) {
      signal.throwIfAborted();
      // One that answers may still close a connection: its own reset is no answer.
      const notYet = [Deno.errors.ConnectionRefused, Deno.errors.ConnectionReset];
      if (!notYet.some((kind) => error instanceof kind)) throw error;
    }
    await clock.sleep(EVERY_MS, { signal });
  }
  const within = `within ${formatDuration(limitMs)}`;
  throw new IncompleteError(
    last === undefined
      ? `accepted no connection on port ${port} ${within}`
      : `was not ready ${within}: it answered ${path} with '${last}'`,
  );
}

/** The status line of the answer for a path; nothing where none is asked for. */
async function answerOf(
  port: number,
  path: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  let open = true;
  const close = () => {
    if (open) connection.close();
    open = false;
  };
  if (path === undefined || signal.aborted) {
    close();
    signal.throwIfAborted();
    return "";
  }
  signal.addEventListener("abort", close, { once: true });
  try {
    const request = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`;
    await connection.write(new TextEncoder().encode(request));
    const buffer = new Uint8Array(1024);
    const length = await connection.read(buffer) ?? 0;
    return new TextDecoder().decode(buffer.subarray(0, length)).split("\r\n")[0] ?? "";
  } finally {
    signal.removeEventListener("abort", close);
    close();
  }
}
