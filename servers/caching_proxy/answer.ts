// Answers to clients, each naming the cache's decision in `Cache-Status` (RFC 9211).

import { ifNoneMatch } from "@std/http/etag";
import { headersOf, type PolicyHeaders } from "./policy.ts";
import type { Entry } from "./store.ts";

/** The name under which this cache speaks in `Cache-Status` and `Via`. */
export const CACHE_NAME = "edge-repro";

/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const NULL_BODY = new Set([204, 205, 304]);

/** One decision, as the parameters of a `Cache-Status` member. */
export interface CacheDecision {
  hit?: boolean;
  /** Why the request went on: `uri-miss`, `vary-miss`, `stale`, `method`, `bypass`. */
  fwd?: string;
  fwdStatus?: number;
  stored?: boolean;
  collapsed?: boolean;
  /** Seconds of freshness left. */
  ttl?: number;
  /** The lock status that decided, where one did. */
  detail?: string;
}

/** Writes a decision as a `Cache-Status` value. */
export function cacheStatus(decision: CacheDecision): string {
  const { hit, fwd, fwdStatus, stored, collapsed, ttl, detail } = decision;
  return [
    CACHE_NAME,
    hit && "hit",
    fwd && `fwd=${fwd}`,
    fwdStatus && `fwd-status=${fwdStatus}`,
    stored && "stored",
    collapsed && "collapsed",
    ttl !== undefined && `ttl=${Math.trunc(ttl)}`,
    detail && `detail=${detail}`,
  ].filter(Boolean).join("; ");
}

/**
 * Answers from an entry: all of its body where that is there, else following its fill.
 *
 * @param stored The answer's headers as the entry's policy gives them now.
 */
export function fromEntry(
  request: Request,
  entry: Entry,
  stored: PolicyHeaders,
  decision: CacheDecision,
  onDone: () => void,
): Response {
  const headers = headersOf(stored);
  headers.set(
    "cache-status",
    cacheStatus({ ...decision, ttl: entry.policy.timeToLive() / 1_000 }),
  );
  const etag = headers.get("etag") ?? undefined;
  const asked = request.headers.get("if-none-match");
  if (asked !== null && etag !== undefined && !ifNoneMatch(asked, etag)) {
    headers.delete("content-length");
    onDone();
    return new Response(null, { status: 304, headers });
  }
  if (request.method === "HEAD" || NULL_BODY.has(entry.status)) {
    onDone();
    return new Response(null, { status: entry.status, headers });
  }
  const bytes = entry.fill.bytes();
  if (bytes === undefined) {
    return new Response(entry.fill.follow(onDone), { status: entry.status, headers });
  }
  onDone();
  return new Response(bytes, { status: entry.status, headers });
}

/** A refusal or failure of the proxy's own, with a line of text. */
export function ownAnswer(
  status: number,
  text: string,
  decision: CacheDecision,
  headers: Record<string, string> = {},
): Response {
  return new Response(`${text}\n`, {
    status,
    headers: {
      "cache-status": cacheStatus(decision),
      "content-type": "text/plain; charset=utf-8",
      ...headers,
    },
  });
}
