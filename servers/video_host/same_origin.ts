// Whether a request that changes something comes from the host's own page.

/**
 * Whether a browser that sends this request shows a page of the same host, so that no other site can
 * press the buttons (CSRF). Browsers say so in `Sec-Fetch-Site` (W3C Fetch Metadata) and in `Origin`
 * (RFC 6454 §7), which no script can change. A client that says neither is no browser and acts for
 * nobody but itself: it is let through.
 */
export function isSameOrigin(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin") return false;
  const origin = request.headers.get("origin");
  if (origin === null) return true;
  // Where TLS ends in front of the host, the schemes differ.
  return URL.canParse(origin) && new URL(origin).host === new URL(request.url).host;
}
