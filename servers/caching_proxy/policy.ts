// Freshness and storability (RFC 9111), decided by a kept library on the clock that was passed in.

// @ts-types="@types/http-cache-semantics"
import CachePolicy from "http-cache-semantics";
import type { Clock } from "../../lab/clock.ts";

/** What a stored answer may be used for, and until when. */
export type Policy = CachePolicy;

/** A request as the library wants it. */
export type PolicyRequest = CachePolicy.HttpRequest;

/** Headers as the library has them. */
export type PolicyHeaders = CachePolicy.Headers;

/** Makes policies of a shared cache that tell time by `clock`. */
export function policyMaker(
  clock: Clock,
): (request: PolicyRequest, status: number, headers: Headers) => Policy {
  // The library asks `this.now()` wherever it needs the time, and documents no option for it.
  class ClockedPolicy extends CachePolicy {
    now(): number {
      return clock.now();
    }
  }
  return (request, status, headers) =>
    new ClockedPolicy(request, { status, headers: recordOf(headers) }, { shared: true });
}

/**
 * A request for a key, as the library wants it. The Host is left out: this cache has one origin, and
 * over HTTP/2 there is no such header (RFC 9113 §8.3.1), which the library would take for another.
 */
export function policyRequest(key: string, headers: Headers): PolicyRequest {
  const { host: _host, ...others } = recordOf(headers);
  return { url: key, method: "GET", headers: others };
}

/** Headers as the plain record the library reads. */
export function recordOf(headers: Headers): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.fromEntries(headers);
  const cookies = headers.getSetCookie();
  if (cookies.length > 0) record["set-cookie"] = cookies;
  return record;
}

/** The library's record as headers. */
export function headersOf(record: PolicyHeaders): Headers {
  const headers = new Headers();
  appendHeaders(headers, record);
  return headers;
}

/** Appends the library's record to headers. */
export function appendHeaders(headers: Headers, record: PolicyHeaders): void {
  for (const [name, value] of Object.entries(record)) {
    if (typeof value === "string") headers.append(name, value);
    else for (const one of value ?? []) headers.append(name, one);
  }
}
