// Takes the aws-chunked framing off a content as it comes, and checks what is signed of it.

import { createHash, type Hash } from "node:crypto";
import { concat } from "./concat.ts";
import { S3Error } from "./error.ts";
import { ALGORITHM, EMPTY_SHA256, hmacHex, sameSignature, type Scope, scopeText } from "./sigv4.ts";

/** What chunks are signed with. */
export interface ChunkSigner {
  /** The signing key of the request's day and region. */
  key: Uint8Array;
  /** The request's: `yyyymmddThhmmssZ`. */
  timestamp: string;
  /** The request's. */
  scope: Scope;
  /** The request's own signature, which the first chunk's continues. */
  seed: string;
}

/** What an aws-chunked content is expected to be. */
export interface AwsChunkedOptions {
  /** The length of the content without framing, in bytes. */
  decodedBytes: number;
  /** Given where each chunk is signed, and the trailer too. */
  signer: ChunkSigner | undefined;
  /** Whether a trailer follows the last chunk. */
  trailer: boolean;
}

/** Far above the longest line there is: a size, `;chunk-signature=` and 64 digits, or a checksum. */
const MAX_LINE_BYTES = 1024;
const MAX_TRAILER_FIELDS = 8;
const LF = 10;
const UNSIGNED_CHUNK = /^([0-9a-f]{1,16})\r$/i;
const SIGNED_CHUNK = /^([0-9a-f]{1,16});chunk-signature=([0-9a-f]{64})\r$/i;
const CRLF = "\r\n";
const TRAILER_SIGNATURE = "x-amz-trailer-signature";

/** What the next byte belongs to. A delimiter is the CRLF behind a chunk's data. */
type State = "chunk-line" | "data" | "delimiter" | "trailer-line" | "done";

/**
 * Decodes one aws-chunked content. Of what came it keeps one line at most, of 1 KiB at most.
 *
 * Sources: S3 API reference, "Signature calculations for the Authorization header: transferring payload
 * in multiple chunks", and the same "with trailing headers". A trailer's lines may end in LF alone, and
 * an empty line may stand before its signature and behind its end, as minio-go sends it.
 *
 * @example
 * ```ts
 * import { AwsChunkedDecoder } from "./aws_chunked.ts";
 *
 * const decoder = new AwsChunkedDecoder({ decodedBytes: 5, signer: undefined, trailer: false });
 * const content = decoder.push(new TextEncoder().encode("5\r\nhello\r\n0\r\n\r\n"));
 * decoder.end();
 * console.log(new TextDecoder().decode(content)); // hello
 * ```
 */
export class AwsChunkedDecoder {
  readonly #signer: ChunkSigner | undefined;
  readonly #hasTrailer: boolean;
  readonly #trailer = new Map<string, string>();
  #state: State = "chunk-line";
  #line = "";
  /** What is still missing of a delimiter; in `done` what may yet come. */
  #delimiter = CRLF;
  #isLast = false;
  #chunkLeft = 0;
  #contentLeft: number;
  #hash: Hash | undefined;
  #chunkSignature = "";
  #previousSignature: string;
  #emptyLines = 0;
  #trailerIsSigned = false;

  /** Expects the first byte of the wire. */
  constructor(options: AwsChunkedOptions) {
    this.#signer = options.signer;
    this.#hasTrailer = options.trailer;
    this.#contentLeft = options.decodedBytes;
    this.#previousSignature = options.signer?.seed ?? "";
  }

