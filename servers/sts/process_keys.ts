// Signing keys that are made once in a process, for runs that start one token service after another.

import { generateSigningKeys, type SigningKeys } from "./issuer_keys.ts";

let keys: Promise<SigningKeys> | undefined;

/**
 * The signing keys of this process, made when they are first asked for. For services that live on
 * 127.0.0.1 as long as a run: each refuses the tokens of another all the same, which name another
 * issuer. Where more hangs on a service than a run, it has keys of its own: `createSts` without
 * `signingKeys`.
 */
export function processSigningKeys(): Promise<SigningKeys> {
  return keys ??= generateSigningKeys().catch((error) => {
    keys = undefined;
    throw error;
  });
}
