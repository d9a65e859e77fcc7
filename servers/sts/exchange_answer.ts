// The answer to an exchange: a key, and whose it is, in the document that AWS's STS has for it.

import type { ExchangedKey } from "../web_identity/exchange.ts";
import type { ExchangeParameters } from "./exchange_parameters.ts";
import { stsResponse } from "./sts_error.ts";
import type { Identity } from "./verify_token.ts";

/**
 * Makes the answer to an AssumeRoleWithWebIdentity. A key that needs no session token has an empty one.
 * Source: STS API reference, "AssumeRoleWithWebIdentity".
 */
export function exchangeAnswer(
  { roleArn, sessionName }: ExchangeParameters,
  { subject, audience, issuer }: Identity,
  key: ExchangedKey,
  requestId: string,
): Response {
  const [account = "", role = ""] = roleArn.split(":").slice(4);
  // A role's path is no part of its sessions' names.
  const name = role.slice(role.lastIndexOf("/") + 1);
  return stsResponse("AssumeRoleWithWebIdentityResponse", {
    AssumeRoleWithWebIdentityResult: {
      SubjectFromWebIdentityToken: subject,
      Audience: audience,
      AssumedRoleUser: {
        Arn: `arn:aws:sts::${account}:assumed-role/${name}/${sessionName}`,
        AssumedRoleId: `AROAEDGEREPRO:${sessionName}`,
      },
      Credentials: {
        AccessKeyId: key.accessKeyId,
        SecretAccessKey: key.secretAccessKey,
        SessionToken: key.sessionToken ?? "",
        Expiration: new Date(key.expiresMs).toISOString(),
      },
      Provider: issuer,
    },
    ResponseMetadata: { RequestId: requestId },
  }, requestId);
}
