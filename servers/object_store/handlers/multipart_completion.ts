// The document of a CompleteMultipartUpload: which parts make the object, in which order.

import { checksumAlgorithmOf } from "../../s3/checksum.ts";
import { S3Error } from "../../s3/error.ts";
import { malformedXml } from "../../s3/errors.ts";
import type { ChecksumAlgorithm } from "../../s3/payload.ts";
import { childrenNamed, childText, parseXml, type XmlElement } from "../../s3/xml.ts";
import { MAX_PARTS } from "./multipart_parts.ts";

/** A part as the client names it. */
export interface ListedPart {
  /** From 1 to 10,000. */
  number: number;
  /** Its entity tag, without quotes. */
  etag: string;
  /** Its checksums, in Base64. */
  checksums: ReadonlyMap<ChecksumAlgorithm, string>;
}

/**
 * Reads which parts a client lists.
 *
 * @throws {S3Error} `MalformedXML` (400), also for no parts and for more than 10,000;
 *   `InvalidPartOrder` (400) unless numbers ascend.
 */
export function parseCompletion(text: string): ListedPart[] {
  const parts = childrenNamed(parseXml(text, "CompleteMultipartUpload"), "Part").map(listedPart);
  if (parts.length === 0 || parts.length > MAX_PARTS) throw malformedXml();
  let last = 0;
  for (const { number } of parts) {
    if (number <= last) {
      throw new S3Error(
        "InvalidPartOrder",
        400,
        "The parts are not in the order of their numbers.",
      );
    }
    last = number;
  }
  return parts;
}

function listedPart(element: XmlElement): ListedPart {
  const number = childText(element, "PartNumber")?.trim() ?? "";
  const etag = childText(element, "ETag")?.trim();
  if (!/^[1-9]\d{0,4}$/.test(number) || Number(number) > MAX_PARTS || etag === undefined) {
    throw malformedXml();
  }
  const checksums = new Map<ChecksumAlgorithm, string>();
  for (const { name, text } of element.children) {
    const algorithm = name.startsWith("Checksum")
      ? checksumAlgorithmOf(name.slice("Checksum".length))
      : undefined;
    if (algorithm !== undefined) checksums.set(algorithm, text.trim());
  }
  return { number: Number(number), etag: etag.replace(/^"(.*)"$/, "$1"), checksums };
}
