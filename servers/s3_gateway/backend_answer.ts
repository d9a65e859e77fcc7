// A backend's answer as the client is to have it.

import type { ForwardedCall } from "./call.ts";
import { type BackendRefusal, errorDocument, refusalOf, statusOfCode } from "./backend_error.ts";
import { childText } from "../s3/xml.ts";
import { deleteDocument, listDocument, objectDocument, parseDocument } from "./documents.ts";
import { badBackend } from "./errors.ts";
import type { AnswerForm } from "./forwarded.ts";
import type { Meter } from "./outbound.ts";

/** The longest document: 1,000 keys of 1,024 bytes, each byte percent-encoded, and what is around them. */
const MAX_DOCUMENT_BYTES = 16 << 20;
/** Of an error no more is read. */
const MAX_ERROR_BYTES = 64 << 10;

/** Fields of an answer that mean the same to the client, beside those that begin with `x-amz-`. */
const FIELDS = [
  ...["accept-ranges", "cache-control", "content-disposition", "content-encoding"],
  ...["content-language", "content-length", "content-range", "content-type", "etag", "expires"],
  ...["last-modified", "retry-after"],
];
/** Fields of S3 that are about the backend and not about the object. */
const NOT_PASSED_ON = ["x-amz-request-id", "x-amz-id-2", "x-amz-bucket-region"];
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
}

/**
 * Makes the answer to a call.
 *
 * @throws {S3Error} 502 for what is no answer of an S3 API, or what reading it fails with.
 */
export async function answerOf(
  call: ForwardedCall,
  response: Response,
  { form, meter }: AnswerContext,
): Promise<Answer> {
  const { status } = response;
  if (!DONE.includes(status)) {
    const text = await readText(response, MAX_ERROR_BYTES, meter, true);
    return refusalOf(call, status, text);
  }
  const headers = passedOn(response.headers);
  if (form === "content") return new Response(response.body, { status, headers });
  if (form === "head") {
    await response.body?.cancel();
    checkHead(call, response);
    if (call.request.method !== "HEAD") headers.delete("content-length");
    return new Response(null, { status, headers });
  }
  const text = await readText(response, MAX_DOCUMENT_BYTES, meter, false);
  const error = errorDocument(text);
  if (error !== undefined) {
    return refusalOf(call, statusOfCode(childText(error, "Code") ?? ""), text);
  }
  const document = rewritten(call, text, form.document);
  headers.delete("content-length");
  headers.set("content-type", "application/xml");
  return new Response(document, { status, headers });
}

/** What stores of every kind say when they have stored or found something. A web page does not. */
function checkHead({ operation, request }: ForwardedCall, { status, headers }: Response): void {
  const stores = operation === "PutObject" || operation === "UploadPart";
  // Some stores, moto among them, call an answer HTML that has no content.
  const isEmpty = request.method === "HEAD" || status === 204 ||
    headers.get("content-length") === "0";
  const isPage = !isEmpty && /^text\/html\b/i.test(headers.get("content-type") ?? "");
  if (isPage || (stores && !headers.has("etag"))) {
    throw badBackend("its answer is not that of an S3 API");
  }
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

function passedOn(given: Headers): Headers {
  const headers = new Headers();
  for (const [name, value] of given) {
    const passed = name.startsWith("x-amz-")
      ? !NOT_PASSED_ON.includes(name)
      : FIELDS.includes(name);
    if (passed) headers.set(name, value);
  }
  return headers;
}

/**
 * The text of an answer.
 *
 * @param cut Whether of a longer one the beginning will do; else it is refused.
 */
async function readText(
  response: Response,
  maxBytes: number,
  meter: Meter,
  cut: boolean,
): Promise<string> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let text = "";
  let bytes = 0;
  const releases: (() => void)[] = [];
  try {
    for (let read = await reader?.read(); read?.value; read = await reader?.read()) {
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
