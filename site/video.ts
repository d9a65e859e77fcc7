// The video host on the public site, against the store that whoever deploys it has configured.

import type { Clock } from "../lab/clock.ts";
import { UsageError } from "../lab/errors.ts";
import type { Server } from "../servers/server.ts";
import { environmentKey } from "../servers/video_host/environment_key.ts";
import { PUBLIC_LIMITS } from "../servers/video_host/limits.ts";
import { createVideoHost } from "../servers/video_host/video_host.ts";

/** Where the site has it. */
export const VIDEO_PATH = "/stale-read";

/** What names the store: its S3 API and its bucket are both needed. */
const ENDPOINT = "EDGE_REPRO_STORE_ENDPOINT";
const BUCKET = "EDGE_REPRO_STORE_BUCKET";
const PUBLIC_URL = "EDGE_REPRO_STORE_PUBLIC_URL";
const REGION = "EDGE_REPRO_STORE_REGION";

/**
 * Makes the video host for the store that the environment names, within the limits of a public site;
 * undefined where it names none. The key is in `R2_*` or `AWS_*` variables.
 *
 * @param env Gives a variable.
 * @throws {UsageError} when the store is named by half, or has no key.
 */
export function videoFor(
  env: (name: string) => string | undefined,
  clock: Clock,
): Server | undefined {
  const [endpoint, bucket, publicUrl, region] = [ENDPOINT, BUCKET, PUBLIC_URL, REGION].map(env);
  if (!endpoint && !bucket) return undefined;
  if (!endpoint || !bucket) {
    throw new UsageError(`${ENDPOINT} and ${BUCKET} belong together: received one of them`);
  }
  const credentials = environmentKey(["R2", "AWS"]);
  if (credentials === undefined) {
    throw new UsageError(`${ENDPOINT} needs a key: expected R2_* or AWS_* variables`);
  }
  return createVideoHost({
    clock,
    endpoint,
    bucket,
    credentials,
    basePath: VIDEO_PATH,
    limits: PUBLIC_LIMITS,
    ...(publicUrl && { publicUrl }),
    ...(region && { region }),
  });
}
