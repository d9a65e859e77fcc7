// Temporary keys that are derived from a lasting one, so that a store knows them without being told.

import { createHmac, randomBytes } from "node:crypto";
import { S3Error } from "./error.ts";
import { sameSignature } from "./sigv4.ts";

/** A key that lasts. */
export interface LastingKey {
  /** Names the key; no secret. */
  accessKeyId: string;
  /** Signs requests; a secret. */
  secretAccessKey: string;
}

/** A key that holds for a time, and only together with its session token. */
export interface TemporaryKey extends LastingKey {
  /** Goes with each request as `x-amz-security-token`. */
  sessionToken: string;
  /** When it ends, in milliseconds since the Unix epoch. */
  expiresMs: number;
}

/** How AWS's temporary key ids begin. Source: IAM User Guide, "Unique identifiers". */
const PREFIX = "ASIA";
const KEY_ID = /^ASIA[A-Z2-7]{16}$/;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_CHARACTERS = 40;
const TOKEN = /^(1\.([A-Za-z0-9_-]{1,256})\.(\d{1,15}))\.([A-Za-z0-9_-]{43})$/;

/**
 * Makes a temporary key. Whoever has the lasting key can tell from the session token alone whether the
 * temporary one is its own and still holds: nothing has to be kept, and issuer and store need no
 * connection. The token names the lasting key, the end, and a MAC over both and the key id.
 *
 * @param lasting What it is derived from.
 * @param expiresMs When it ends, in milliseconds since the Unix epoch; fractions are cut off.
 */
export function issueTemporaryKey(lasting: LastingKey, expiresMs: number): TemporaryKey {
  let accessKeyId = PREFIX;
  for (const byte of randomBytes(16)) accessKeyId += LETTERS[byte % LETTERS.length];
  const endMs = Math.floor(expiresMs);
  const name = new TextEncoder().encode(lasting.accessKeyId)
    .toBase64({ alphabet: "base64url", omitPadding: true });
  const claims = `1.${name}.${endMs}`;
  const { secretAccessKey: secret } = lasting;
  return {
    accessKeyId,
    secretAccessKey: secretFor(secret, accessKeyId, claims),
    sessionToken: `${claims}.${macFor(secret, accessKeyId, claims)}`,
    expiresMs: endMs,
  };
}

/**
 * The secret of a temporary key that comes with its session token.
 *
 * @param lastingSecretOf The secret of a lasting key; undefined for one that is not known.
 * @param nowMs The time by which the key ends, in milliseconds since the Unix epoch.
 * @returns Undefined for what is no temporary key, or comes without a token: it is then unknown.
 * @throws {S3Error} `InvalidToken` (400) for a token that is not this key's, `ExpiredToken` (400).
 * Source: S3 API reference, "List of error codes".
 */
export function temporarySecret(
  accessKeyId: string,
  sessionToken: string | undefined,
  lastingSecretOf: (accessKeyId: string) => string | undefined,
  nowMs: number,
): string | undefined {
  if (sessionToken === undefined || !KEY_ID.test(accessKeyId)) return undefined;
  const [, claims = "", name = "", end = "", mac = ""] = TOKEN.exec(sessionToken) ?? [];
  const lastingId = decoded(name);
  const lasting = lastingId === undefined ? undefined : lastingSecretOf(lastingId);
  if (lasting === undefined || !sameSignature(macFor(lasting, accessKeyId, claims), mac)) {
    throw new S3Error("InvalidToken", 400, "The session token is not one of this key's.");
  }
  if (nowMs >= Number(end)) {
    throw new S3Error("ExpiredToken", 400, "The session token that came has expired.");
  }
  return secretFor(lasting, accessKeyId, claims);
}

/** Neither text begins as what signing keys are made of, so that one secret does for all three. */
function secretFor(lastingSecret: string, accessKeyId: string, claims: string): string {
  return createHmac("sha256", lastingSecret).update(`session secret\n${accessKeyId}\n${claims}`)
    .digest("base64").slice(0, SECRET_CHARACTERS);
}

function macFor(lastingSecret: string, accessKeyId: string, claims: string): string {
  return createHmac("sha256", lastingSecret).update(`session token\n${accessKeyId}\n${claims}`)
    .digest("base64url");
}

function decoded(name: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(name, { alphabet: "base64url" });
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
