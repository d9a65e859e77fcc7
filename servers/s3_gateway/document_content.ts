// The documents that clients send: read whole, checked, and written anew with the keys behind the gateway.

import { createHash } from "node:crypto";
import { S3Error } from "../s3/error.ts";
import { malformedXml } from "../s3/errors.ts";
import { childrenNamed, childText, parseXml, writeXml, type XmlElement } from "../s3/xml.ts";
import type { ForwardedCall } from "./call.ts";
import { rethrow } from "./foreign.ts";
import { type BufferedOperation, MAX_DOCUMENT_BYTES } from "./forwarded.ts";
import type { Meter } from "./outbound.ts";
import { openBytes, type OpenContent, type OutgoingContent } from "./outgoing_content.ts";

/** The most keys in one DeleteObjects. Source: S3 API Reference. */
const MAX_DELETED_KEYS = 1_000;
/** The most parts of an object. Source: S3 User Guide, "multipart upload limits". */
const MAX_PARTS = 10_000;
const EMPTY = new Uint8Array(0);

/** A document, which is sent on once all of it has been read. */
export class DocumentContent implements OutgoingContent {
  /** {@inheritDoc OutgoingContent.isGathered} */
  readonly isGathered = true;
  /** {@inheritDoc OutgoingContent.failure} */
  readonly failure: undefined = undefined;
  readonly #call: ForwardedCall;
  readonly #operation: BufferedOperation;
  readonly #meter: Meter;
  #bytes: Uint8Array<ArrayBuffer> = EMPTY;
  #isReleased = false;
  #giveBack = () => {};

  /** Reads nothing yet. */
  constructor(call: ForwardedCall, operation: BufferedOperation, meter: Meter) {
    this.#call = call;
    this.#operation = operation;
    this.#meter = meter;
  }

  /** {@inheritDoc OutgoingContent.gather} */
  async gather(): Promise<void> {
    const maxBytes = MAX_DOCUMENT_BYTES[this.#operation];
    const text = await this.#call.payload.text(maxBytes).catch(rethrow);
    if (this.#isReleased) return;
    this.#bytes = new TextEncoder().encode(documentBehind(this.#call, text));
    this.#giveBack = this.#meter.hold(this.#bytes.length);
  }

  /** {@inheritDoc OutgoingContent.open} */
  open(): OpenContent {
    const { operation, headers, request } = this.#call;
    const fields: Record<string, string | null> = {
      "content-md5": this.#bytes.length === 0
        ? null
        : createHash("md5").update(this.#bytes).digest("base64"),
    };
    // Of the others they are about the object.
    if (operation === "DeleteObjects") {
      for (const name of headers.keys()) {
        if (/^content-encoding$|^x-amz-(checksum-|sdk-checksum-)/.test(name)) fields[name] = null;
      }
    }
    return openBytes(request.method === "DELETE" ? null : this.#bytes, fields);
  }

  /** {@inheritDoc OutgoingContent.release} */
  release(): void {
    this.#isReleased = true;
    this.#giveBack();
    this.#bytes = EMPTY;
  }
}

/** The document that goes on. @throws {S3Error} `MalformedXML` (400). */
function documentBehind({ operation, place }: ForwardedCall, text: string): string {
  if (operation === "DeleteObjects") {
    const root = parseXml(text, "Delete");
    const objects = childrenNamed(root, "Object");
    if (objects.length === 0 || objects.length > MAX_DELETED_KEYS) throw malformedXml();
    return writeXml("Delete", {
      Quiet: childText(root, "Quiet"),
      Object: objects.map((object) => deletionBehind(object, place.prefix)),
    });
  }
  if (operation === "CompleteMultipartUpload") {
    const parts = childrenNamed(parseXml(text, "CompleteMultipartUpload"), "Part");
    if (parts.length === 0 || parts.length > MAX_PARTS) throw malformedXml();
    return text;
  }
  return "";
}

function deletionBehind(object: XmlElement, prefix: string): Record<string, string> {
  const entries = object.children.map(({ name, text }) => [name, text] as const);
  const deletion = Object.fromEntries(entries);
  const key = childText(object, "Key");
  if (key === undefined) throw malformedXml();
  if (key === "") throw new S3Error("UserKeyMustBeSpecified", 400, "A key is empty.");
  return { ...deletion, Key: prefix + key };
}
