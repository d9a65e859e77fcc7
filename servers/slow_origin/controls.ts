// What a request may ask of the slow origin, by query or by header: read, checked and bounded.

import { quoted, Refusal } from "./refusal.ts";

/** The faults that a request can ask for. */
export const FAULTS = [
  "none",
  "close",
  "reset",
  "close-mid-body",
  "stall-mid-body",
  "hang",
] as const;

/** One of {@link FAULTS}. */
export type Fault = typeof FAULTS[number];

/** How the body's end is announced: by Content-Length, or not in advance. */
export type Framing = "length" | "chunked";

/** What one request may cost at most, for an origin that strangers can reach. */
export interface SlowOriginLimits {
  /** The longest delay that a request may ask for, in milliseconds; hangs and stalls end then. */
  maxDelayMs?: number;
  /** The largest body that is sent or taken, in bytes. */
  maxBodyBytes?: number;
  /** The most requests that may be open at one time; more are answered 503. */
  maxOpen?: number;
}

/** What one request asked for, with the defaults filled in. */
export interface Controls {
  /** The wait before the response head, in milliseconds. */
  sleepMs: number;
  /** The status of the answer. */
  status: number;
  /** The whole body's size in bytes; without it the body is its first line. */
  sizeBytes: number | undefined;
  /** The answer's Cache-Control; empty for none. */
  cacheControl: string;
  /** The answer's Vary. */
  vary: string | undefined;
  /** The answer's ETag, an entity tag (RFC 9110 §8.8.3). */
  etag: string | undefined;
  /** The answer's Last-Modified, an HTTP date. */
  lastModified: string | undefined;
  /** What goes wrong. */
  fault: Fault;
  /** How the body's end is announced. */
  framing: Framing;
  /** The pause between two chunks, in milliseconds. */
  paceMs: number;
  /** The number of chunks that the body is cut into; without it they are of at most 64 KiB. */
  chunks: number | undefined;
}

/** One control: its value in `text`, or `undefined` when that is not one of `expected`. */
interface Control<T> {
  name: string;
  expected: string;
  parse: (text: string) => T | undefined;
  /** Takes values separated by `|`, one for each request of the path; the last one repeats. */
  sequence?: true;
}

const LONGEST_S = 86_400;
const LARGEST_BYTES = 2 ** 40;

