// Whether a token holds: who issued it, whether the issuer signed it, whom it is for, and when.

import { decodeJwt, errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from "jose";
import { ALGORITHMS } from "./issuer_keys.ts";
import { StsError } from "./sts_error.ts";

/** Whom a token that holds is about. */
export interface Identity {
  /** Who issued it. */
  issuer: string;
  /** Whom it is about. */
  subject: string;
  /** The audience that was asked for, and which it names. */
  audience: string;
}

/** What tokens are held against. */
export interface VerifyOptions {
  /** Finds the keys of an issuer; undefined for one whose tokens are not taken. */
  keysOf(issuer: string): JWTVerifyGetKey | undefined;
  /** The audience that a token must name. */
  audience: string;
  /** The time, in milliseconds since the Unix epoch. */
  nowMs: number;
  /** By how much the issuer's clock may differ, in seconds. */
  toleranceS: number;
}

const invalid = (message: string, cause?: unknown) =>
  new StsError("InvalidIdentityToken", message, { cause });

/**
 * Verifies a token. The signature is checked before what the token says of itself, which therefore is
 * told to nobody who cannot have one.
 *
 * @throws {StsError} `InvalidIdentityToken`, `ExpiredTokenException`, or `IDPCommunicationError` when
 * the issuer's keys cannot be had. Source: STS API reference, "AssumeRoleWithWebIdentity"; what is
 * verified: OpenID Connect Core 1.0 §3.1.3.7, RFC 7519 §4.1.
 */
export async function verifyToken(token: string, options: VerifyOptions): Promise<Identity> {
  const issuer = issuerOf(token);
  const keys = options.keysOf(issuer);
  if (keys === undefined) throw invalid("Tokens of the issuer that it names are not taken here.");
  const { audience, nowMs, toleranceS } = options;
  let payload: JWTPayload;
  try {
    ({ payload } = await jwtVerify(token, keys, {
      algorithms: [...ALGORITHMS],
      issuer,
      audience,
      currentDate: new Date(nowMs),
      clockTolerance: toleranceS,
      requiredClaims: ["sub", "exp", "iat"],
    }));
  } catch (error) {
    throw refusalOf(error);
  }
  const { sub: subject, iat = Infinity } = payload;
  if (typeof subject !== "string" || subject === "") throw invalid("The token is about nobody.");
  if (iat > nowMs / 1000 + toleranceS) throw invalid("The token was issued in the future.");
  return { issuer, subject, audience };
}

function issuerOf(token: string): string {
  try {
    const { iss } = decodeJwt(token);
    if (typeof iss === "string") return iss;
  } catch (cause) {
    throw invalid("The token is not a JWT.", cause);
  }
  throw invalid("The token names no issuer.");
}

/** What is said of each claim that does not hold. */
const OF_CLAIMS: Readonly<Record<string, string>> = {
  aud: "The token is for another audience.",
  nbf: "The token does not hold yet.",
};

function refusalOf(error: unknown): StsError {
  if (error instanceof errors.JWTExpired) {
    return new StsError("ExpiredTokenException", "The token has expired.", { cause: error });
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const message = OF_CLAIMS[error.claim] ??
      `The claim ${error.claim} of the token does not hold.`;
    return invalid(message, error);
  }
  if (error instanceof errors.JWKSNoMatchingKey) {
    return invalid("The issuer has no key of the id that the token names.", error);
  }
  // An issuer's key that cannot be used is told by an error of the runtime's.
  return error instanceof StsError ? error : invalid("The token cannot be verified.", error);
}
