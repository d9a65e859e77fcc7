// The URL that a WebSocket client is given: where it goes, and what of it may be shown.

import { UsageError } from "../lab/errors.ts";
import { parseAddress, shownUrl } from "./address.ts";
import type { Secrets } from "./secrets.ts";

/** Names of query parameters whose values are kept out of what is written. */
const SECRET = /token|key|secret|sig|auth|pass|jwt|session|code/i;

/** Where a WebSocket is. */
export interface WsAddress {
  /** Scheme (http or https), host and port. */
  url: URL;
  /** Path and query. */
  path: string;
  /** The value of the Authorization header that user and password stand for. */
  authorization: string | undefined;
  /** As others may read it: ws or wss, without user, password and query. */
  shown: string;
}

/**
 * Reads a ws, wss, http or https URL; user and password become an Authorization, as with `probe`.
 *
 * @throws {UsageError} when it is no such URL.
 */
export function parseWsAddress(text: string, secrets: Secrets): WsAddress {
  if (!/^(ws|http)s?:\/\//i.test(text) || !URL.canParse(text)) {
    const received = text.includes("@") || text.includes("?") ? "something else" : `'${text}'`;
    throw new UsageError(
      `URL: received ${received}, expected one that begins with ws://, wss://, http:// or https://`,
    );
  }
  const { search } = new URL(text);
  for (const [name, value] of new URLSearchParams(search)) {
    if (SECRET.test(name)) secrets.add(value);
  }
  const http = text.replace(/^ws/i, "http").replace(/[?#].*$/s, "");
  const { url, authorization } = parseAddress("URL", http, secrets);
  const path = url.pathname + search;
  const shown = shownUrl(http).replace(/^http/, "ws");
  return { url: new URL(url.origin), path, authorization, shown };
}

/**
 * The Host header from `--host`, or undefined.
 *
 * @throws {UsageError} when it is no host.
 */
export function hostOf(host: string | undefined): string | undefined {
  if (host === undefined || /^[\w.-]+(:\d+)?$|^\[[\da-fA-F:.]+\](:\d+)?$/.test(host)) return host;
  throw new UsageError(`--host: received '${host}', expected a host name or HOST:PORT`);
}

/**
 * Refuses what the permissions at hand do not reach, before anything is tried.
 *
 * @throws {UsageError} naming the flag that grants it.
 */
export async function checkAllowed(url: URL): Promise<void> {
  const host = `${url.hostname}:${url.port || (url.protocol === "https:" ? "443" : "80")}`;
  const { state } = await Deno.permissions.query({ name: "net", host });
  if (state === "granted") return;
  throw new UsageError(
    `Missing permission: net access to '${host}'; run with --allow-net=${host}, or as deno task ws`,
  );
}
