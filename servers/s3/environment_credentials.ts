// Keys as the environment names them for S3 clients, or the published one.

import { UsageError } from "../../lab/errors.ts";
import { DEMO_CREDENTIALS } from "./demo_credentials.ts";

/** A key of S3's. */
export interface KeyPair {
  /** What it is called by. */
  accessKeyId: string;
  /** What is signed with. */
  secretAccessKey: string;
}

/**
 * The key that the environment names for S3 clients, where it may be read; else the one that is
 * published, `EDGEREPRODEMO` with the secret `edge-repro-secret`. Never prompts.
 *
 * @throws {UsageError} for half a key: the published one in its place would open what is to be closed.
 */
export function environmentCredentials(): KeyPair {
  return keyPair("AWS") ?? DEMO_CREDENTIALS;
}

/**
 * `PREFIX_ACCESS_KEY_ID` and `PREFIX_SECRET_ACCESS_KEY` of the environment, where they may be read. Never
 * prompts.
 *
 * @returns Undefined where neither is set.
 * @throws {UsageError} where only one is.
 */
export function keyPair(prefix: "AWS" | "R2"): KeyPair | undefined {
  const [idName, secretName] = [`${prefix}_ACCESS_KEY_ID`, `${prefix}_SECRET_ACCESS_KEY`];
  const accessKeyId = variable(idName);
  const secretAccessKey = variable(secretName);
  if (accessKeyId && secretAccessKey) return { accessKeyId, secretAccessKey };
  if (!accessKeyId && !secretAccessKey) return undefined;
  const [given, missing] = accessKeyId ? [idName, secretName] : [secretName, idName];
  throw new UsageError(`Cannot use half a key: received ${given}, expected ${missing} with it`);
}

function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) : undefined;
}
