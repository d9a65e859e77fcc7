// What the STS refuses, in the words and the document that AWS's STS has for it.

import { writeXml } from "../s3/xml.ts";
import { STS_NAMESPACE } from "../web_identity/exchange.ts";

/** The refusals and their HTTP status. Source: STS API reference, "AssumeRoleWithWebIdentity". */
const STATUS = {
  AccessDenied: 403,
  ExpiredTokenException: 400,
  IDPCommunicationError: 400,
  InternalFailure: 500,
  InvalidAction: 400,
  InvalidIdentityToken: 400,
  MalformedQueryString: 400,
  MissingAction: 400,
  ServiceUnavailable: 503,
  ValidationError: 400,
} as const;

/** A refusal's code. */
export type StsErrorCode = keyof typeof STATUS;

/** A request that the STS refuses. */
export class StsError extends Error {
  /** `StsError`. */
  override name = "StsError";
  /** What clients decide by. */
  readonly code: StsErrorCode;

  /**
   * Says why.
   *
   * @param message One sentence for people, without the token.
   */
  constructor(code: StsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** The HTTP status. */
  get status(): number {
    return STATUS[this.code];
  }
}

/** Makes the answer of an error. What is no `StsError` becomes `InternalFailure` and says no more. */
export function stsErrorResponse(error: unknown, requestId: string): Response {
  const { code, status, message } = error instanceof StsError
    ? error
    : new StsError("InternalFailure", "The server failed; the request may be tried again.");
  return stsResponse(
    "ErrorResponse",
    {
      Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message },
      RequestId: requestId,
    },
    requestId,
    status,
  );
}

/** An answer with a document of STS in it. */
export function stsResponse(
  root: string,
  content: Parameters<typeof writeXml>[1],
  requestId: string,
  status = 200,
): Response {
  return new Response(writeXml(root, content, STS_NAMESPACE), {
    status,
    headers: {
      "content-type": "text/xml",
      "cache-control": "no-store",
      "x-amzn-requestid": requestId,
    },
  });
}