const seconds = (name: string): Control<number> => ({
  name,
  expected: `seconds from 0 to ${LONGEST_S}`,
  parse(text) {
    const value = /^(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : NaN;
    return value <= LONGEST_S ? value * 1_000 : undefined;
  },
});

const integer = (name: string, from: number, to: number): Control<number> => ({
  name,
  expected: `a whole number from ${from} to ${to}`,
  parse(text) {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    return value >= from && value <= to ? value : undefined;
  },
});

const oneOf = <T extends string>(name: string, values: readonly T[]): Control<T> => ({
  name,
  expected: `one of ${values.join(", ")}`,
  parse: (text) => values.find((value) => value === text),
});

const matching = (name: string, expected: string, pattern: RegExp): Control<string> => ({
  name,
  expected,
  parse: (text) => pattern.test(text) ? text : undefined,
});

const SLEEP: Control<number> = { ...seconds("sleep"), sequence: true };
const STATUS: Control<number> = { ...integer("status", 200, 599), sequence: true };
const SIZE = integer("size", 0, LARGEST_BYTES);
const CACHE_CONTROL: Control<string> = {
  ...matching("cache-control", "printable ASCII, or nothing", /^[\t\x20-\x7e]*$/),
  sequence: true,
};
const VARY = matching(
  "vary",
  "* or header names separated by commas",
  /^(\*|[\w!#$%&'*+.^`|~-]+(\s*,\s*[\w!#$%&'*+.^`|~-]+)*)$/,
);
const ETAG = matching("etag", 'an entity tag like "a" or W/"a"', /^(W\/)?"[\x21\x23-\x7e]*"$/);
const LAST_MODIFIED: Control<string> = {
  name: "last-modified",
  expected: "a date like Thu, 01 Jan 2026 00:00:00 GMT",
  parse(text) {
    const date = new Date(text);
    return !Number.isNaN(date.getTime()) && date.toUTCString() === text ? text : undefined;
  },
};
const FAULT: Control<Fault> = { ...oneOf("fault", FAULTS), sequence: true };
const FRAMING = oneOf<Framing>("framing", ["length", "chunked"]);
const PACE = seconds("pace");
const CHUNKS = integer("chunks", 1, 1_000_000);

const NAMES: ReadonlySet<string> = new Set(
  [SLEEP, STATUS, SIZE, CACHE_CONTROL, VARY, ETAG, LAST_MODIFIED, FAULT, FRAMING, PACE, CHUNKS]
    .map((control) => control.name),
);

const HEADER_PREFIX = "x-set-";

/** The given value of `control` for the `n`th request (from 1) and what to call it in a message. */
function read<T>(control: Control<T>, url: URL, headers: Headers, n: number): T | undefined {
  const header = headers.get(HEADER_PREFIX + control.name);
  const given = header ?? url.searchParams.get(control.name);
  if (given === null) return undefined;
  const called = header === null ? control.name : HEADER_PREFIX + control.name;
  const values = (control.sequence ? given.split("|") : [given]).map((text) => {
    const value = control.parse(text.trim());
    if (value === undefined) {
      throw new Refusal(
        400,
        `Cannot use ${called}: received ${quoted(text)}, expected ${control.expected}`,
      );
    }
    return value;
  });
  return values[Math.min(n, values.length) - 1];
}

/**
 * Reads the controls of a request. A header wins over the query parameter of the same name; other
 * query parameters are left alone, since a cache's key may carry them.
 *
 * @param n Which request for its path this is, from 1.
 * @param defaults What holds where the request says nothing.
 * @throws {Refusal} with status 400, naming the control, the value and what is allowed.
 */
export function readControls(
  url: URL,
  headers: Headers,
  n: number,
  defaults: { delayMs: number },
  limits: SlowOriginLimits = {},
): Controls {
  for (const name of headers.keys()) {
    if (name.startsWith(HEADER_PREFIX) && !NAMES.has(name.slice(HEADER_PREFIX.length))) {
      const known = [...NAMES].map((control) => HEADER_PREFIX + control).join(", ");
      throw new Refusal(400, `Cannot use ${name}: no such control, expected one of ${known}`);
    }
  }
  const of = <T>(control: Control<T>) => read(control, url, headers, n);
  const controls: Controls = {
    sleepMs: of(SLEEP) ?? defaults.delayMs,
    status: of(STATUS) ?? 200,
    sizeBytes: of(SIZE),
    cacheControl: of(CACHE_CONTROL) ?? "max-age=60",
    vary: of(VARY),
    etag: of(ETAG),
    lastModified: of(LAST_MODIFIED),
    fault: of(FAULT) ?? "none",
    framing: of(FRAMING) ?? "length",
    paceMs: of(PACE) ?? 0,
    chunks: of(CHUNKS),
  };
  checkTogether(controls);
  checkLimits(controls, limits);
  return controls;
}

/** The largest chunk where the request does not say how many there are. */
export const CHUNK_BYTES = 65_536;

/** The largest chunk that a request can ask for: each is made in memory. */
const LARGEST_CHUNK_BYTES = 2 ** 24;

/** Whether an answer of this status has no body (RFC 9110 §6.4.1 and §15.3.6). */
export function isBodiless(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}

function checkTogether({ fault, status, sizeBytes, chunks }: Controls): void {
  const fewest = Math.ceil((sizeBytes ?? 0) / LARGEST_CHUNK_BYTES);
  if (chunks !== undefined && chunks < fewest) {
    throw new Refusal(
      400,
      `Cannot use chunks: received ${chunks}, expected at least ${fewest} for size ${sizeBytes}`,
    );
  }
  if (fault !== "close-mid-body" && fault !== "stall-mid-body") return;
  if (isBodiless(status)) {
    throw new Refusal(400, `Cannot use fault=${fault}: an answer of status ${status} has no body`);
  }
  if (sizeBytes !== undefined && sizeBytes < 2) {
    throw new Refusal(
      400,
      `Cannot use fault=${fault}: received size ${sizeBytes}, expected at least 2`,
    );
  }
}

function checkLimits(controls: Controls, limits: SlowOriginLimits): void {
  const { sleepMs, paceMs, sizeBytes = 0 } = controls;
  const { maxDelayMs = Infinity, maxBodyBytes = Infinity } = limits;
  if (sizeBytes > maxBodyBytes) {
    throw new Refusal(
      400,
      `Cannot use size: received ${sizeBytes}, expected at most ${maxBodyBytes} bytes (the limit here)`,
    );
  }
  const pauses = paceMs === 0 ? 0 : (controls.chunks ?? Math.ceil(sizeBytes / CHUNK_BYTES)) - 1;
  const totalMs = sleepMs + Math.max(pauses, 0) * paceMs;
  if (totalMs > maxDelayMs) {
    throw new Refusal(
      400,
      `Cannot use sleep and pace: received ${totalMs / 1_000} s in all, expected at most ` +
        `${maxDelayMs / 1_000} s (the limit here)`,
    );
  }
}
