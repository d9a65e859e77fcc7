// The way to the origin: one function that sends a request on, and what must not be sent on.

/** Headers that belong to one connection (RFC 9110 §7.6.1), and those that `fetch` sets itself. */
const HOP_BY_HOP = [
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** Headers that would make the answer less than the whole representation, which is what is cached. */
const PARTIAL = [
  "if-match",
  "if-modified-since",
  "if-none-match",
  "if-range",
  "if-unmodified-since",
  "range",
];

/** The headers that a cacheable request goes to the origin with. */
export function cacheableRequestHeaders(request: Headers, via: string): Headers {
  const headers = forwardedHeaders(request, via);
  for (const name of PARTIAL) headers.delete(name);
  return headers;
}

/** The headers that any request goes to the origin with. */
export function forwardedHeaders(request: Headers, via: string): Headers {
  const headers = new Headers(request);
  const named = (request.get("connection") ?? "").split(",").map((name) => name.trim());
  for (const name of [...HOP_BY_HOP, ...named]) if (name !== "") headers.delete(name);
  headers.append("via", via);
  // `fetch` decodes what it asked for itself, and a proxy has to hand on the bytes it was given.
  headers.set("accept-encoding", "identity");
  return headers;
}

/** The headers of an origin's answer that go on to the client. */
export function answeredHeaders(response: Headers): Headers {
  const headers = new Headers(response);
  for (const name of ["connection", "keep-alive", "transfer-encoding", "upgrade", "trailer"]) {
    headers.delete(name);
  }
  // `fetch` has decoded such a body, asked or not: neither header is true of it any more.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  return headers;
}
