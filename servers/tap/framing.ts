// How a request's content is delimited on the wire, as its header fields say it.

/** A header field as it was sent: its name in the sender's case. */
export type Field = readonly [name: string, value: string];

/** How the end of a request's content is told. */
export type Framing =
  /** Content-Length alone; the same number several times is that number. */
  | { kind: "content-length"; bytes: number }
  /** Transfer-Encoding, whose last coding is chunked. */
  | { kind: "chunked" }
  /** Neither: there is no content. */
  | { kind: "none" }
  /** Both, by which two readers may take one request for two: chunked is what counts, if it is. */
  | { kind: "both"; chunked: boolean }
  /** Fields that no reader can follow. */
  | { kind: "invalid"; why: string };

/** The most digits of a Content-Length: a number of that many is exact. */
const LENGTH = /^\d{1,15}$/;

/**
 * Tells a request's framing from its fields. Source: RFC 9112 §6.3 and §6.1, RFC 9110 §8.6.
 *
 * @example
 * ```ts
 * import { framingOf } from "./framing.ts";
 *
 * console.log(framingOf([["Content-Length", "5"]])); // { kind: "content-length", bytes: 5 }
 * ```
 */
export function framingOf(fields: readonly Field[]): Framing {
  const codings = valuesOf(fields, "transfer-encoding").map((coding) => coding.toLowerCase());
  const lengths = valuesOf(fields, "content-length");
  if (codings.length > 0) {
    // Only the last coding can be chunked, and only once: else the end cannot be told.
    const chunked = codings.indexOf("chunked") === codings.length - 1;
    if (lengths.length > 0) return { kind: "both", chunked };
    return chunked ? { kind: "chunked" } : {
      kind: "invalid",
      why: `received Transfer-Encoding ${
        JSON.stringify(codings.join(", "))
      }, expected chunked last`,
    };
  }
  const [length, ...others] = new Set(lengths);
  if (length === undefined) return { kind: "none" };
  if (others.length === 0 && LENGTH.test(length)) {
    return { kind: "content-length", bytes: Number(length) };
  }
  const received = JSON.stringify(lengths.join(", ").slice(0, 60));
  return { kind: "invalid", why: `received Content-Length ${received}, expected one number` };
}

/** A framing in a few words, for a timeline or a table: `content-length: 5`, `chunked`. */
export function framingText(framing: Framing): string {
  switch (framing.kind) {
    case "content-length":
      return `content-length: ${framing.bytes}`;
    case "both":
      return "content-length and transfer-encoding";
    default:
      return framing.kind;
  }
}

function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([one]) => one.toLowerCase() === name)
    .flatMap(([, value]) => value.split(",")).map((value) => value.trim());
}
