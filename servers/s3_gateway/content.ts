// The content of a request on its way to a backend: none, a document that is read first, or an upload.

import { createHash } from "node:crypto";
import { S3Error } from "../s3/error.ts";
import { malformedXml } from "../s3/errors.ts";
import { childrenNamed, childText, parseXml, writeXml, type XmlElement } from "../s3/xml.ts";
import type { ForwardedCall } from "./call.ts";
import type { GatewaySwitches } from "./config.ts";
import { foreignTouch } from "./foreign.ts";
import { BUFFERED_OPERATIONS } from "./forwarded.ts";
import type { BodyFraming, Meter } from "./outbound.ts";
import { relayed } from "./relay.ts";
import type { SilenceWatch } from "./silence.ts";
import { uploadOf } from "./upload.ts";

/** The most keys in one DeleteObjects. Source: S3 API Reference. */
const MAX_DELETED_KEYS = 1_000;
/** The most parts of an object. Source: S3 User Guide, "multipart upload limits". */
const MAX_PARTS = 10_000;
const EMPTY = new Uint8Array(0);

/** What is sent. */
export type Body = ReadableStream<Uint8Array<ArrayBuffer>> | Uint8Array<ArrayBuffer> | null;

/** A content before and while it is sent. */
export interface OutgoingContent {
  /** Whether {@linkcode gather} has to be called, and has to end, before {@linkcode open}. */
  isGathered: boolean;
  /** Reads all of the content. The reading begins before this returns, in the caller's turn. */
  gather(): Promise<void>;
  /** What is to be sent, and how. Only once. */
  open(watch: Pick<SilenceWatch, "expect">): {
    body: Body;
    lengthBytes: number | undefined;
    framing: BodyFraming;
    payloadHash: string;
    /** Null takes away what the client sent. */
    fields: Readonly<Record<string, string | null>>;
  };
  /** What went wrong on the client's side while it was sent. */
  readonly failure: unknown;
  /** Gives back the memory that was gathered. */
  release(): void;
}

/**
 * The content of a call. Nothing is read yet.
 *
 * @throws {S3Error} what is wrong with its header fields, its length among it.
 */
export function contentOf(
  call: ForwardedCall,
  switches: GatewaySwitches,
  meter: Meter,
): OutgoingContent {
  const { operation } = call;
  const maxBytes = BUFFERED_OPERATIONS[operation];
  if (maxBytes !== undefined) return new Document(call, maxBytes, meter);
  if (operation === "PutObject" || operation === "UploadPart") {
    return new Uploaded(call, switches, meter);
  }
  return new Nothing(call.request.method);
}

class Nothing implements OutgoingContent {
  readonly isGathered = false;
  readonly failure = undefined;
  readonly #body: Body;

  constructor(method: string) {
    // A PUT or POST without content says so.
    this.#body = method === "PUT" || method === "POST" ? EMPTY : null;
  }

  gather(): Promise<void> {
    return Promise.resolve();
  }

  open(): ReturnType<OutgoingContent["open"]> {
    return { ...ofBytes(this.#body), fields: { "content-md5": null } };
  }

  release(): void {}
}

/** Bytes that are there are signed with their hash. */
function ofBytes(body: Body): Omit<ReturnType<OutgoingContent["open"]>, "fields"> {
  const bytes = body instanceof Uint8Array ? body : EMPTY;
  const payloadHash = createHash("sha256").update(bytes).digest("hex");
  return { body, lengthBytes: bytes.length, framing: "fixed", payloadHash };
}

class Document implements OutgoingContent {
  readonly isGathered = true;
  readonly failure = undefined;
  readonly #call: ForwardedCall;
  readonly #maxBytes: number;
  readonly #meter: Meter;
  #bytes: Uint8Array<ArrayBuffer> = EMPTY;
  #release = () => {};

  constructor(call: ForwardedCall, maxBytes: number, meter: Meter) {
    this.#call = call;
    this.#maxBytes = maxBytes;
    this.#meter = meter;
  }

  async gather(): Promise<void> {
    const text = await this.#call.payload.text(this.#maxBytes).catch(rethrow);
    this.#bytes = new TextEncoder().encode(documentFor(this.#call, text));
    this.#release = this.#meter.hold(this.#bytes.length);
  }

  open(): ReturnType<OutgoingContent["open"]> {
    const { operation, headers, request } = this.#call;
    const fields: Record<string, string | null> = {
      "content-md5": this.#bytes.length === 0
        ? null
        : createHash("md5").update(this.#bytes).digest("base64"),
    };
    // Of the others it is the object's.
    if (operation === "DeleteObjects") {
      for (const name of headers.keys()) {
        if (/^content-encoding$|^x-amz-(checksum-|sdk-checksum-)/.test(name)) fields[name] = null;
      }
    }
    return { ...ofBytes(request.method === "DELETE" ? null : this.#bytes), fields };
  }

  release(): void {
    this.#release();
    this.#bytes = EMPTY;
  }
}

class Uploaded implements OutgoingContent {
  readonly isGathered: boolean;
  readonly #upload: ReturnType<typeof uploadOf>;
  readonly #meter: Meter;
  #pieces: Uint8Array<ArrayBuffer>[] = [];
  #releases: (() => void)[] = [];
  #failure: unknown;

  constructor(call: ForwardedCall, switches: GatewaySwitches, meter: Meter) {
    this.#upload = uploadOf(call, switches.framing, meter);
    this.#meter = meter;
    this.isGathered = call.operation === "UploadPart" && switches.uploadPart === "buffer" &&
      this.#upload.isPlain;
  }

  get failure(): unknown {
    return this.#failure;
  }

  async gather(): Promise<void> {
    try {
      for await (const piece of this.#upload.pieces()) {
        this.#releases.push(this.#meter.hold(piece.length));
        this.#pieces.push(piece);
      }
    } catch (error) {
      this.release();
      rethrow(error);
    }
  }

  open(watch: Pick<SilenceWatch, "expect">): ReturnType<OutgoingContent["open"]> {
    const { lengthBytes, framing, payloadHash, fields, pieces } = this.#upload;
    if (this.isGathered) {
      return { body: concat(this.#pieces), lengthBytes, framing: "fixed", payloadHash, fields };
    }
    if (lengthBytes === 0) return { body: EMPTY, lengthBytes, framing, payloadHash, fields };
    const onFailure = (error: unknown) => this.#failure = foreignTouch(error) ?? error;
    const { stream, end } = relayed(pieces(), this.#meter, watch, onFailure);
    this.#releases.push(end);
    return { body: stream, lengthBytes, framing, payloadHash, fields };
  }

  release(): void {
    for (const release of this.#releases) release();
    this.#releases = [];
    this.#pieces = [];
  }
}

function rethrow(error: unknown): never {
  throw foreignTouch(error) ?? error;
}

function concat(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** The document that goes on. @throws {S3Error} `MalformedXML` (400). */
function documentFor({ operation, place }: ForwardedCall, text: string): string {
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
