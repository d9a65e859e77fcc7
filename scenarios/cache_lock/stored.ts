// Puts an answer into the target's cache and waits until it has expired there.

import { InconclusiveError } from "../../lab/errors.ts";
import { answerOf, sayAnswer } from "./answer.ts";
import { type Client, type Context, openClient } from "./clients.ts";
import { originLog } from "./stage.ts";

/** For how long a stored answer is fresh, in seconds: long enough to be asked for once more. */
export const FRESH_S = 2;

/**
 * How long until it has expired for certain, in milliseconds. HTTP counts freshness in whole seconds
 * (RFC 9111 §1.2.2), so that a cache may be up to one late, and one behind another, which gets an Age
 * in whole seconds, up to two; no pacing shortens them.
 */
export const EXPIRED_AFTER_MS = FRESH_S * 1_000 + 2_100;

/** How often an answer is asked for until it is served from the cache. */
const TRIES = 3;

/** What the answer that is stored has of its own; for the rest it is what the URL asks for. */
export interface StoredAs {
  /** What its Cache-Control has beside `max-age`. */
  cacheControl: string;
  etag: string;
  /** An HTTP date. */
  lastModified: string;
  /** The size of its body; as the URL says by default. */
  sizeBytes?: number;
}

/** An answer that was stored and has expired. */
export interface Expired {
  /** SHA-256 of its content, in hex. */
  digest: string;
}

/**
 * Has the target store an answer that the origin gives at once, sees that it is served again without
 * the origin, and waits until it has expired: some 4 s of the wall clock, at any pace. The request's
 * own headers tell the origin what to answer, so that the URL can ask for something else later. The
 * origin then forgets its log of the URL: what comes after is counted from 1.
 *
 * @throws {InconclusiveError} when the target does not store it.
 */
export async function storeAndExpire(
  context: Context,
  path: string,
  as: StoredAs,
): Promise<Expired> {
  const { access: { url }, clock, signal, timeline } = context;
  const origin = originLog(context);
  const pathname = new URL(path, url).pathname;
  const headers: [string, string][] = [
    ["X-Set-Sleep", "0"],
    ["X-Set-Cache-Control", `max-age=${FRESH_S}, ${as.cacheControl}`],
    ["X-Set-ETag", as.etag],
    ["X-Set-Last-Modified", as.lastModified],
  ];
  if (as.sizeBytes !== undefined) headers.push(["X-Set-Size", String(as.sizeBytes)]);
  let asked = await origin?.read(pathname);
  const clients: Client[] = [];
  for (let tries = 0; tries < TRIES; tries++) {
    const client = await openClient(context, "storer", path, { headers });
    clients.push(client);
    const digest = await digestOf(context, client);
    const now = await origin?.read(pathname);
    if (now?.requests.length === 0) {
      throw new InconclusiveError(
        "the origin never saw the request: is the target a proxy of the origin that --origin " +
          "names, and does it keep the path?",
      );
    }
    // Without a log it cannot be seen, and what cannot be proved is not judged to be healthy.
    const stored = now === undefined ? tries > 0 : now.requests.length === asked?.requests.length;
    asked = now;
    if (!stored) continue;
    // Not before: one that leaves at once with its answer may take away what is about to be stored.
    for (const { connection } of clients) connection.close();
    timeline.add("probe", "stored");
    await clock.sleep(EXPIRED_AFTER_MS, { signal });
    timeline.add("probe", "expired");
    await origin?.forget(pathname);
    return { digest };
  }
  throw new InconclusiveError(
    `the target does not store: the origin was asked ${TRIES} times for what was fresh for ` +
      `${FRESH_S} s`,
  );
}

async function digestOf(context: Context, { exchange }: Client): Promise<string> {
  const { params, clock } = context;
  const patienceMs = Math.max(2_000, params.thresholdMs) + params.originDelayMs;
  const answer = await answerOf(context, exchange, clock.now() + patienceMs);
  if (answer.kind === "answered" && answer.status === 200) return answer.digest;
  throw new InconclusiveError(`what is to expire could not be stored: ${sayAnswer(answer)}`);
}
