// A reader that is not ours: the AWS SDK for JavaScript v3, loaded only when it is used.

import https from "node:https";
import type { Clock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import type { Availability } from "../child.ts";
import { withoutSecrets } from "./secrets.ts";

/** What is read. */
export interface SdkReadOptions {
  /** The bucket. */
  bucket: string;
  /** The key. */
  key: string;
  /** Gives the times. */
  clock: Clock;
  /** Gives up when it aborts. */
  signal: AbortSignal;
  /** Where to send it, when that is not the target. */
  endpoint?: URL;
}

/** What the SDK saw; times in milliseconds of the clock, null for what did not come. */
export interface SdkRead {
  /** When `send` was called. */
  sentAtMs: number;
  /** When `send` resolved: the header was there. */
  headersAtMs: number | null;
  /** When the first byte of the body came. */
  firstByteAtMs: number | null;
  /** When the read ended, however it did. */
  endedAtMs: number;
  /** Bytes of the body that came. */
  receivedBytes: number;
  /** Why it did not get its first byte, in a line; undefined when it did. */
  failure?: string;
}

/**
 * What the SDK (3.1169) asks of the runtime when key, region and endpoint are given, found by letting
 * it run into each refusal in turn. It also looks for `~/.aws/config`, and does without.
 */
const ENV: readonly string[] = [
  "AWS_*",
  "HOME",
  "USERPROFILE",
  "HOMEPATH",
  "HOMEDRIVE",
  "_X_AMZN_TRACE_ID",
];

/** What the SDK is told where there is no key. */
const ANONYMOUS = { accessKeyId: "anonymous", secretAccessKey: "none" };

/** The flags that let this process use the SDK. */
export const SDK_FLAGS = `--allow-env=${ENV.join(",")} --allow-sys=osRelease`;

/** Whether the SDK can be used with the permissions at hand. Never prompts, and does not load it. */
export async function sdkAvailability(): Promise<Availability> {
  const missing: string[] = [];
  const granted = async (descriptor: Deno.PermissionDescriptor) =>
    (await Deno.permissions.query(descriptor)).state === "granted";
  const envs = await Promise.all(ENV.map((variable) => granted({ name: "env", variable })));
  if (envs.includes(false)) missing.push(`--allow-env=${ENV.join(",")}`);
  // Without HOME it asks the system where the home folder is.
  const kinds = ["osRelease", ...(envs[1] && !Deno.env.get("HOME") ? ["homedir"] : [])] as const;
  const systems = await Promise.all(
    kinds.map((kind) => granted({ name: "sys", kind: kind as "osRelease" | "homedir" })),
  );
  if (systems.includes(false)) missing.push(`--allow-sys=${kinds.join(",")}`);
  return missing.length === 0 ? { available: true } : {
    available: false,
    reason: `needs permission to use the AWS SDK: ${missing.join(" ")}`,
  };
}

/**
 * Reads an object with the SDK up to the first byte of its body, and leaves it then. One attempt, and
 * no key but the one given: nothing is looked up. It does not reject for what the store does.
 */
export async function sdkRead(access: Access, options: SdkReadOptions): Promise<SdkRead> {
  const { clock, signal, bucket, key } = options;
  const { GetObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
  const client = new S3Client({
    endpoint: (options.endpoint ?? access.url).href,
    region: access.store?.region ?? "us-east-1",
    forcePathStyle: true,
    maxAttempts: 1,
    // A read that is left early has no checksum to compare.
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: {
      // A connection of its own, so that nothing of an earlier read is in the times.
      httpAgent: { keepAlive: false },
      httpsAgent: new https.Agent({ keepAlive: false, rejectUnauthorized: !access.insecure }),
    },
    // Signing is left out below for a store without a key; the SDK wants one all the same.
    // A copy, for the SDK writes into it where the key is from.
    credentials: { ...access.store?.credentials ?? ANONYMOUS },
    ...(access.store?.credentials === undefined &&
      { signer: { sign: (request) => Promise.resolve(request) } }),
  });
  client.middlewareStack.add(
    (next) => (args) => {
      const request = args.request as { headers?: Record<string, string> };
      const host = options.endpoint === undefined ? access.host : undefined;
      Object.assign(request.headers ?? {}, access.headers, host === undefined ? {} : { host });
      return next(args);
    },
    { step: "build", name: "edgeReproHeaders" },
  );
  const read: SdkRead = {
    ...{ sentAtMs: clock.now(), headersAtMs: null, firstByteAtMs: null },
    ...{ endedAtMs: 0, receivedBytes: 0 },
  };
  try {
    const command = new GetObjectCommand({ Bucket: bucket, Key: key });
    const { Body } = await client.send(command, { abortSignal: signal });
    read.headersAtMs = clock.now();
    const body = Body as AsyncIterable<Uint8Array> & { destroy(): void } | undefined;
    if (body === undefined) throw new Error("the SDK gave no body");
    const stop = () => body.destroy();
    signal.addEventListener("abort", stop, { once: true });
    try {
      for await (const bytes of body) {
        read.firstByteAtMs ??= clock.now();
        read.receivedBytes += bytes.byteLength;
        break;
      }
    } finally {
      signal.removeEventListener("abort", stop);
      stop();
    }
    if (read.firstByteAtMs === null) read.failure = "the body ended without a byte";
  } catch (error) {
    const name = error instanceof Error && error.name !== "Error" ? `${error.name}: ` : "";
    read.failure = signal.aborted
      ? "this side gave up"
      : withoutSecrets(`${name}${messageOf(error)}`, access);
  } finally {
    read.endedAtMs = clock.now();
    client.destroy();
  }
  return read;
}
