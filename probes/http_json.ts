// One GET or DELETE for JSON, on a connection that is closed again: control traffic of a probe.

import { realClock } from "../lab/clock.ts";
import { InconclusiveError, messageOf } from "../lab/errors.ts";

/** How long an answer may take, in milliseconds of the wall clock. */
const ANSWER_MS = 10_000;

/** How much of an answer is read, in bytes (64 MiB). */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/**
 * Asks a control URL.
 *
 * @param what What the URL is, for the message.
 * @param options `waitMs`: how much longer than usual the answer may take, because it was asked to.
 * @returns What the JSON says, or undefined for an empty answer.
 * @throws {InconclusiveError} when it is out of reach, refuses, or answers anything but JSON.
 */
export async function controlJson(
  what: string,
  url: URL,
  options: { method?: string; signal: AbortSignal; waitMs?: number },
): Promise<unknown> {
  const bare = `${url.origin}${url.pathname}`;
  const limitMs = ANSWER_MS + (options.waitMs ?? 0);
  const late = new AbortController();
  const cancelTimer = realClock.setTimeout(
    () => late.abort(new Error(`no answer within ${limitMs} ms`)),
    limitMs,
  );
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: options.method ?? "GET",
      headers: { connection: "close", accept: "application/json" },
      signal: AbortSignal.any([options.signal, late.signal]),
      redirect: "manual",
    });
    text = await textOf(response);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    options.signal.throwIfAborted();
    throw new InconclusiveError(`Cannot reach ${what} at ${bare}: ${causeOf(error)}`);
  } finally {
    cancelTimer();
  }
  if (!response.ok) {
    throw new InconclusiveError(
      `Cannot read ${what} at ${bare}: the answer was ${response.status}`,
    );
  }
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new InconclusiveError(`Cannot read ${what} at ${bare}: the answer is not JSON`);
  }
}

async function textOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let received = 0;
  for await (const bytes of response.body ?? []) {
    received += bytes.byteLength;
    if (received > MAX_ANSWER_BYTES) throw new Error(`it sent more than ${MAX_ANSWER_BYTES} bytes`);
    text += decoder.decode(bytes, { stream: true });
  }
  return text + decoder.decode();
}

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const text = messageOf(cause);
  return /refused/i.test(text) ? "the connection was refused" : text;
}
