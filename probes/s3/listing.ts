// One page of ListObjectsV2, out of the XML that a store answers with.

import { elementOf } from "./error_document.ts";

/** One object of a listing. */
export interface ListedObject {
  /** The key, decoded. */
  key: string;
  /** Its size in bytes. */
  sizeBytes: number;
  /** Its entity tag, with its quotes. */
  etag: string;
}

/** One page of a listing. */
export interface ListingPage {
  /** The objects of this page. */
  objects: ListedObject[];
  /** Asks for the next page; undefined on the last. */
  nextToken: string | undefined;
}

/** Reads one page; undefined for what is no listing. */
export function parseListing(text: string): ListingPage | undefined {
  const root = elementOf(text, "ListBucketResult");
  if (root === undefined) return undefined;
  const encoded = root["EncodingType"] === "url";
  const objects = [root["Contents"] ?? []].flat().map((one) => {
    const of = (name: string) => String((one as Record<string, unknown>)[name] ?? "");
    const key = of("Key");
    return {
      key: encoded ? decode(key) : key,
      sizeBytes: Number(of("Size")),
      etag: quoted(of("ETag")),
    };
  });
  const token = root["NextContinuationToken"];
  const more = root["IsTruncated"] === "true" && typeof token === "string" && token !== "";
  return { objects, nextToken: more ? token : undefined };
}

/** Form encoding, as AWS encodes keys when it is asked to: a space is `+`. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return text;
  }
}

/** An entity tag with quotes, whether the store quoted it or not. */
export function quoted(etag: string): string {
  return `"${etag.replace(/^"|"$/g, "")}"`;
}
