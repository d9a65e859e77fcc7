// What an OIDC issuer answers: its discovery document, its public keys, and tokens.

import type { Hono } from "hono";
import type { JSONWebKeySet } from "jose";
import { readForm } from "./exchange_parameters.ts";
import type { Surface } from "./faults.ts";
import { TOKEN_LIFETIME_S, type TokenClaims } from "./issue_token.ts";
import { ALGORITHMS } from "./issuer_keys.ts";
import { StsError } from "./sts_error.ts";

/** What the routes need of the server. */
export interface Issuer {
  /** The URL of the issuer that a request came to. */
  issuerOf(request: Request): string;
  /** The public keys. */
  published(): JSONWebKeySet;
  /** Makes a token. */
  issue(claims: TokenClaims & { issuer: string }): Promise<string>;
  /** Waits where a part hangs; false where it fails. */
  pass(surface: Surface, signal: AbortSignal): Promise<boolean>;
}

/** Longest and shortest time that a token may be asked for, in seconds. */
const LONGEST_S = 86_400;

/**
 * Adds the routes `/.well-known/openid-configuration` (OpenID Connect Discovery 1.0 §3), `/jwks`
 * (RFC 7517 §5) and `/token`: a client credentials grant (RFC 6749 §4.4) with `subject` and
 * `audience`, and where wanted `expires_in` (negative for a token that has expired) and `algorithm`.
 */
export function addIssuerRoutes(app: Hono, issuer: Issuer): void {
  app.get("/.well-known/openid-configuration", async (context) => {
    const { raw } = context.req;
    if (!await issuer.pass("discovery", raw.signal)) return failed();
    const url = issuer.issuerOf(raw);
    return json({
      issuer: url,
      jwks_uri: `${url}/jwks`,
      token_endpoint: `${url}/token`,
      grant_types_supported: ["client_credentials"],
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [...ALGORITHMS],
      claims_supported: ["iss", "sub", "aud", "exp", "iat", "nbf", "jti"],
    });
  });
  app.get("/jwks", async (context) => {
    if (!await issuer.pass("keys", context.req.raw.signal)) return failed();
    return json(issuer.published());
  });
  app.post("/token", async (context) => {
    const { raw } = context.req;
    try {
      const claims = claimsOf(await readForm(raw));
      if (!await issuer.pass("token", raw.signal)) return failed();
      const token = await issuer.issue({ ...claims, issuer: issuer.issuerOf(raw) });
      return json({
        access_token: token,
        issued_token_type: "urn:ietf:params:oauth:token-type:jwt",
        token_type: "Bearer",
        expires_in: claims.expiresInS,
      });
    } catch (error) {
      if (!(error instanceof StsError) || error.code === "ServiceUnavailable") throw error;
      return json({ error: "invalid_request", error_description: error.message }, 400);
    }
  });
}

function claimsOf(form: URLSearchParams): TokenClaims & { expiresInS: number } {
  const subject = form.get("subject") ?? "";
  const audience = form.getAll("audience").filter((name) => name !== "");
  const [first] = audience;
  const algorithm = form.get("algorithm") ?? ALGORITHMS[0];
  const known = ALGORITHMS.find((name) => name === algorithm);
  const expires = form.get("expires_in") ?? String(TOKEN_LIFETIME_S);
  const expiresInS = /^-?\d{1,5}$/.test(expires) ? Number(expires) : NaN;
  const problem = form.get("grant_type") !== "client_credentials"
    ? "grant_type must be client_credentials"
    : subject === "" || first === undefined
    ? "subject and audience must be given"
    : known === undefined
    ? `algorithm must be one of ${ALGORITHMS.join(", ")}`
    : !(Math.abs(expiresInS) <= LONGEST_S)
    ? `expires_in must be a number of seconds from -${LONGEST_S} to ${LONGEST_S}`
    : undefined;
  if (problem !== undefined || first === undefined || known === undefined) {
    throw new StsError("ValidationError", `Cannot issue a token: ${problem}.`);
  }
  // One audience is a text and not a list of one: both are allowed (RFC 7519 §4.1.3), and not all
  // who read tokens know that.
  const one = audience.length === 1 ? first : audience;
  return { subject, audience: one, algorithm: known, expiresInS };
}

function json(value: unknown, status = 200): Response {
  return Response.json(value, { status, headers: { "cache-control": "no-store" } });
}

function failed(): Response {
  return json({ error: "server_error", error_description: "The server was told to fail." }, 500);
}
