// The errors of a caller of a store: one line each with what was tried and where, and no secret in it.

import { InconclusiveError } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import { ExchangeError } from "../exchange.ts";
import { endpointOf, shownEndpoint } from "./endpoint.ts";
import { nameOperation } from "./operation_name.ts";
import { parseS3Error } from "./error_document.ts";
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
  if (request.publicly) {
    const code = parseS3Error(answer.text)?.code;
    const what = `${answer.status}${code === undefined ? "" : ` (${code})`}`;
    return new InconclusiveError(
      hide(
        `${beginOf({ request, access })} it answers ${what}; a public URL needs no key: check ` +
          "--public-url, and that the bucket's objects may be read there without a signature",
      ),
    );
  }
  const line = describeRefusal({
    ...nameOperation(request),
    at: shownEndpoint(endpointOf(request, access)),
    bucket: request.bucket,
    signed: access.store?.credentials !== undefined && !request.anonymous && !request.publicly,
    ...signedFor,
    ...answer,
    hide,
  });
  return new InconclusiveError(hide(forFlag(line, request)));
}

/** The error for an answer that is none of an S3 store's. */
export function notS3Of(
  { request, access }: Asked,
  { status, headers }: Pick<BadAnswer, "status" | "headers">,
): InconclusiveError {
  const line = notS3(status, headers, (text) => withoutSecrets(text, access));
  return new InconclusiveError(`${beginOf({ request, access })} ${forFlag(line, request)}`);
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
    : flagOf(asked.request) === TARGET
    ? ""
    : `; check ${flagOf(asked.request)}`;
  return new InconclusiveError(`${beginOf(asked)} ${why}${progress}${hint}`, { cause: error });
}

/** The error for a connection that did not come about, with what to do about it. */
export function unconnected(error: unknown, request: Place): unknown {
  if (!(error instanceof ExchangeError) || error.code === "aborted") return error;
  const hint = forFlag(HINTS[error.code] ?? "", request);
  return new InconclusiveError(`${error.message}${hint}`, { cause: error });
}

const HINTS: Partial<Record<ExchangeError["code"], string>> = {
  refused: "; start it, or check --target",
  unreachable: "; check --target",
  timeout: "; check --target, and whether a firewall is on the way",
  tls: "; check whether --target should begin with http:, or give --insecure for its certificate",
};

/** What of a request says where it goes. */
type Place = Pick<StoreRequest, "endpoint" | "publicly">;

/** By which the user named where a request goes. */
function flagOf({ endpoint, publicly }: Place): string {
  if (publicly) return "--public-url";
  return endpoint === undefined ? TARGET : "--other-region-url";
}

const TARGET = "--target";

/** Advice as it is for where a request went. */
function forFlag(line: string, request: Place): string {
  return line.replaceAll(TARGET, flagOf(request));
}

function permissionOf({ request }: Asked): string {
  return nameOperation(request).permission;
}

function beginOf({ request, access }: Asked): string {
  const { tried } = nameOperation(request);
  return `Cannot ${tried} at ${shownEndpoint(endpointOf(request, access))}:`;
}
