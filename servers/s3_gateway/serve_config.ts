// The config that the gateway's flags of `serve` come to: without a file, or beside one.

import { UsageError } from "../../lab/errors.ts";
import { isBucketName } from "../s3/bucket_name.ts";
import { DEMO_BUCKET, DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { environmentKey } from "../video_host/environment_key.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../web_identity/demo.ts";
import { readConfigFile } from "./config_file_deno.ts";
import {
  type BackendCredentials,
  type BucketConfig,
  DEFAULT_LIMITS,
  type GatewayConfig,
  type GatewaySwitches,
} from "./config.ts";
import { isLoopback } from "./product_settings.ts";

/** The flags that a config is made of. A text that is empty was not given. */
export interface ConfigFlags {
  /** The S3 API behind it, as a URL. */
  backend: string;
  /** `NAME`, `NAME=BUCKET` or `NAME=BUCKET/PREFIX`, with commas between them. */
  bucket: string;
  /** A file's path. */
  config: string;
  /** The token service and issuer, as a URL. */
  sts: string;
  /** Whether anyone may read. */
  public: boolean;
  /** `bug` or `fix`. */
  variant: string;
  /** One switch, or `by-variant`. */
  readBody: GatewaySwitches["readBody"] | "by-variant";
  /** As `readBody`. */
  uploadPart: GatewaySwitches["uploadPart"] | "by-variant";
  /** As `readBody`. */
  framing: GatewaySwitches["framing"] | "by-variant";
  /** In milliseconds. */
  silenceMs: number;
  /** In milliseconds. */
  exchangeMs: number;
}

/** Where the embedded store is when nobody says otherwise. */
export const EMBEDDED_STORE = "http://127.0.0.1:9000";

/** What a name in `--bucket` is, for messages. */
export const NAME_RULE = "a NAME being 3 to 63 lower-case letters, digits, dots and hyphens";

/**
 * The config of the flags, or of the file that they name.
 *
 * Without a file the variant is the bug unless it is given, as with all servers; a file that says none
 * means the fix, as it does in a Worker. A switch that is given by flag wins over the file, and a
 * variant over all three there.
 *
 * @throws {UsageError} for a file that cannot be used, for flags that say what the file is there to say,
 * for a backend without a key to it, and for buckets that cannot be.
 */
export function configOf(flags: ConfigFlags): GatewayConfig | Promise<GatewayConfig> {
  return flags.config === "" ? configAlone(flags) : configBeside(flags);
}

/** The variant that was given. */
export function variantOf({ variant }: Pick<ConfigFlags, "variant">): GatewayConfig["variant"] {
  return variant === "bug" || variant === "fix" ? variant : undefined;
}

/** The switches that were given by themselves, beside the variant. */
export function switchesGiven(
  { readBody, uploadPart, framing }: Pick<ConfigFlags, keyof GatewaySwitches>,
): Partial<GatewaySwitches> {
  return {
    ...(readBody !== "by-variant" && { readBody }),
    ...(uploadPart !== "by-variant" && { uploadPart }),
    ...(framing !== "by-variant" && { framing }),
  };
}

function configAlone(flags: ConfigFlags): GatewayConfig {
  const { backend, bucket, sts, silenceMs, exchangeMs } = flags;
  // A session's token is for the store: clients of the gateway need none.
  const { accessKeyId, secretAccessKey } = environmentKey(["AWS"]) ?? DEMO_CREDENTIALS;
  const access = flags.public ? "anonymous-read" : "keyed";
  return {
    backends: {
      main: { endpoint: backend || EMBEDDED_STORE, credentials: credentialsFor(backend, sts) },
    },
    buckets: bucketsOf(bucket || DEMO_BUCKET, access),
    keys: [{ accessKeyId, secretAccessKey }],
    variant: variantOf(flags) ?? "bug",
    ...switchesGiven(flags),
    limits: { silenceMs, exchangeMs },
  };
}

async function configBeside(flags: ConfigFlags): Promise<GatewayConfig> {
  const instead = (["backend", "bucket", "sts", "public"] as const).find((name) => flags[name]);
  if (instead !== undefined) {
    throw new UsageError(
      `--config: received --${instead} beside it, expected backends, buckets and access in the file`,
    );
  }
  const { readBody, uploadPart, framing, ...file } = await readConfigFile(flags.config);
  const variant = variantOf(flags);
  const own = {
    ...(readBody && { readBody }),
    ...(uploadPart && { uploadPart }),
    ...(framing && { framing }),
  };
  return {
    ...file,
    ...(variant === undefined ? own : { variant }),
    ...switchesGiven(flags),
    limits: {
      ...file.limits,
      silenceMs: limitOf("silenceMs", "backend-timeout", flags, file),
      exchangeMs: limitOf("exchangeMs", "sts-timeout", flags, file),
    },
  };
}

/** A flag at its default may not have been given: then the file's word holds. */
function limitOf(
  name: "silenceMs" | "exchangeMs",
  flag: string,
  flags: ConfigFlags,
  { limits }: GatewayConfig,
): number {
  const given = flags[name];
  const inFile = limits?.[name] ?? given;
  if (given === inFile || given === DEFAULT_LIMITS[name]) return inFile;
  throw new UsageError(
    `--${flag}: received ${given} ms beside limits.${name} of ${inFile} in the file, expected one`,
  );
}

function credentialsFor(backend: string, sts: string): BackendCredentials {
  if (sts !== "") {
    const token = { issuer: sts, subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE };
    return { stsUrl: sts, roleArn: DEMO_ROLE_ARN, token };
  }
  const key = environmentKey(["AWS"]);
  if (key !== undefined) return key;
  // The demo key is published: it must not be tried on a store of somebody's.
  if (isLoopback(backend || EMBEDDED_STORE)) return DEMO_CREDENTIALS;
  throw new UsageError(
    `--backend: received '${backend}' without a key to it, expected AWS_ACCESS_KEY_ID and ` +
      "AWS_SECRET_ACCESS_KEY in the environment (read with --allow-env=AWS_*), --sts, or --config",
  );
}

function bucketsOf(text: string, access: "keyed" | "anonymous-read"): Record<string, BucketConfig> {
  const buckets: Record<string, BucketConfig> = {};
  for (const one of text.split(",")) {
    const [, name = "", target] = /^([^=]*)(?:=(.*))?$/s.exec(one) ?? [];
    if (Object.hasOwn(buckets, name)) throw new UsageError(`--bucket: received '${name}' twice`);
    if (!isBucketName(name)) {
      throw new UsageError(
        `--bucket: received '${name}', expected ${NAME_RULE}, first and last a letter or digit`,
      );
    }
    const slash = target?.indexOf("/") ?? -1;
    const bucket = target === undefined || slash < 0 ? target : target.slice(0, slash);
    const prefix = target === undefined || slash < 0 ? "" : target.slice(slash + 1);
    buckets[name] = { backend: "main", access, prefix, ...(bucket !== undefined && { bucket }) };
  }
  return buckets;
}
