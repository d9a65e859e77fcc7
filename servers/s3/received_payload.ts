// The content of one request as it is read: framing taken off, every claim about it checked.

import { createHash } from "node:crypto";
import { AwsChunkedDecoder, type ChunkSigner } from "./aws_chunked.ts";
import { type ChecksumCalculator, createChecksum, isChecksum } from "./checksum.ts";
import type { ContentClaims } from "./content_claims.ts";
import { S3Error } from "./error.ts";
import { sha256Mismatch } from "./errors.ts";
import { takeBack } from "./lent_bytes.ts";
import type { ChunkOptions, Digest, Payload } from "./payload.ts";
import { type Body, openWire } from "./wire.ts";

/** Shorter arrays are not worth the call. */
const LENT_BYTES = 16 << 10;

/** A request's content, checked against what the request says of it. */
export class ReceivedPayload implements Payload {
  readonly #body: Body;
  readonly #claims: ContentClaims;
  readonly #signer: ChunkSigner | undefined;
  #isTaken = false;
  #digest: Digest | undefined;

  /**
   * Reads nothing yet.
   *
   * @param body The request.
   * @param claims What it says of its content.
   * @param signer What its chunks are signed with, should they be.
   */
  constructor(body: Body, claims: ContentClaims, signer: ChunkSigner | undefined) {
    this.#body = body;
    this.#claims = claims;
    this.#signer = signer;
  }

  /** {@inheritDoc Payload.lengthBytes} */
  get lengthBytes(): number | undefined {
    return this.#claims.lengthBytes;
  }

  /** {@inheritDoc Payload.chunks} */
  async *chunks(
    { lent = false }: ChunkOptions = {},
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, void> {
    if (this.#isTaken) {
      throw new Error("Cannot read a content: received a second reader, expected one");
    }
    this.#isTaken = true;
    const claims = this.#claims;
    const decoder = this.#createDecoder();
    const md5 = createHash("md5");
    const sha256 = claims.sha256 === undefined ? undefined : createHash("sha256");
    let sizeBytes = 0;
    const wire = openWire(this.#body, claims.wireBytes);
    // Begun before any wait, which the code of a checksum may take: the reader's turn may be all it has.
    const first = wire.read();
    // It fails where it is waited for.
    first.catch(() => {});
    let checksum: ChecksumCalculator | undefined;
    try {
      checksum = claims.checksum && await createChecksum(claims.checksum.algorithm);
      for (let bytes = await first; bytes !== undefined; bytes = await wire.read()) {
        const content = decoder?.push(bytes) ?? bytes;
        if (content.length === 0) continue;
        sizeBytes += content.length;
        md5.update(content);
        sha256?.update(content);
        checksum?.update(content);
        yield content;
        if (lent && bytes.buffer.byteLength >= LENT_BYTES) takeBack(bytes);
      }
    } finally {
      wire.close();
    }
    const value = await checksum?.digest();
    const trailer = decoder?.end();
    this.#digest = check({
      sizeBytes,
      md5: md5.digest("hex"),
      sha256: sha256?.digest("hex"),
      checksum: value,
      trailer,
    }, claims);
  }

  /** {@inheritDoc Payload.digest} */
  digest(): Digest {
    if (this.#digest !== undefined) return this.#digest;
    throw new Error("Cannot tell what a content is: received no end of it yet, expected all of it");
  }

  /** {@inheritDoc Payload.text} */
  async text(maxBytes: number): Promise<string> {
    if ((this.lengthBytes ?? 0) > maxBytes) throw tooLong(maxBytes);
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let text = "";
    let sizeBytes = 0;
    for await (const bytes of this.chunks()) {
      sizeBytes += bytes.length;
      if (sizeBytes > maxBytes) throw tooLong(maxBytes);
      text += decoded(decoder, bytes);
    }
    return text + decoded(decoder);
  }

  #createDecoder(): AwsChunkedDecoder | undefined {
    const { framing, lengthBytes } = this.#claims;
    if (framing === "plain") return undefined;
    return new AwsChunkedDecoder({
      decodedBytes: lengthBytes ?? 0,
      signer: framing === "unsigned-trailer" ? undefined : this.#signer,
      trailer: framing !== "signed",
    });
  }
}

/** What was computed over a content, and what came behind it. */
interface Computed {
  sizeBytes: number;
  md5: string;
  sha256: string | undefined;
  checksum: string | undefined;
  trailer: ReadonlyMap<string, string> | undefined;
}

function check(computed: Computed, claims: ContentClaims): Digest {
  const { sizeBytes, md5, sha256, trailer = new Map() } = computed;
  if (claims.lengthBytes !== undefined && sizeBytes !== claims.lengthBytes) {
    throw new S3Error(
      "IncompleteBody",
      400,
      "The content has not the number of bytes that the headers say.",
      { NumberBytesExpected: String(claims.lengthBytes), NumberBytesProvided: String(sizeBytes) },
    );
  }
  if (claims.sha256 !== undefined && sha256 !== claims.sha256) {
    throw sha256Mismatch(claims.sha256, sha256 ?? "");
  }
  if (claims.md5 !== undefined && md5 !== claims.md5) {
    throw new S3Error("BadDigest", 400, "The Content-MD5 header is not the MD5 of the content.", {
      ExpectedDigest: claims.md5,
      CalculatedDigest: md5,
    });
  }
  const checksum = checkChecksum(computed.checksum, claims.checksum, trailer);
  return checksum === undefined ? { sizeBytes, md5 } : { sizeBytes, md5, checksum };
}

function checkChecksum(
  value: string | undefined,
  claim: ContentClaims["checksum"],
  trailer: ReadonlyMap<string, string>,
): Digest["checksum"] {
  const field = claim === undefined ? undefined : `x-amz-checksum-${claim.algorithm}`;
  const announced = claim !== undefined && claim.value === undefined ? field : undefined;
  if (trailer.size !== (announced === undefined ? 0 : 1)) throw malformedTrailer();
  if (claim === undefined || value === undefined) return undefined;
  const expected = claim.value ?? trailer.get(announced ?? "");
  if (expected === undefined) throw malformedTrailer();
  if (!isChecksum(claim.algorithm, expected)) {
    throw new S3Error("InvalidRequest", 400, `The value of ${field} is invalid.`);
  }
  if (expected !== value) {
    throw new S3Error("BadDigest", 400, `The value of ${field} is not that of the content.`);
  }
  return { algorithm: claim.algorithm, value };
}

function decoded(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true });
  } catch {
    throw new S3Error("MalformedXML", 400, "The content is no UTF-8.");
  }
}

function tooLong(maxBytes: number): S3Error {
  return new S3Error("MalformedXML", 400, `The content is longer than ${maxBytes} bytes.`);
}

function malformedTrailer(): S3Error {
  const message = "The trailer of the content is not what x-amz-trailer says.";
  return new S3Error("MalformedTrailerError", 400, message);
}
