// The XML of S3: root elements as records, and the error document that answers what is refused.

import { XMLParser } from "fast-xml-parser";

/** The elements of an S3 error that something is made of here. */
export interface S3ErrorDocument {
  /** The code that S3's reference lists. */
  code: string;
  /** The store's own sentence; may repeat parts of the request. */
  message: string;
  /** The region that it should have been. */
  region: string | undefined;
  /** The host that it should have been. */
  endpoint: string | undefined;
}

/** More text than this is no error document, in characters. */
const LONGEST_ERROR = 64 * 1024;

/** The error that a store answered with; undefined for anything else. */
export function parseS3Error(text: string): S3ErrorDocument | undefined {
  if (text.length > LONGEST_ERROR || !/<Error[\s>]/.test(text) || text.includes("<!")) {
    return undefined;
  }
  const error = elementOf(text, "Error");
  const of = (name: string) => {
    const value = error?.[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const code = of("Code");
  if (code === undefined) return undefined;
  return {
    code,
    message: of("Message") ?? "",
    region: of("Region"),
    endpoint: of("Endpoint"),
  };
}

/**
 * The root element of an XML document, if it has that name: its children by name, lists as arrays.
 * Namespaces' prefixes are dropped, entities of a document's own are not read.
 */
export function elementOf(text: string, name: string): Record<string, unknown> | undefined {
  let document: Record<string, unknown>;
  try {
    document = parser.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
  const root = document[name];
  if (root === "") return {};
  return typeof root === "object" && root !== null && !Array.isArray(root)
    ? root as Record<string, unknown>
    : undefined;
}

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  // The only way in fast-xml-parser 5.12 to have `&#34;` read, as which Go writes a quote.
  htmlEntities: true,
  processEntities: { enabled: true, maxTotalExpansions: 100_000, maxExpandedLength: 4 << 20 },
  trimValues: false,
});
