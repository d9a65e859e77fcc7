// A backend's answer as the client is to have it.

import type { ForwardedCall } from "./call.ts";
import { type BackendRefusal, errorDocument, refusalOf, statusOfCode } from "./backend_error.ts";
import { childText } from "../s3/xml.ts";
import { deleteDocument, listDocument, objectDocument, parseDocument } from "./documents.ts";
import { badBackend } from "./errors.ts";
import type { AnswerForm } from "./forwarded.ts";
import type { Meter } from "./outbound.ts";
import { type PassedFields, passedFields } from "./passed_fields.ts";

/** The longest document: 1,000 keys of 1,024 bytes, each byte percent-encoded, and what is around them. */
const MAX_DOCUMENT_BYTES = 16 << 20;
/** Of an error no more is read. */
const MAX_ERROR_BYTES = 64 << 10;

const PASSED: PassedFields = {
  fields: [
    ...["accept-ranges", "cache-control", "content-disposition", "content-encoding"],
    ...["content-language", "content-length", "content-range", "content-type", "etag", "expires"],
    "last-modified",
  ],
  // They are about the backend and not about the object.
  except: ["x-amz-request-id", "x-amz-id-2", "x-amz-bucket-region"],
};
/** Status codes that are no refusal. */
const DONE = [200, 204, 206, 304];

/** An answer, or why there is none. */
export type Answer = Response | BackendRefusal;

/** What is needed to read an answer. */
export interface AnswerContext {
  /** What becomes of it. */
  form: AnswerForm;
  /** Where documents are counted while they are held. */
  meter: Meter;
  /** Told of each piece of a document: the backend is there. */
  onPiece: () => void;
}

/**
 * Makes the answer to a call.
 *
 * @throws {S3Error} 502 for what is no answer of an S3 API, or what reading it fails with.
 */
export async function answerOf(
  call: ForwardedCall,
  response: Response,
  context: AnswerContext,
): Promise<Answer> {
  const { status } = response;
  const { form } = context;
  if (!DONE.includes(status)) {
    const text = await readText(response, context, { maxBytes: MAX_ERROR_BYTES, cut: true });
    return refusalOf(call, { status, text, retryAfter: response.headers.get("retry-after") });
  }
  const headers = passedFields(response.headers, PASSED);
  if (form === "content" || form === "head") {
    if (isPage(call, response)) {
      await response.body?.cancel();
      throw badBackend("its answer is not that of an S3 API");
    }
    if (form === "content") return new Response(response.body, { status, headers });
    await response.body?.cancel();
    if (call.request.method !== "HEAD") headers.delete("content-length");
    return new Response(null, { status, headers });
  }
  const text = await readText(response, context, { maxBytes: MAX_DOCUMENT_BYTES, cut: false });
  const error = errorDocument(text);
  if (error !== undefined) {
    const code = childText(error, "Code") ?? "";
    return refusalOf(call, { status: statusOfCode(code), text, retryAfter: null });
  }
  const document = rewritten(call, text, form.document);
  headers.delete("content-length");
  headers.set("content-type", "application/xml");
  return new Response(document, { status, headers });
}

/**
 * Whether a web page, or anything else that is no store's, stands in the place of an answer. Stores of
 * every kind give the ETag of what they have stored or found, also of a page.
 */
function isPage({ operation, request }: ForwardedCall, { status, headers }: Response): boolean {
  if (headers.has("etag") || status === 304) return false;
  if (operation === "PutObject" || operation === "UploadPart") return true;
  // Some stores, moto among them, call an answer HTML that has no content.
  const isEmpty = status === 204 || headers.get("content-length") === "0";
  return (request.method === "HEAD" || !isEmpty) &&
    /^text\/html\b/i.test(headers.get("content-type") ?? "");
}

function rewritten(call: ForwardedCall, text: string, name: string): string {
  const root = parseDocument(text, name);
  if (call.operation === "DeleteObjects") return deleteDocument(root, call);
  const isList = call.operation.startsWith("List") && call.operation !== "ListParts";
  return isList ? listDocument(root, call) : objectDocument(root, call, urlOf(call));
}

/** Where the client finds the object that it has made. */
function urlOf({ request }: ForwardedCall): string {
  return request.url.replace(/[?#].*$/s, "");
}

/**
 * The text of an answer.
 *
 * @param limit How long it may be in bytes, and whether of a longer one the beginning will do; else it is
 *   refused.
 */
async function readText(
  response: Response,
  { meter, onPiece }: AnswerContext,
  { maxBytes, cut }: { maxBytes: number; cut: boolean },
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = "";
  let bytes = 0;
  const releases: (() => void)[] = [];
  try {
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
      onPiece();
      bytes += read.value.length;
      releases.push(meter.hold(read.value.length));
      text += decoder.decode(read.value, { stream: true });
      if (bytes <= maxBytes) continue;
      await reader?.cancel();
      if (cut) break;
      throw badBackend("its answer is too long");
    }
  } finally {
    for (const release of releases) release();
  }
  return text + decoder.decode();
}
