// What `stale-read` starts: our own object store in two regions; and what an engine is told to be one.

import type { Backing, EmbedContext, Embedded } from "../../lab/scenario.ts";
import { ownAsync } from "../../lab/scope.ts";
import { listen } from "../../servers/listen.ts";
import { createMemoryStorage } from "../../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../../servers/object_store/object_store.ts";
import { PUBLIC_PATH } from "../../servers/object_store/public_reads.ts";
import { STATS_PATH } from "../../servers/server.ts";
import type { StaleReadParams } from "./params.ts";

/** The regions of our own store, by R2's names for them: the target's, and another. */
const HERE = "wnam";
const ELSEWHERE = "weur";

/** A bucket that anyone may read, as with R2's custom domains. */
const BUCKET = "edge-repro-public";

/** A key that only this run knows. */
function newKey() {
  return {
    accessKeyId: `edge-repro-${crypto.randomUUID().slice(0, 8)}`,
    secretAccessKey: crypto.randomUUID() + crypto.randomUUID(),
  };
}

/** What a store that is started for a run is told: a key of that run, and a region. */
export function behind(): Promise<Backing> {
  const credentials = newKey();
  const region = "us-east-1";
  return Promise.resolve({
    role: "object-store",
    settings: { credentials, region },
    access: { store: { region, credentials } },
  });
}

/** Starts a store in memory on ephemeral ports of 127.0.0.1, one for each region. */
export async function embed(context: EmbedContext): Promise<Embedded> {
  const { variant, clock, scope } = context;
  const { objectSize, lockTimeoutMs } = context.params as StaleReadParams;
  const credentials = newKey();
  // The object, what it is overwritten with, a copy, and one more for what is small.
  const storage = createMemoryStorage({ maxBytes: 4 * objectSize });
  await storage.createBucket({ name: BUCKET, createdMs: clock.now() });
  const store = createObjectStore({
    storage,
    credentials: [credentials],
    variant,
    clock,
    regions: [HERE, ELSEWHERE],
    lockTimeoutMs,
    publicBuckets: [BUCKET],
  });
  scope.defer(() => store.close());
  const here = await ownAsync(scope, await listen(store));
  const elsewhere = await ownAsync(scope, await listen(store.region(ELSEWHERE)));
  return {
    access: {
      url: new URL(here.url),
      headers: {},
      insecure: false,
      statsUrl: new URL(STATS_PATH, here.url),
      store: {
        region: HERE,
        credentials,
        bucket: BUCKET,
        publicUrl: new URL(`${PUBLIC_PATH}/${BUCKET}`, here.url),
        otherRegion: new URL(elsewhere.url),
      },
      told: Object.keys(context.params),
    },
  };
}
