// The video host as `serve` offers it.

import { z } from "zod";
import { realClock } from "../../lab/clock.ts";
import { UsageError } from "../../lab/errors.ts";
import { countParam, switchParam, textParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { DEMO_BUCKET, DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { STATS_PATH } from "../server.ts";
import { environmentKey } from "./environment_key.ts";
import { checkReachable } from "./reachable_store.ts";
import type { StoreKey } from "./store_client.ts";
import { createVideoHost, DEFAULT_SIZE_BYTES } from "./video_host.ts";

const URL_OR_NOTHING = {
  expected: "an http:// or https:// URL",
  pattern: /^$|^https?:\/\/\S+$/,
};

const params = z.object({
  endpoint: textParam({
    flag: "endpoint",
    description: "The S3 API of the store to use, with the key in AWS_* or R2_* variables",
    ...URL_OR_NOTHING,
  }),
  objectStore: textParam({
    flag: "object-store",
    description: "The embedded object store to use; without it and --endpoint its usual port",
    ...URL_OR_NOTHING,
  }),
  bucket: textParam({
    flag: "bucket",
    description: "The bucket for the clips",
    default: DEMO_BUCKET,
    expected: "a bucket's name",
    pattern: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  }),
  publicUrl: textParam({
    flag: "public-url",
    description: "Below which the bucket's objects can be read unsigned; else URLs are presigned",
    ...URL_OR_NOTHING,
  }),
  region: textParam({
    flag: "region",
    description: "What requests are signed for",
    default: "auto",
    expected: "a region's name",
    pattern: /^[a-z0-9-]+$/,
  }),
  closeBody: switchParam({
    flag: "close-body",
    description: "Close the body that the host does not read: the fix on the client's side",
  }),
  size: countParam({
    flag: "size",
    description: "How long the clip is made with padding",
    default: DEFAULT_SIZE_BYTES,
    min: 1 << 20,
    max: 2 ** 30,
    unit: "bytes",
  }),
});

/** Where the embedded store is when nobody says otherwise, and where below it buckets are public. */
const EMBEDDED_STORE = "http://127.0.0.1:9000", PUBLIC_PATH = "/_edge-repro/public";

/** The video host. */
export const videoHostDefinition: ServerDefinition = {
  name: "video-host",
  summary: "A page with a video that waits behind a download that nobody reads",
  port: 8080,
  params,
  wiring: { objectStore: { server: "object-store", unless: ["endpoint"] } },
  connectionControl: false,
  create(given, { clock, warn, notice }) {
    const { endpoint, objectStore, publicUrl, size, closeBody, ...rest } = params.parse(given);
    const embedded = (objectStore || EMBEDDED_STORE).replace(/\/$/, "");
    checkReachable(endpoint === "" ? "object-store" : "endpoint", endpoint || embedded);
    return createVideoHost({
      ...rest,
      clock,
      // Stores judge signatures by the world's time, however fast the host's own runs.
      wallClock: realClock,
      warn,
      ...(notice && { notice }),
      sizeBytes: size,
      closeBody,
      ...(endpoint === ""
        ? {
          endpoint: embedded,
          // The embedded store takes its key from there too.
          credentials: environmentKey(["AWS"]) ?? DEMO_CREDENTIALS,
          publicUrl: `${embedded}${PUBLIC_PATH}/${rest.bucket}`,
          statsUrl: `${embedded}${STATS_PATH}`,
        }
        : { endpoint, credentials: keyFor(endpoint) }),
      ...(publicUrl !== "" && { publicUrl }),
    });
  },
};

/** The key to somebody's own store. The demo key is published: it must not be tried there. */
function keyFor(endpoint: string): StoreKey {
  const key = environmentKey(["R2", "AWS"]);
  if (key !== undefined) return key;
  throw new UsageError(
    `--endpoint: received '${endpoint}' without a key to it, expected R2_ACCESS_KEY_ID and ` +
      "R2_SECRET_ACCESS_KEY, or the same as AWS_*, in the environment (read with " +
      "--allow-env=R2_*,AWS_*)",
  );
}
