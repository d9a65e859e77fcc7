// One GET or DELETE for JSON, on a connection that is closed again: control traffic of a probe.

import { InconclusiveError, messageOf } from "../lab/errors.ts";

/**
 * Asks a control URL.
 *
 * @param what What the URL is, for the message.
 * @returns What the JSON says, or undefined for an empty answer.
 * @throws {InconclusiveError} when it is out of reach, refuses, or answers anything but JSON.
 */
export async function controlJson(
  what: string,
  url: URL,
  options: { method?: string; signal: AbortSignal },
): Promise<unknown> {
  const bare = `${url.origin}${url.pathname}`;
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: options.method ?? "GET",
      headers: { connection: "close", accept: "application/json" },
      signal: options.signal,
      redirect: "manual",
    });
    text = await response.text();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    options.signal.throwIfAborted();
    throw new InconclusiveError(`Cannot reach ${what} at ${bare}: ${causeOf(error)}`);
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

function causeOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const text = messageOf(cause);
  return /refused/i.test(text) ? "the connection was refused" : text;
}
