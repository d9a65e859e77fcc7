// The content of a PutObject or UploadPart on its way: how it goes out, and what is checked of it here.

import { createHash } from "node:crypto";
import type { ContentClaims } from "../s3/content_claims.ts";
import { S3Error } from "../s3/error.ts";
import { sha256Mismatch } from "../s3/errors.ts";
import { EMPTY_SHA256 } from "../s3/sigv4.ts";
import { openWire } from "../s3/wire.ts";
import { CHUNKED_HASH, reframed, reframedBytes } from "./aws_chunked_out.ts";
import type { GatewayCall } from "./call.ts";
import type { BodyFraming, Meter } from "./outbound.ts";
import { heldBack, type Pieces } from "./relay.ts";

/** The largest content of one request, in bytes. Source: S3 User Guide, "Uploading objects". */
export const MAX_CONTENT_BYTES = 5 * 2 ** 30;

/** A content that is to be sent on. */
export interface Upload {
  /** Begins to read it. Only once. */
  pieces: () => Pieces;
  /** Its length on the wire, in bytes, where that is known. */
  lengthBytes: number | undefined;
  /** How that is told. */
  framing: BodyFraming;
  /** What stands for its hash in what is signed. */
  payloadHash: string;
  /** Header fields that go with it; null takes one away that the client sent. */
  fields: Readonly<Record<string, string | null>>;
  /** Whether it is a content without framing of its own, which may be gathered as well. */
  isPlain: boolean;
}

/** A call that brings a content. */
export type Uploading = Pick<GatewayCall, "request" | "payload" | "claims">;

/** Fields that say how a content is framed. */
const NO_FRAMING = {
  "x-amz-decoded-content-length": null,
  "x-amz-trailer": null,
} as const;

/**
 * Decides how a content is sent on. Nothing of it is read.
 *
 * | the client's content | goes out as |
 * |---|---|
 * | plain | the same bytes, `UNSIGNED-PAYLOAD`; where the client signed their SHA-256 it is checked here |
 * | aws-chunked with unsigned chunks | the same bytes, framing and trailer: the store checks the trailer |
 * | aws-chunked with signed chunks | what is in them, checked here: under another key their signatures would be wrong |
 * | the same with a trailer | checked here, and framed anew in unsigned chunks, with that trailer |
 *
 * Of what is checked here the last piece goes out after the check, so that the store never has all of a
 * content that is wrong.
 *
 * @param framing For contents that are plain when they go out. Others keep the framing that they have.
 * @throws {S3Error} `MissingContentLength` (411), `EntityTooLarge` (400), and `XAmzContentSHA256Mismatch`
 *   (400) for no content where some was signed.
 */
export function uploadOf(
  { request, payload, claims }: Uploading,
  framing: BodyFraming,
  meter: Meter,
): Upload {
  const { headers } = request;
  const lengthBytes = checkLength(claims);
  // There will be no piece that could be kept back until the end was looked at.
  if (lengthBytes === 0 && claims.sha256 !== undefined) checkSha256(claims.sha256, EMPTY_SHA256);
  const plain = { lengthBytes, framing, payloadHash: "UNSIGNED-PAYLOAD" };
  switch (claims.framing) {
    case "plain":
      return {
        ...plain,
        pieces: () => plainPieces(request, claims, meter),
        fields: {},
        isPlain: true,
      };
    case "unsigned-trailer":
      return {
        pieces: () => rawPieces(request, claims),
        lengthBytes: claims.wireBytes,
        framing: claims.wireBytes === undefined ? "chunked" : "fixed",
        payloadHash: CHUNKED_HASH,
        fields: {
          "x-amz-decoded-content-length": headers.get("x-amz-decoded-content-length"),
          "x-amz-trailer": headers.get("x-amz-trailer"),
        },
        isPlain: false,
      };
    case "signed":
      return {
        ...plain,
        pieces: () => heldBack(payload.chunks(), meter),
        fields: { ...NO_FRAMING, "content-encoding": ownEncoding(headers) },
        isPlain: false,
      };
    case "signed-trailer": {
      const trailer = headers.get("x-amz-trailer") ?? "";
      return {
        pieces: () => reframed(payload, trailer, meter),
        lengthBytes: reframedBytes(lengthBytes, trailer),
        framing: "fixed",
        payloadHash: CHUNKED_HASH,
        fields: {
          "x-amz-decoded-content-length": String(lengthBytes),
          "x-amz-trailer": trailer || null,
          "content-encoding": headers.get("content-encoding") ?? "aws-chunked",
        },
        isPlain: false,
      };
    }
  }
}

function checkLength({ lengthBytes }: ContentClaims): number {
  if (lengthBytes === undefined) {
    const message = "The length of the content is not announced: expected Content-Length.";
    throw new S3Error("MissingContentLength", 411, message);
  }
  if (lengthBytes <= MAX_CONTENT_BYTES) return lengthBytes;
  throw new S3Error("EntityTooLarge", 400, "The content is larger than one request may bring.", {
    ProposedSize: String(lengthBytes),
    MaxSizeAllowed: String(MAX_CONTENT_BYTES),
  });
}

/** `Content-Encoding` without how the content travelled. */
function ownEncoding(headers: Headers): string | null {
  const encodings = (headers.get("content-encoding") ?? "").split(",").map((one) => one.trim())
    .filter((one) => one !== "" && one.toLowerCase() !== "aws-chunked");
  return encodings.join(", ") || null;
}

/** The bytes of a body as they come. */
async function* rawPieces(request: Request, { wireBytes }: ContentClaims): Pieces {
  const wire = openWire(request, wireBytes);
  try {
    for (let bytes = await wire.read(); bytes !== undefined; bytes = await wire.read()) {
      if (bytes.length > 0) yield bytes;
    }
  } finally {
    wire.close();
  }
}

function plainPieces(request: Request, claims: ContentClaims, meter: Meter): Pieces {
  const pieces = rawPieces(request, claims);
  return claims.sha256 === undefined ? pieces : heldBack(hashed(pieces, claims.sha256), meter);
}

async function* hashed(pieces: Pieces, sha256: string): Pieces {
  const hash = createHash("sha256");
  for await (const piece of pieces) {
    hash.update(piece);
    yield piece;
  }
  checkSha256(sha256, hash.digest("hex"));
}

function checkSha256(announced: string, computed: string): void {
  if (computed !== announced) throw sha256Mismatch(announced, computed);
}
