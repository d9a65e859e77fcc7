// Whether a store's address can be used at all: it is a URL, and this process may connect to it.

import { UsageError } from "../../lab/errors.ts";

/** The ports that URLs leave out. */
const PORTS: Readonly<Record<string, string>> = { "http:": "80", "https:": "443" };

/**
 * Refuses a store that no request could be sent to, before any is. Never prompts.
 *
 * @param flag The flag that named it, without dashes.
 * @param text The store's URL.
 * @throws {UsageError} when it is no URL, or the permission to connect there is missing.
 */
export function checkReachable(flag: string, text: string): void {
  if (!URL.canParse(text)) {
    throw new UsageError(`--${flag}: received '${text}', expected an http:// or https:// URL`);
  }
  const { hostname, port, protocol } = new URL(text);
  const host = `${hostname}:${port || PORTS[protocol]}`;
  if (Deno.permissions.querySync({ name: "net", host }).state === "granted") return;
  throw new UsageError(
    `Missing permission: net access to '${host}', for --${flag}; run with --allow-net=${host}, ` +
      "or as deno task start",
  );
}
