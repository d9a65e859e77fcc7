// The key to an object store as the environment has it, where the environment may be read.

import { keyPair } from "../s3/environment_credentials.ts";
import type { StoreKey } from "./store_client.ts";

/**
 * Reads `PREFIX_ACCESS_KEY_ID` and `PREFIX_SECRET_ACCESS_KEY`, and the session token beside them. Never
 * prompts.
 *
 * @param prefixes Whose variables to look at, such as `AWS`; the first pair wins.
 * @returns Undefined when no pair is there or may be read.
 * @throws {UsageError} for half a pair that stands before a whole one.
 */
export function environmentKey(prefixes: readonly ("AWS" | "R2")[]): StoreKey | undefined {
  for (const prefix of prefixes) {
    const pair = keyPair(prefix);
    if (pair === undefined) continue;
    const sessionToken = read(`${prefix}_SESSION_TOKEN`);
    return { ...pair, ...(sessionToken && { sessionToken }) };
  }
  return undefined;
}

function read(variable: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  return state === "granted" ? Deno.env.get(variable) : undefined;
}
