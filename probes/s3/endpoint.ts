// Where a request goes: the target, another endpoint that it names, or the bucket's public URL.

import { UsageError } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import type { StoreRequest } from "./signing.ts";

/**
 * The endpoint that a request is sent to.
 *
 * @throws {UsageError} for a public request without a public URL.
 */
export function endpointOf(
  { endpoint, publicly }: Pick<StoreRequest, "endpoint" | "publicly">,
  { url, store }: Pick<Access, "url" | "store">,
): URL {
  if (!publicly) return endpoint ?? url;
  if (store?.publicUrl !== undefined) return store.publicUrl;
  throw new UsageError("Cannot read publicly: received no public URL, expected --public-url");
}

/** An endpoint as messages show it: scheme, host, port and path prefix, no user and no query. */
export function shownEndpoint({ origin, pathname }: URL): string {
  return `${origin}${pathname.replace(/\/$/, "")}`;
}
