// The S3 gateway as `serve` offers it.

import { z } from "zod";
import { realClock } from "../../lab/clock.ts";
import { messageOf, UsageError } from "../../lab/errors.ts";
import { choiceParam, durationParam, switchParam, textParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { CROSS_REQUEST } from "../isolate/cross_request.ts";
import { DEMO_BUCKET } from "../s3/demo_credentials.ts";
import { checkReachable } from "../video_host/reachable_store.ts";
import { ConfigError } from "./check_value.ts";
import { DEFAULT_LIMITS } from "./config.ts";
import { failureLine } from "./failure_line.ts";
import { createS3Gateway } from "./gateway_deno.ts";
import { productSettings } from "./product_settings.ts";
import { configOf, EMBEDDED_STORE, NAME_RULE, switchesGiven, variantOf } from "./serve_config.ts";

const URL_OR_NOTHING = {
  expected: "an http:// or https:// URL",
  placeholder: "URL",
  pattern: /^$|^https?:\/\/[^\s@?#]+$/,
};

/** One switch, which goes by the variant unless it is given. */
const switchOf = <const T extends string>(flag: string, description: string, choices: [T, T]) =>
  choiceParam({ flag, description, choices: ["by-variant", ...choices], default: "by-variant" });

// What is empty was not given: a config file is told from a flag's default by that.
const params = z.object({
  backend: textParam({
    flag: "backend",
    description:
      "The S3 API behind it, with the key in AWS_* variables; without it the embedded store",
    ...URL_OR_NOTHING,
  }),
  bucket: textParam({
    flag: "bucket",
    description:
      `Its buckets (${DEMO_BUCKET}): NAME, or NAME=BUCKET/PREFIX for what is elsewhere on the backend`,
    expected: `NAME or NAME=BUCKET or NAME=BUCKET/PREFIX, with commas between them, ${NAME_RULE}`,
    placeholder: "NAMES",
    pattern: /^$|^[a-z0-9.-]+(=[^,=/]+(\/[^,]*)?)?(,[a-z0-9.-]+(=[^,=/]+(\/[^,]*)?)?)*$/,
  }),
  config: textParam({
    flag: "config",
    description:
      "A JSON file with backends, buckets and keys, in the place of --backend, --bucket, --sts, --public",
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
  variant: textParam({
    flag: "variant",
    description:
      "All three switches as the report found them (bug, the default) or as it left them (fix, the " +
      "default of a --config that does not say)",
    expected: "bug or fix",
    placeholder: "bug|fix",
    pattern: /^$|^bug$|^fix$/,
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
    defaultMs: DEFAULT_LIMITS.silenceMs,
    bareUnit: "s",
    minMs: 1,
  }),
  exchangeMs: durationParam({
    flag: "sts-timeout",
    description: "How long getting a key to the backend may take",
    defaultMs: DEFAULT_LIMITS.exchangeMs,
    bareUnit: "s",
    minMs: 1,
  }),
});

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
      const flags = params.parse(given);
      const { sts, silenceMs, exchangeMs } = flags;
      return {
        role: "s3-gateway",
        settings: productSettings({
          ...{ sts, silenceMs, exchangeMs, ...switchesGiven(flags) },
          backend: flags.backend || EMBEDDED_STORE,
          bucket: flags.bucket || DEMO_BUCKET,
          variant: variantOf(flags) ?? "bug",
        }),
      };
    },
  },
  async create(given, { clock, warn, notice }) {
    const flags = params.parse(given);
    const { isolate, crossRequest } = flags;
    const config = await configOf(flags);
    for (const { endpoint, credentials } of Object.values(config.backends)) {
      checkReachable("backend", endpoint);
      if (typeof credentials === "object" && "stsUrl" in credentials) {
        checkReachable("sts", credentials.stsUrl);
      }
    }
    try {
      return createS3Gateway({
        config,
        clock,
        // Signatures and keys go by the world's time, however fast the gateway's own runs.
        wallClock: realClock,
        ...(isolate === "model" && { isolate: { crossRequest } }),
        onError: (error) => warn(`the gateway failed: ${messageOf(error)}`),
        onFailure: (failure) => warn(failureLine(failure)),
        ...(notice && { onLog: (_level, line) => notice(line) }),
      });
    } catch (error) {
      if (error instanceof ConfigError) throw new UsageError(error.message);
      throw error;
    }
  },
};
