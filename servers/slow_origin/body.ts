// The slow origin's bodies: bytes that say everywhere which answer they belong to, at a chosen pace.

import type { Clock } from "../../lab/clock.ts";
import type { Exchange } from "./exchange.ts";

/** What a request proves who it is with: never shown to anyone, whatever an answer varies by. */
const SECRETS: ReadonlySet<string> = new Set(["authorization", "cookie", "proxy-authorization"]);

/**
 * The values of the request headers that an answer varies by, in its order: `accept-language=de`. A
 * representation is another for each of them (RFC 9110 §12.5.5), and its bytes are to say so. Headers
 * that the request does not have are left out, as are those that carry secrets.
 *
 * @param vary The answer's Vary; undefined when it has none.
 */
export function variantOf(headers: Headers, vary: string | undefined): string[] {
  const names = (vary ?? "").split(",").map((name) => name.trim().toLowerCase());
  return names.flatMap((name) => {
    const value = name === "" || name === "*" || SECRETS.has(name) ? null : headers.get(name);
    return value === null ? [] : [`${name}=${value}`];
  });
}

/** The line that a body repeats: which path, which request for that path, and which variant. */
export function bodyLine(
  path: string,
  n: number,
  variant: readonly string[] = [],
): Uint8Array<ArrayBuffer> {
  const said = [`slow-origin ${path} request ${n}`, ...variant].join(" ");
  return new TextEncoder().encode(`${said}\n`);
}

/**
 * `length` bytes from offset `from` of the endless repetition of `line`, so that bytes of two answers
 * that got mixed show wherever the seam is.
 */
export function repeated(line: Uint8Array, from: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const start = from % line.length;
  bytes.set(line.subarray(start, start + length));
  let filled = Math.min(length, line.length - start);
  if (filled < length) {
    bytes.set(line.subarray(0, Math.min(line.length, length - filled)), filled);
    filled += Math.min(line.length, length - filled);
  }
  // What stands now repeats every line.length bytes: copy it on, in steps that double.
  for (let unit = line.length; filled < length; unit *= 2) {
    const step = Math.min(unit, length - filled);
    bytes.copyWithin(filled, filled - unit, filled - unit + step);
    filled += step;
  }
  return bytes;
}

/** What is to be sent, and how. */
export interface BodyPlan {
  /** What the body repeats. */
  line: Uint8Array;
  /** The offset of the first byte in the whole representation. */
  from: number;
  /** How many bytes are announced. */
  length: number;
  /** How many chunks of about one size they come in. */
  chunks: number;
  /** The pause between two chunks, in milliseconds. */
  paceMs: number;
  /** What happens half-way, if anything: the connection closes, or nothing more comes. */
  midway: "close" | "stall" | undefined;
  /** How long a stall lasts before the connection is closed, in milliseconds; Infinity: for ever. */
  stallMs: number;
}

/**
 * A body as planned, produced only as fast as it is taken. It ends its exchange: `answered` when the
 * last byte was taken, `aborted` when the client left before, `fault` when it was made to fail.
 */
export function streamBody(
  plan: BodyPlan,
  exchange: Exchange,
  clock: Clock,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const sendable = plan.midway === undefined ? plan.length : Math.floor(plan.length / 2);
  let sent = 0;
  let index = 0;
  const chunks = Math.min(plan.chunks, plan.length);
  /** Where the chunk of this index ends, so that sizes differ by one byte at most. */
  const endOf = (chunk: number) =>
    chunk + 1 >= chunks ? plan.length : Math.floor(((chunk + 1) * plan.length) / chunks);
  const step = async (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
    if (sent === sendable) {
      // An empty body gets here without a fault.
      if (plan.midway === undefined) return finish(controller);
      if (plan.midway === "stall") await exchange.hold(clock, plan.stallMs);
      exchange.end("fault");
      return controller.error(new Error("the body ends half-way, as asked"));
    }
    if (sent > 0 && plan.paceMs > 0) await clock.sleep(plan.paceMs, { signal: exchange.signal });
    const length = Math.min(endOf(index++), sendable) - sent;
    const bytes = repeated(plan.line, plan.from + sent, length);
    sent += bytes.length;
    controller.enqueue(bytes);
    if (sent === sendable && plan.midway === undefined) finish(controller);
  };
  const finish = (controller: ReadableStreamDefaultController) => {
    exchange.end("answered");
    controller.close();
  };
  return new ReadableStream({
    pull: (controller) =>
      step(controller).catch((error) => {
        // The exchange is over already: its client left, or the server closes.
        controller.error(error);
      }),
    cancel: () => exchange.end("aborted"),
  }, { highWaterMark: 0 });
}
