// The S3 gateway as `serve` offers it.

import { z } from "zod";
import { realClock } from "../../lab/clock.ts";
import { messageOf, UsageError } from "../../lab/errors.ts";
import { choiceParam, durationParam, switchParam, textParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { CROSS_REQUEST } from "../isolate/cross_request.ts";
import { DEMO_BUCKET, DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { environmentKey } from "../video_host/environment_key.ts";
import { checkReachable } from "../video_host/reachable_store.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../web_identity/demo.ts";
import { readConfigFile } from "./config_file_deno.ts";
import type { BackendCredentials, BucketConfig, GatewayConfig, GatewaySwitches } from "./config.ts";
import { createS3Gateway } from "./gateway_deno.ts";
import { isLoopback, productSettings } from "./product_settings.ts";

const URL_OR_NOTHING = {
  expected: "an http:// or https:// URL",
  placeholder: "URL",
  pattern: /^$|^https?:\/\/[^\s@?#]+$/,
};

/** One switch, which goes by the variant unless it is given. */
const switchOf = <const T extends string>(flag: string, description: string, choices: [T, T]) =>
  choiceParam({ flag, description, choices: ["by-variant", ...choices], default: "by-variant" });

const params = z.object({
  backend: textParam({
    flag: "backend",
    description:
      "The S3 API behind it, with the key in AWS_* variables; without it the embedded store",
    ...URL_OR_NOTHING,
  }),
  bucket: textParam({
    flag: "bucket",
    description: "Its buckets: NAME, or NAME=BUCKET/PREFIX for what is elsewhere on the backend",
    default: DEMO_BUCKET,
    expected: "NAME or NAME=BUCKET or NAME=BUCKET/PREFIX, with commas between them",
    placeholder: "NAMES",
    pattern: /^[a-z0-9.-]+(=[^,=/]+(\/[^,]*)?)?(,[a-z0-9.-]+(=[^,=/]+(\/[^,]*)?)?)*$/,
  }),
  config: textParam({
    flag: "config",
    description:
      "A JSON file with backends, buckets and keys; --backend, --bucket and --sts are left out",
    expected: "a file's path",
    placeholder: "FILE",
    pattern: /^[^\0]*$/,
  }),
  sts: textParam({
    flag: "sts",
    description:
      "The token service and issuer that the backend's keys come from; else they are fixed",
    ...URL_OR_NOTHING,
  }),
  public: switchParam({
    flag: "public",
    description: "Let anyone read the buckets without a signature",
  }),
  variant: choiceParam({
    flag: "variant",
    description: "All three switches as the report found them (bug) or as it left them (fix)",
    choices: ["bug", "fix"],
    default: "bug",
  }),
  readBody: switchOf("read-body", "When bodies that are needed whole are read", ["early", "late"]),
  uploadPart: switchOf("upload-part", "How plain parts go on", ["stream", "buffer"]),
  framing: switchOf("framing", "Whether contents that are streamed keep their Content-Length", [
    "fixed",
    "chunked",
  ]),
  isolate: choiceParam({
    flag: "isolate",
    description: "Whether requests run in the model of a Worker's isolate, or as on any server",
    choices: ["model", "none"],
    default: "model",
  }),
  crossRequest: choiceParam({
    flag: "cross-request",
    description: "What happens in the isolate where two requests meet",
    choices: Object.keys(CROSS_REQUEST) as [keyof typeof CROSS_REQUEST],
    default: "resume-in-own",
  }),
  silenceMs: durationParam({
    flag: "backend-timeout",
    description: "For how long a backend, or a client that is sending, may do nothing",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  exchangeMs: durationParam({
    flag: "sts-timeout",
    description: "How long getting a key to the backend may take",
    defaultMs: 10_000,
    bareUnit: "s",
    minMs: 1,
  }),
});

/** Where the embedded store is when nobody says otherwise. */
const EMBEDDED_STORE = "http://127.0.0.1:9000";

/** The S3 gateway. */
export const s3GatewayDefinition: ServerDefinition = {
  name: "s3-gateway",
  summary: "An S3 gateway on an isolate, whose cold bursts of writes fail, or do not",
  port: 8788,
  params,
  wiring: {
    backend: { server: "object-store", unless: ["config"] },
    sts: { server: "sts", unless: ["config"] },
  },
  connectionControl: false,
  standIn: {
    role: "s3-gateway",
    always: [],
    into: {
      ...{ variant: "repaired", readBody: "repaired" },
      ...{ uploadPart: "repaired", framing: "repaired" },
      ...{ silenceMs: "backendTimeoutMs", exchangeMs: "stsTimeoutMs" },
    },
    part(given) {
      const { backend, readBody, uploadPart, framing, ...rest } = params.parse(given);
      const flags = { ...rest, ...switchesGiven({ readBody, uploadPart, framing }) };
      return {
        role: "s3-gateway",
        settings: productSettings({ ...flags, backend: backend || EMBEDDED_STORE }),
      };
    },
  },
  async create(given, { clock, warn, notice }) {
    const { isolate, crossRequest, ...rest } = params.parse(given);
    const config = rest.config === "" ? configOf(rest) : await readConfigFile(rest.config);
    for (const { endpoint, credentials } of Object.values(config.backends)) {
      checkReachable("backend", endpoint);
      if (typeof credentials === "object" && "stsUrl" in credentials) {
        checkReachable("sts", credentials.stsUrl);
      }
    }
    const { variant, readBody, uploadPart, framing, silenceMs, exchangeMs } = rest;
    return createS3Gateway({
      // What a file says is meant; flags have a default that nobody said.
      config: {
        variant,
        ...config,
        ...switchesGiven({ readBody, uploadPart, framing }),
        limits: { silenceMs, exchangeMs, ...config.limits },
      },
      clock,
      // Signatures and keys go by the world's time, however fast the gateway's own runs.
      wallClock: realClock,
      ...(isolate === "model" && { isolate: { crossRequest } }),
      onError: (error) => warn(`the gateway failed: ${messageOf(error)}`),
      ...(notice && { onLog: (_level, line) => notice(line) }),
    });
  },
};

/** The switches that were given by themselves, beside the variant. */
function switchesGiven(
  { readBody, uploadPart, framing }: Pick<
    z.infer<typeof params>,
    "readBody" | "uploadPart" | "framing"
  >,
): Partial<GatewaySwitches> {
  return {
    ...(readBody !== "by-variant" && { readBody }),
    ...(uploadPart !== "by-variant" && { uploadPart }),
    ...(framing !== "by-variant" && { framing }),
  };
}

/** What flags that have no file come to. */
type Flags = Pick<z.infer<typeof params>, "backend" | "bucket" | "sts" | "public">;

function configOf({ backend, bucket, sts, public: isPublic }: Flags): GatewayConfig {
  const key = environmentKey(["AWS"]);
  const access = isPublic ? "anonymous-read" : "keyed";
  return {
    backends: {
      main: { endpoint: backend || EMBEDDED_STORE, credentials: credentialsFor(backend, sts) },
    },
    buckets: bucketsOf(bucket, access),
    keys: [key ?? DEMO_CREDENTIALS],
  };
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
    const [name = "", target] = one.split("=", 2);
    if (Object.hasOwn(buckets, name)) throw new UsageError(`--bucket: received '${name}' twice`);
    const slash = target?.indexOf("/") ?? -1;
    const bucket = target === undefined || slash < 0 ? target : target.slice(0, slash);
    const prefix = target === undefined || slash < 0 ? "" : target.slice(slash + 1);
    buckets[name] = { backend: "main", access, prefix, ...(bucket !== undefined && { bucket }) };
  }
  return buckets;
}
