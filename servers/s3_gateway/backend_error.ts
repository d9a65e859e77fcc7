// A backend's refusal as the client is to have it: the same code and status, with names turned back.

import { S3Error } from "../s3/error.ts";
import { childText, parseXml, type XmlElement } from "../s3/xml.ts";
import type { ForwardedCall } from "./call.ts";
import { accessDenied, badBackend, noKey, noKeyYet } from "./errors.ts";

/**
 * Elements of an error that may go on. Others can bear what is not for clients: the string that was
 * signed, and with it a session token; the id of the gateway's own key; ids of machines.
 */
const DETAILS = [
  ...["Key", "BucketName", "UploadId", "PartNumber", "ETag", "Condition", "ArgumentName"],
  ...["ArgumentValue", "ProposedSize", "MinSizeAllowed", "MaxSizeAllowed", "ActualObjectSize"],
  ...["RangeRequested", "Method", "ResourceType", "Header", "Size"],
];

/** Refusals of the gateway's own signature: the client can do nothing about them. */
const KEY_IS_WRONG = [
  ...["InvalidAccessKeyId", "SignatureDoesNotMatch", "AuthorizationHeaderMalformed"],
  ...["RequestTimeTooSkewed", "InvalidSecurity", "NotSignedUp", "AccountProblem"],
];
/** Refusals of a key that has ended: there is a new one for who asks again. */
const KEY_HAS_ENDED = ["ExpiredToken", "InvalidToken", "TokenRefreshRequired", "RequestExpired"];

/** What a HEAD is refused for, which has no document. */
const HEAD_CODES: Readonly<Record<number, string>> = {
  400: "BadRequest",
  403: "AccessDenied",
  404: "NoSuchKey",
  405: "MethodNotAllowed",
  412: "PreconditionFailed",
  416: "InvalidRange",
  501: "NotImplemented",
};

/** Whether a refusal says that a key to the backend has ended, and is to be forgotten. */
export function saysKeyHasEnded(code: string): boolean {
  return KEY_HAS_ENDED.includes(code) || code === "InvalidAccessKeyId";
}

/** A backend's refusal: what to answer, and the backend's own code for it where that is another. */
export interface BackendRefusal {
  /** What to answer. */
  error: S3Error;
  /** The backend's code; empty where it gave none. */
  code: string;
}

/** A refusal as it came. */
export interface Refused {
  /** Of the answer; of a document in an answer that is a 200, what its code has. */
  status: number;
  /** Its content; empty for a HEAD. */
  text: string;
  /** Its `Retry-After`; null for none. */
  retryAfter: string | null;
}

/** Reads a refusal. */
export function refusalOf(call: ForwardedCall, refused: Refused): BackendRefusal {
  const { error, code } = withoutTime(call, refused);
  if (refused.retryAfter === null) return { error, code };
  const details = { ...error.details, "retry-after": refused.retryAfter };
  return { error: new S3Error(error.code, error.status, error.message, details), code };
}

function withoutTime(call: ForwardedCall, { status, text }: Refused): BackendRefusal {
  const document = errorDocument(text);
  const code = document === undefined ? "" : childText(document, "Code")?.trim() ?? "";
  if (document === undefined || !/^[\w.]{1,64}$/.test(code)) {
    return { error: withoutDocument(call, status, text), code: "" };
  }
  if (KEY_IS_WRONG.includes(code)) return { error: noKey("it refused the gateway's own"), code };
  if (KEY_HAS_ENDED.includes(code)) {
    return { error: noKeyYet("the one that was used has ended"), code };
  }
  if (status < 400) return { error: badBackend("it sent the request elsewhere"), code };
  // Its message says who the gateway is there: an account, a role.
  if (code === "AccessDenied") return { error: accessDenied("The store refused."), code };
  const details: Record<string, string> = {};
  for (const { name, text: value, children } of document.children) {
    if (DETAILS.includes(name) && children.length === 0) {
      details[name] = turnedBack(value, name, call);
    }
  }
  const message = turnedBack(childText(document, "Message") ?? code, "Message", call);
  return { error: new S3Error(code, status, message, details), code };
}

/** The status that the code of an error in a 200 would have had. */
export function statusOfCode(code: string): number {
  if (code === "InternalError") return 500;
  if (code === "SlowDown" || code === "ServiceUnavailable") return 503;
  return 400;
}

/** The error that a text is; undefined for any other text. */
export function errorDocument(text: string): XmlElement | undefined {
  try {
    return parseXml(text.trimStart(), "Error");
  } catch {
    return undefined;
  }
}

function withoutDocument({ operation, key }: ForwardedCall, status: number, text: string): S3Error {
  const code = HEAD_CODES[status];
  if (text === "" && code !== undefined) {
    const isBucket = status === 404 && (key === "" || operation.startsWith("List"));
    return new S3Error(isBucket ? "NoSuchBucket" : code, status, "The store refused.");
  }
  if (status === 503) return new S3Error("ServiceUnavailable", 503, "The store is not available.");
  if (status === 504) return new S3Error("GatewayTimeout", 504, "The store took too long.");
  if (status >= 300 && status < 400) return badBackend("it sent the request elsewhere");
  return badBackend(`it answered ${status} without saying why as S3 does`);
}

/** A text of the backend's in which names become those that the client knows. */
function turnedBack(
  text: string,
  element: string,
  { place, bucket, key, backendKey }: ForwardedCall,
): string {
  const { backendBucket, prefix } = place;
  if (element === "BucketName") return text === backendBucket ? bucket : text;
  if (element === "Key") return text.startsWith(prefix) ? text.slice(prefix.length) : text;
  let turned = text;
  if (backendKey !== "" && backendKey !== key) turned = turned.replaceAll(backendKey, () => key);
  if (backendBucket !== bucket) turned = turned.replaceAll(backendBucket, () => bucket);
  return turned;
}
