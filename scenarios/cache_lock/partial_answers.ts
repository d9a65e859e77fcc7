// What is wrong with an answer to a request for less than the whole: a range, a header, a condition.

/** An answer, complete. */
export interface Reply {
  status: number;
  headers: Headers;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Says in one line what is wrong with a reply, or undefined when nothing is.
 *
 * @param whole The content of the writer's answer, which asked for all of it.
 */
export type WhyWrong = (reply: Reply, whole: Uint8Array<ArrayBuffer>) => string | undefined;

/** The first and the last byte of a range, counted from 0. */
export interface ByteSpan {
  first: number;
  last: number;
}

/**
 * A range is answered 206 with bytes that its Content-Range names (RFC 9110 §14.4, §15.3.7: it may be
 * less than was asked for), or 200 with the whole (§14.2).
 */
export function whyNotPart({ first, last }: ByteSpan): WhyWrong {
  return (reply, whole) => {
    if (reply.status !== 206) return whyNotWhole(reply, whole);
    const field = reply.headers.get("content-range");
    const said = `Content-Range: ${field ?? "none"}`;
    const match = /^bytes (\d+)-(\d+)\/(\d+|\*)$/i.exec(field ?? "");
    const [from = NaN, to = NaN] = (match ?? []).slice(1, 3).map(Number);
    if (!(from >= first && to <= last && from <= to)) {
      return `206 with ${said}, expected bytes ${first}-${last} or a part of them`;
    }
    const size = match?.[3];
    if (size !== "*" && !sizesOf(whole).includes(Number(size))) {
      return `206 with ${said}, expected a length of ${whole.length}`;
    }
    return asText(reply.bytes) === asText(whole.subarray(from, to + 1))
      ? undefined
      : `206 with ${said}, but other bytes than these`;
  };
}

/** HEAD is answered as GET is, without content (RFC 9110 §9.3.2: its length may be left out). */
export const whyNotHead: WhyWrong = ({ status, headers }, whole) => {
  if (status !== 200) return `the answer was ${status}, expected 200`;
  const length = headers.get("content-length");
  return length === null || sizesOf(whole).includes(Number(length))
    ? undefined
    : `Content-Length: ${length}, expected ${whole.length}`;
};

/** A condition that holds is answered 304, or 200 where it is ignored (RFC 9110 §13.1.2). */
export const whyNotUnchanged: WhyWrong = (reply, whole) =>
  reply.status === 304 ? undefined : whyNotWhole(reply, whole);

function whyNotWhole({ status, bytes }: Reply, whole: Uint8Array): string | undefined {
  if (status !== 200) return `the answer was ${status} with ${bytes.length} bytes`;
  return unnumbered(bytes) === unnumbered(whole)
    ? undefined
    : `200 with ${bytes.length} bytes that are not the whole`;
}

const asText = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Our origin numbers its answers, and a reader may have had one of its own. */
const unnumbered = (bytes: Uint8Array) => asText(bytes).replaceAll(/ request \d+/g, " request N");

/** The sizes that the whole can have, when its number has up to five digits. */
function sizesOf(whole: Uint8Array): number[] {
  const numbered = / request (\d+)/.exec(asText(whole));
  const [, number = ""] = numbered ?? [];
  return numbered ? [1, 2, 3, 4, 5].map((digits) => whole.length - number.length + digits) : [
    whole.length,
  ];
}
