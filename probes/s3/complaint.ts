// The errors of a caller of a store: one line each with what was tried and where, and no secret in it.

import { InconclusiveError } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import { ExchangeError } from "../exchange.ts";
import { endpointOf, shownEndpoint } from "./endpoint.ts";
import { nameOperation } from "./operation_name.ts";
import type { Patience } from "./patience.ts";
import { describeRefusal, notS3 } from "./refusal.ts";
import { withoutSecrets } from "./secrets.ts";
import type { StoreRequest } from "./signing.ts";

/** What came instead of what was asked for. */
export interface BadAnswer {
  /** The HTTP status. */
  status: number;
  /** The header fields. */
  headers: Headers;
  /** The content as text. */
  text: string;
}

/** What an error is about. */
export interface Asked {
  /** What was asked. */
  request: StoreRequest;
  /** The way to the store. */
  access: Access;
}

/**
 * The error for an answer that refuses what was asked.
 *
 * @param signedFor The region that requests are signed for, and the time by which, in milliseconds
 * since the Unix epoch.
 */
export function refusalOf(
  { request, access }: Asked,
  answer: BadAnswer,
  signedFor: { region: string; atMs: number },
): InconclusiveError {
  const hide = (text: string) => withoutSecrets(text, access);
  const line = describeRefusal({
    ...nameOperation(request),
    at: shownEndpoint(endpointOf(request, access)),
    bucket: request.bucket,
    signed: access.store?.credentials !== undefined && !request.anonymous && !request.publicly,
    ...signedFor,
    ...answer,
    hide,
  });
  return new InconclusiveError(hide(line));
}

/** The error for an answer that is none of an S3 store's. */
export function notS3Of(
  { request, access }: Asked,
  { status, headers }: Pick<BadAnswer, "status" | "headers">,
): InconclusiveError {
  const line = notS3(status, headers, (text) => withoutSecrets(text, access));
  return new InconclusiveError(`${beginOf({ request, access })} ${line}`);
}

/**
 * The error for an exchange that failed: an `InconclusiveError` for what the network did, else the
 * error itself.
 *
 * @param progress How far it had come, such as ` after 3 of 5 bytes`.
 */
export function failureOf(
  asked: Asked,
  error: unknown,
  patience: Patience,
  progress: string,
): unknown {
  if (!(error instanceof ExchangeError)) return error;
  const cut = error.code === "reset" || error.code === "closed-early";
  const why = patience.over
    ? `no progress for ${patience.limitMs / 1_000} s`
    : cut
    ? "the connection was cut before the answer was complete"
    : error.code === "not-http"
    ? "it answers, but not with HTTP: expected the endpoint of an S3 API"
    : withoutSecrets(error.message, asked.access);
  // versitygw 1.8 closes while it is sent more, and its answer is then lost to the RST.
  const hint = cut && progress !== "" && !patience.over
    ? `; a store may refuse like this: check the key and that it has ${permissionOf(asked)}`
    : "";
  return new InconclusiveError(`${beginOf(asked)} ${why}${progress}${hint}`, { cause: error });
}

/** The error for a connection that did not come about, with what to do about it. */
export function unconnected(error: unknown): unknown {
  if (!(error instanceof ExchangeError) || error.code === "aborted") return error;
  return new InconclusiveError(`${error.message}${HINTS[error.code] ?? ""}`, { cause: error });
}

const HINTS: Partial<Record<ExchangeError["code"], string>> = {
  refused: "; start the store, or check --target",
  unreachable: "; check --target",
  timeout: "; check --target, and whether a firewall is on the way",
  tls: "; check whether --target should begin with http:, or give --insecure for its certificate",
};

function permissionOf({ request }: Asked): string {
  return nameOperation(request).permission;
}

function beginOf({ request, access }: Asked): string {
  const { tried } = nameOperation(request);
  return `Cannot ${tried} at ${shownEndpoint(endpointOf(request, access))}:`;
}