  /**
   * Takes the next bytes of the wire. A chunk's signature is checked with its last byte, so content may
   * be returned before it is known to be signed.
   *
   * @return The content among them, as one array: a part of what was given, or a copy.
   * @throws {S3Error} `IncompleteBody` (400) for wrong framing or a wrong length,
   * `SignatureDoesNotMatch` (403), `MalformedTrailerError` (400).
   */
  push(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#state === "data") {
        const piece = bytes.subarray(at, at + this.#chunkLeft);
        pieces.push(piece);
        at += piece.length;
        this.#takeData(piece);
      } else if (this.#state === "chunk-line" || this.#state === "trailer-line") {
        at = this.#takeLine(bytes, at);
      } else {
        this.#takeDelimiter(bytes[at++]);
      }
    }
    const [only] = pieces;
    return pieces.length === 1 && only !== undefined ? only : concat(pieces);
  }

  /**
   * Says that the wire has ended.
   *
   * @return The trailer: values by name in lower case, without its signature.
   * @throws {S3Error} `IncompleteBody` (400) when something is missing.
   */
  end(): ReadonlyMap<string, string> {
    if (this.#state !== "done" || this.#delimiter === "\n") throw framingError("it ends too early");
    return this.#trailer;
  }

  #takeData(piece: Uint8Array): void {
    this.#hash?.update(piece);
    this.#chunkLeft -= piece.length;
    this.#contentLeft -= piece.length;
    if (this.#chunkLeft === 0) this.#endChunk();
  }

  #endChunk(): void {
    this.#checkChunk();
    this.#delimiter = CRLF;
    this.#state = this.#isLast && this.#hasTrailer ? "trailer-line" : "delimiter";
  }

  #takeDelimiter(byte: number | undefined): void {
    if (byte !== this.#delimiter.charCodeAt(0)) {
      throw framingError(
        this.#state === "done" ? "it goes on after its end" : "a chunk's data does not end in CRLF",
      );
    }
    this.#delimiter = this.#delimiter.slice(1);
    if (this.#state === "delimiter" && this.#delimiter === "") {
      this.#state = this.#isLast ? "done" : "chunk-line";
    }
  }

  /** Takes what there is of a line, and the line once it is whole. Returns where to go on. */
  #takeLine(bytes: Uint8Array, at: number): number {
    const lf = bytes.indexOf(LF, at);
    const end = lf === -1 ? bytes.length : lf;
    if (this.#line.length + end - at > MAX_LINE_BYTES) throw framingError("a line is too long");
    this.#line += String.fromCharCode(...bytes.subarray(at, end));
    if (lf === -1) return end;
    const line = this.#line;
    this.#line = "";
    if (this.#state === "chunk-line") this.#beginChunk(line);
    else this.#takeTrailerLine(line.endsWith("\r") ? line.slice(0, -1) : line);
    return lf + 1;
  }

  #beginChunk(line: string): void {
    const form = this.#signer === undefined ? UNSIGNED_CHUNK : SIGNED_CHUNK;
    const [, hex = "", signature = ""] = form.exec(line) ?? [];
    if (hex === "") throw framingError("a chunk does not begin as it should");
    const size = parseInt(hex, 16);
    if (size > this.#contentLeft) throw framingError("it is longer than it was said to be");
    if (size === 0 && this.#contentLeft > 0) {
      throw framingError("it is shorter than it was said to be");
    }
    this.#chunkSignature = signature;
    this.#chunkLeft = size;
    this.#isLast = size === 0;
    this.#hash = this.#signer === undefined || this.#isLast ? undefined : createHash("sha256");
    if (this.#isLast) this.#endChunk();
    else this.#state = "data";
  }

  #checkChunk(): void {
    if (this.#signer === undefined) return;
    const hash = this.#hash?.digest("hex") ?? EMPTY_SHA256;
    this.#checkSignature("PAYLOAD", `${EMPTY_SHA256}\n${hash}`, this.#chunkSignature);
  }

  #takeTrailerLine(line: string): void {
    if (line === "") return this.#takeEmptyLine();
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
    const value = line.slice(colon + 1).replaceAll(/^[ \t]+|[ \t]+$/g, "");
    if (this.#signer !== undefined && name === TRAILER_SIGNATURE && !this.#trailerIsSigned) {
      this.#checkTrailer(value);
    } else if (
      name === "" || this.#trailerIsSigned || this.#emptyLines > 0 || this.#trailer.has(name) ||
      this.#trailer.size === MAX_TRAILER_FIELDS
    ) {
      throw malformedTrailer();
    } else {
      this.#trailer.set(name, value);
    }
  }

  #takeEmptyLine(): void {
    if (this.#signer !== undefined && !this.#trailerIsSigned) {
      if (++this.#emptyLines > 1) throw malformedTrailer();
    } else {
      this.#delimiter = CRLF;
      this.#state = "done";
    }
  }

  #checkTrailer(signature: string): void {
    const text = [...this.#trailer].map(([name, value]) => `${name}:${value}\n`).join("");
    const hash = createHash("sha256").update(text, "latin1").digest("hex");
    this.#checkSignature("TRAILER", hash, signature);
    this.#trailerIsSigned = true;
  }

  #checkSignature(kind: "PAYLOAD" | "TRAILER", hashes: string, signature: string): void {
    if (this.#signer === undefined) return;
    const { key, timestamp, scope } = this.#signer;
    const expected = hmacHex(
      key,
      `${ALGORITHM}-${kind}\n${timestamp}\n${
        scopeText(scope)
      }\n${this.#previousSignature}\n${hashes}`,
    );
    if (!sameSignature(expected, signature)) {
      throw new S3Error(
        "SignatureDoesNotMatch",
        403,
        `The signature of a ${
          kind === "PAYLOAD" ? "chunk" : "trailer"
        } does not match its content.`,
      );
    }
    this.#previousSignature = expected;
  }
}

function framingError(why: string): S3Error {
  return new S3Error("IncompleteBody", 400, `The content in aws-chunked is broken: ${why}.`);
}

function malformedTrailer(): S3Error {
  const message = "The trailer of the content is not well-formed.";
  return new S3Error("MalformedTrailerError", 400, message);
}
