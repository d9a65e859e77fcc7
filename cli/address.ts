// Addresses and headers from the command line, with what is secret in them taken out.

import { UsageError } from "../lab/errors.ts";
import type { Secrets } from "./secrets.ts";

/** A URL as it was given, and the Authorization header that its user and password stand for. */
export interface Address {
  /** Without user, password and fragment. */
  url: URL;
  /** The header's value; undefined without user and password. */
  authorization: string | undefined;
}

const HTTP = /^https?:$/;

/** A URL as others may read it: without user, password, query and fragment. */
export function shownUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !HTTP.test(url.protocol)) return "URL";
  return `${url.protocol}//${url.host}${url.pathname === "/" ? "" : url.pathname}`;
}

/**
 * Reads an http or https URL. User and password become a `Basic` Authorization (RFC 7617) and are
 * remembered as secrets, as is what a query holds.
 *
 * @param flag The flag's name, for messages, which never quote what may be secret.
 * @throws {UsageError} when it is no such URL.
 */
export function parseAddress(flag: string, text: string, secrets: Secrets): Address {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !HTTP.test(url.protocol) || !/^https?:\/\//i.test(text)) {
    const received = text.includes("@") ? "something else" : `'${text}'`;
    throw new UsageError(
      `--${flag}: received ${received}, expected a URL that begins with http:// or https://`,
    );
  }
  const { username, password } = url;
  url.username = url.password = url.hash = "";
  for (const value of url.searchParams.values()) secrets.add(value);
  if (username === "" && password === "") return { url, authorization: undefined };
  const [user, secret] = [decoded(username), decoded(password)];
  const encoded = new TextEncoder().encode(`${user}:${secret}`).toBase64();
  for (const one of [password, secret, encoded]) secrets.add(one);
  return { url, authorization: `Basic ${encoded}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Headers that frame a request: the probe writes them itself, and a second one would break it. */
const FRAMING = ["connection", "content-length", "expect", "te", "transfer-encoding", "upgrade"];

/** Headers whose values are no secrets and may be words that reasons use. */
const OPEN = /^(accept|accept-\w+|cache-control|content-type|pragma|user-agent|x-set-\w+)$/;

/**
 * Reads `name: value` headers into a record with names in lower case; one that is given again is
 * joined as RFC 9110 section 5.3 says. Values are remembered as secrets.
 *
 * @throws {UsageError} when one is no header, or one that the probe must write itself. The message
 * quotes the name only.
 */
export function parseHeaders(texts: readonly string[], secrets: Secrets): Record<string, string> {
  const headers = new Headers();
  for (const text of texts) {
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = text.slice(colon + 1).trim();
    if (name === "host") throw new UsageError("--header: the Host header is given with --host");
    if (FRAMING.includes(name)) {
      throw new UsageError(`--header: '${name}' is written by the probe itself`);
    }
    if (!OPEN.test(name)) {
      secrets.add(value);
      // `Bearer TOKEN`: the token alone may come back too.
      for (const part of value.split(/\s+/).slice(1)) secrets.add(part);
    }
    try {
      if (colon < 1) throw new TypeError("no name");
      headers.append(name, value);
    } catch {
      const where = /^[\w-]+$/.test(name) ? ` for '${name}'` : "";
      throw new UsageError(
        `--header: received a bad value${where} (not shown: it may be secret), ` +
          "expected 'name: value' in one line",
      );
    }
  }
  return Object.fromEntries(headers);
}

/** Whether a URL's host is this machine's loopback. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(127\.\d+\.\d+\.\d+|\[::1\]|localhost|.+\.localhost)$/.test(hostname);
}
