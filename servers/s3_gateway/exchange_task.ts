// How the gateway comes by a key for a web identity, as a task of the queue: a token, then the exchange.

import { type Task, wait } from "../isolate/task_queue.ts";
import { S3Error } from "../s3/error.ts";
import { type ExchangedKey, exchangeRequest, parseExchange } from "../web_identity/exchange.ts";
import { ExchangeError } from "../web_identity/exchange_error.ts";
import { parseToken, tokenRequest } from "../web_identity/token.ts";
import type { TokenSource, WebIdentity } from "./config.ts";
import { noKey, noKeyYet } from "./errors.ts";
import type { Platform } from "./outbound.ts";

/** What an exchange needs of its platform. */
export type ExchangeIo = Pick<Platform, "fetch" | "clock" | "readFile">;

const SESSION_NAME = "s3-gateway";

/**
 * Gets a key. All of its I/O is begun here, in the turn of whoever's task this is.
 *
 * @param timeoutMs How long all of it may take.
 * @throws {S3Error} 503 where it may go better later, 502 where it was refused. Neither names a secret.
 */
export function* exchange(
  identity: WebIdentity,
  io: ExchangeIo,
  timeoutMs: number,
): Task<ExchangedKey> {
  const limit = new AbortController();
  const cancel = io.clock.setTimeout(
    () => limit.abort(noKeyYet("the token service did not answer in time")),
    timeoutMs,
  );
  try {
    const token = yield* tokenFrom(identity.token, io, limit.signal);
    const { stsUrl, roleArn, durationS, sessionName = SESSION_NAME } = identity;
    const { url, init } = exchangeRequest({
      stsUrl,
      roleArn,
      sessionName,
      token,
      ...(durationS !== undefined && { durationS }),
    });
    const { status, text } = yield* ask(io, url, init, limit.signal);
    return parseExchange(status, text);
  } catch (error) {
    limit.signal.throwIfAborted();
    throw refusalOf(error);
  } finally {
    cancel();
  }
}

function* tokenFrom(source: TokenSource, io: ExchangeIo, signal: AbortSignal): Task<string> {
  if ("value" in source) return source.value;
  if ("file" in source) {
    if (io.readFile === undefined) throw noKey("there are no files here to read a token from");
    try {
      return (yield* wait(io.readFile(source.file))).trim();
    } catch {
      throw noKeyYet("the file with the token cannot be read");
    }
  }
  const { url, init } = tokenRequest(source);
  const { status, text } = yield* ask(io, url, init, signal);
  return parseToken(status, text).token;
}

function* ask(
  { fetch }: ExchangeIo,
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Task<{ status: number; text: string }> {
  // A redirect must not carry the token to somebody else.
  const response = yield* wait(fetch(url, { ...init, redirect: "manual", signal }));
  const text = yield* wait(response.text());
  return { status: response.status, text };
}

function refusalOf(error: unknown): S3Error {
  if (error instanceof S3Error) return error;
  if (!(error instanceof ExchangeError)) return unreachable(error);
  const why = `the token service refused${error.code === "" ? "" : ` (${error.code})`}`;
  const refusal = error.retryable ? noKeyYet(why) : noKey(why);
  refusal.cause = error;
  return refusal;
}

/** Where `fetch` says in its cause what the system said, that is for the log. */
function unreachable(error: unknown): S3Error {
  const refusal = noKeyYet("the token service cannot be reached");
  if (error instanceof TypeError) refusal.cause = error;
  return refusal;
}
