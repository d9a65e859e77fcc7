// The key that servers of S3 agree on: what the environment names for S3 clients, or the published one.

import { DEMO_CREDENTIALS } from "./demo_credentials.ts";

/**
 * The key that the environment names for S3 clients, where it may be read; else the one that is
 * published, `EDGEREPRODEMO` with the secret `edge-repro-secret`. Never prompts.
 */
export function environmentCredentials(): { accessKeyId: string; secretAccessKey: string } {
  const accessKeyId = variable("AWS_ACCESS_KEY_ID");
  const secretAccessKey = variable("AWS_SECRET_ACCESS_KEY");
  return accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : DEMO_CREDENTIALS;
}

function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
