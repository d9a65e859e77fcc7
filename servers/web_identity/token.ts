// Getting an OIDC token from an issuer, as a client sees it: the request as data, and its answer.

import { ExchangeError } from "./exchange_error.ts";
import type { RequestData } from "./exchange.ts";

/** What a token is to say. */
export interface TokenOptions {
  /** The issuer, whose `token` endpoint is below it: `http://127.0.0.1:8789`. */
  issuer: string;
  /** Whom it is about: `sub`. */
  subject: string;
  /** Whom it is for: `aud`. */
  audience: string;
}

/** A token as its issuer handed it out. */
export interface IssuedToken {
  /** The JWT. A secret. */
  token: string;
  /** For how many seconds it holds from now. */
  expiresInS: number;
}

/**
 * The request for a token of the issuer of this project. Nothing is sent. Source: RFC 6749 §4.4.2;
 * `audience` and `subject` are ours.
 */
export function tokenRequest({ issuer, subject, audience }: TokenOptions): RequestData {
  const form = new URLSearchParams({ grant_type: "client_credentials", subject, audience });
  return {
    url: `${issuer.replace(/\/$/, "")}/token`,
    init: {
      method: "POST",
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        accept: "application/json",
      },
      body: form.toString(),
      redirect: "manual",
    },
  };
}

/**
 * Reads the answer to {@linkcode tokenRequest}. Source: RFC 6749 §5.1 and §5.2.
 *
 * @throws {ExchangeError} with the error of the answer as its code, or none where it is no such answer.
 */
export function parseToken(status: number, text: string): IssuedToken {
  const answer = objectOf(text);
  const { access_token: token, expires_in: expiresInS, error } = answer;
  if (status === 200 && typeof token === "string" && typeof expiresInS === "number") {
    return { token, expiresInS };
  }
  const message = `Cannot read the answer of an issuer: received status ${status} without a token`;
  throw new ExchangeError(typeof error === "string" ? error : "", status, message);
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
