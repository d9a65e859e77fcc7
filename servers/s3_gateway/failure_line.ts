// A request that failed for what is behind the gateway, as one line for whoever runs it.

import type { GatewayFailure } from "./outbound.ts";

/** An error may be its own cause, and so have no end. */
const DEEPEST = 5;
/** Tokens are longer without a space, and what hosts, ports and codes are in is not. */
const LONG_WORD = /\S{64,}/gu;

/**
 * `ID PUT /bucket/key: 503 CODE: sentence`, and behind it what the failure's causes tell more.
 *
 * No secret is in it: a token service may repeat the token that it refuses, so that what has no space
 * for 64 characters is left out, and what a runtime says of a value that it does not take
 * (`TypeError`), which may show a header field, is not told.
 *
 * @example
 * ```ts
 * import { failureLine } from "./failure_line.ts";
 *
 * console.log(failureLine({
 *   requestId: "0A1B2C3D4E5F",
 *   asked: "PUT /videos/k",
 *   status: 503,
 *   code: "ServiceUnavailable",
 *   message: "The store cannot be reached",
 *   cause: new Error("connect ECONNREFUSED 127.0.0.1:9000"),
 * }));
 * // 0A1B2C3D4E5F PUT /videos/k: 503 ServiceUnavailable: The store cannot be reached (connect ECONNREFUSED 127.0.0.1:9000)
 * ```
 */
export function failureLine(failure: GatewayFailure): string {
  const { requestId, asked, status, code, message, cause } = failure;
  const told: string[] = [];
  let one = cause;
  for (let depth = 0; depth < DEEPEST && one instanceof Error; depth++, one = one.cause) {
    const text = inOneLine(one.message);
    if (one instanceof TypeError || text === "") continue;
    if (![message, ...told].some((other) => other.includes(text))) told.push(text);
  }
  const why = told.length === 0 ? "" : ` (${told.join(": ")})`;
  return `${requestId} ${asked}: ${status} ${code}: ${inOneLine(message)}${why}`;
}

/** A backend's or token service's own words: nothing in them may look like another line. */
function inOneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\s]+/gu, " ").replaceAll(LONG_WORD, "…").trim().slice(0, 500);
}
