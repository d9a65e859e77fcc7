// Answers to clients, each naming the cache's decision in `Cache-Status` (RFC 9211).

import { ifNoneMatch } from "@std/http/etag";
import { appendHeaders, type PolicyHeaders } from "./policy.ts";
import type { Entry } from "./store.ts";
import { answeredHeaders } from "./upstream.ts";

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
  const headers: PolicyHeaders = {
    ...stored,
    "cache-status": cacheStatus({ ...decision, ttl: entry.policy.timeToLive() / 1_000 }),
  };
  const asked = request.headers.get("if-none-match");
  const etag = typeof stored.etag === "string" ? stored.etag : undefined;
  if (asked !== null && etag !== undefined && !ifNoneMatch(asked, etag)) {
    delete headers["content-length"];
    onDone();
    return withHeaders(new Response(null, { status: 304 }), headers);
  }
  const { status } = entry;
  if (request.method === "HEAD" || NULL_BODY.has(status)) {
    onDone();
    return withHeaders(new Response(null, { status }), headers);
  }
  const bytes = entry.fill.bytes();
  if (bytes === undefined) {
    return withHeaders(new Response(entry.fill.follow(onDone), { status }), headers);
  }
  onDone();
  return withHeaders(new Response(bytes, { status }), headers);
}

/** A response with headers put in where they are sent from: to hand them over costs twice as much. */
function withHeaders(response: Response, headers: PolicyHeaders): Response {
  appendHeaders(response.headers, headers);
  return response;
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

/** An origin's answer on its way to the one client that asked for it. */
export function relayed(response: Response, decision: CacheDecision): Response {
  const headers = answeredHeaders(response.headers);
  headers.set("cache-status", cacheStatus(decision));
  return new Response(response.body, { status: response.status, headers });
}

/** The status of an answer that nobody will read: the client has left. */
const CLIENT_CLOSED_REQUEST = 499;

/** The answer to a client that has left. */
export function clientLeft(): Response {
  return new Response(null, { status: CLIENT_CLOSED_REQUEST });
}
