// A token as the issuer makes it, the ones that are to be refused included.

import { SignJWT } from "jose";
import type { Algorithm, IssuerKeys } from "./issuer_keys.ts";

/** What a token is to say. Times are in seconds from now; negative ones are in the past. */
export interface TokenClaims {
  /** Whom it is about: `sub`. */
  subject: string;
  /** Whom it is for: `aud`. */
  audience: string | readonly string[];
  /** Who says so: `iss`. Default: the issuer's own URL. */
  issuer?: string;
  /** When it ends: `exp`. Default: 600. */
  expiresInS?: number;
  /** From when it holds: `nbf`. Default: 0. */
  notBeforeInS?: number;
  /** When it says it was issued: `iat`. Default: 0. */
  issuedInS?: number;
  /** How it is signed. Default: `RS256`. */
  algorithm?: Algorithm;
  /** The key id that it names, in the place of that of the key that signs it. */
  keyId?: string;
}

/** How long a token holds when nobody says otherwise, in seconds. */
export const TOKEN_LIFETIME_S = 600;

/**
 * Makes and signs a token.
 *
 * @param issuer The issuer's own URL.
 * @param nowMs The issuer's time, in milliseconds since the Unix epoch.
 * @returns The JWT in its compact form.
 */
export async function signToken(
  keys: IssuerKeys,
  claims: TokenClaims,
  issuer: string,
  nowMs: number,
): Promise<string> {
  const { subject, audience, algorithm = "RS256" } = claims;
  const key = keys.current(algorithm);
  const nowS = Math.floor(nowMs / 1000);
  return await new SignJWT({
    iss: claims.issuer ?? issuer,
    sub: subject,
    aud: typeof audience === "string" ? audience : [...audience],
    exp: nowS + (claims.expiresInS ?? TOKEN_LIFETIME_S),
    iat: nowS + (claims.issuedInS ?? 0),
    nbf: nowS + (claims.notBeforeInS ?? 0),
    jti: crypto.randomUUID(),
  })
    .setProtectedHeader({ alg: algorithm, kid: claims.keyId ?? key.keyId, typ: "JWT" })
    .sign(key.privateKey);
}
