// What an S3 server sends for an error: a status, header fields and, where there may be one, a document.

import { S3Error } from "./error.ts";
import { writeXml } from "./xml.ts";

/** The request that failed. */
export interface FailedRequest {
  /** Its method. */
  method: string;
  /** What it was about, as S3 writes it: `/BUCKET/KEY`, decoded. */
  resource: string;
  /** The id that the answer bears. */
  requestId: string;
}

/** What is answered to whoever could have been told nothing else. */
const INTERNAL = new S3Error(
  "InternalError",
  500,
  "The server failed; the request may be tried again.",
);

/**
 * Makes the answer of an error. HEAD and 304 have no content.
 *
 * A detail whose name is in lower case is a header field of the answer and not an element of the
 * document: `etag` and `last-modified` of a 304, `allow` of a 405, `content-range` of a 416, which
 * is also made of the element `ActualObjectSize` (RFC 9110 §15.5.17).
 *
 * @param error What was thrown. What is no `S3Error` becomes `InternalError` and says no more.
 *
 * @example
 * ```ts
 * import { S3Error } from "./error.ts";
 * import { errorResponse } from "./error_response.ts";
 *
 * const error = new S3Error("NoSuchKey", 404, "There is no object of that key.", { Key: "a" });
 * const answer = errorResponse(error, { method: "GET", resource: "/b/a", requestId: "1F" });
 * console.log(answer.status, answer.headers.get("x-amz-request-id")); // 404 1F
 * ```
 */
export function errorResponse(error: unknown, request: FailedRequest): Response {
  const { code, status, message, details } = error instanceof S3Error ? error : INTERNAL;
  const headers = new Headers({ "x-amz-request-id": request.requestId });
  const elements: Record<string, string> = {};
  for (const [name, value] of Object.entries(details)) {
    if (name === name.toLowerCase()) headers.set(name, value);
    else elements[name] = value;
  }
  if (status === 416 && elements["ActualObjectSize"] !== undefined) {
    headers.set("content-range", `bytes */${elements["ActualObjectSize"]}`);
  }
  if (status === 304) return new Response(null, { status, headers });
  headers.set("content-type", "application/xml");
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const document = writeXml("Error", {
    Code: code,
    Message: message,
    ...elements,
    Resource: request.resource,
    RequestId: request.requestId,
  });
  return new Response(document, { status, headers });
}
