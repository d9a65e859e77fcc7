// The refusals that are a gateway's own: a backend or a token service that does not do its part.

import { S3Error } from "../s3/error.ts";

/** What answered is no S3 API, or broke off: 502. */
export function badBackend(why: string): S3Error {
  return new S3Error("BadGateway", 502, `The store behind this gateway failed: ${why}.`);
}

/** Nobody answers: 503, as S3 says it of itself. */
export function backendUnreachable(): S3Error {
  const message =
    "The store behind this gateway cannot be reached; the request may be tried again.";
  return new S3Error("ServiceUnavailable", 503, message);
}

/** Nothing came for too long: 504. */
export function backendSilent(): S3Error {
  const message = "The store behind this gateway did nothing for too long.";
  return new S3Error("GatewayTimeout", 504, message);
}

/** The client sent nothing for too long. S3's own code for it, which clients try again after. */
export function clientSilent(): S3Error {
  const message = "Nothing of the content came for too long.";
  return new S3Error("RequestTimeout", 400, message);
}

/** There is no key to a backend for now: 503. */
export function noKeyYet(why: string): S3Error {
  const message = `There is no key to the store behind this gateway: ${why}; ` +
    "the request may be tried again.";
  return new S3Error("ServiceUnavailable", 503, message);
}

/** There will be no key to a backend until somebody mends something: 502. */
export function noKey(why: string): S3Error {
  const message = `There is no key to the store behind this gateway: ${why}.`;
  return new S3Error("BadGateway", 502, message);
}

/** Who asks may not do this. */
export function accessDenied(message: string): S3Error {
  return new S3Error("AccessDenied", 403, message);
}
