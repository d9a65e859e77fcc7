// The object store as `serve` offers it.

import { z } from "zod";
import { realClock } from "../../lab/clock.ts";
import { messageOf, UsageError } from "../../lab/errors.ts";
import {
  choiceParam,
  countParam,
  durationParam,
  switchParam,
  textParam,
} from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { isBucketName } from "../s3/bucket_name.ts";
import { DEMO_BUCKET } from "../s3/demo_credentials.ts";
import { environmentCredentials } from "../s3/environment_credentials.ts";
import { tappedServer } from "../tap/tapped_server.ts";
import { openFolderStorage } from "./folder_storage.ts";
import { createMemoryStorage } from "./memory_storage.ts";
import { createObjectStore } from "./object_store.ts";
import type { Storage } from "./storage.ts";

/** One or more names with commas between them. */
const NAMES = /^[a-z0-9][a-z0-9.-]*(,[a-z0-9][a-z0-9.-]*)*$/;

const params = z.object({
  variant: choiceParam({
    flag: "variant",
    description: "Whether one open read keeps others of its object waiting (bug) or not (fix)",
    choices: ["bug", "fix"],
    default: "bug",
  }),
  regions: textParam({
    flag: "regions",
    description: "The regions in which it answers: the first at its port, others at those after it",
    default: "wnam,weur",
    expected: "names with commas between them",
    placeholder: "NAMES",
    pattern: NAMES,
  }),
  lockTimeoutMs: durationParam({
    flag: "lock-timeout",
    description: "For how long one read may keep others waiting",
    defaultMs: 60_000,
    bareUnit: "s",
    minMs: 1,
  }),
  data: textParam({
    flag: "data",
    description: "The folder that objects are kept in; without it they are kept in memory",
    expected: "a folder's path",
    placeholder: "DIR",
    pattern: /^[^\0]*$/,
  }),
  maxSize: countParam({
    flag: "max-size",
    description: "The most bytes that objects in memory take together",
    default: 2 ** 30,
    min: 0,
    max: 2 ** 40,
    unit: "bytes",
  }),
  onChunked: choiceParam({
    flag: "on-chunked",
    description: "When an upload is refused whose length is not announced: at once, or at its end",
    choices: ["refuse", "stall"],
    default: "refuse",
  }),
  tap: switchParam({
    flag: "tap",
    description: "Keep how each request came, and show it at the port after the last region's",
  }),
  bucket: textParam({
    flag: "bucket",
    description: "Buckets that are there from the start and that anyone may read",
    default: DEMO_BUCKET,
    expected: "names of buckets with commas between them",
    placeholder: "NAMES",
    pattern: NAMES,
  }),
});

/** The object store. */
export const objectStoreDefinition: ServerDefinition = {
  name: "object-store",
  summary: "An S3 store in which one unread GET keeps, or does not keep, other reads waiting",
  port: 9000,
  params,
  wiring: {},
  connectionControl: false,
  standIn: {
    role: "object-store",
    always: [],
    part() {
      return {
        role: "object-store",
        settings: { credentials: environmentCredentials(), region: "us-east-1" },
      };
    },
  },
  async create(given, { clock, warn }) {
    const { variant, lockTimeoutMs, regions, data, maxSize, onChunked, tap, bucket } = params.parse(
      given,
    );
    const buckets = listOf("bucket", bucket);
    const bad = buckets.find((name) => !isBucketName(name));
    if (bad !== undefined) {
      throw new UsageError(`--bucket: received '${bad}', expected the name of a bucket`);
    }
    const storage = data === ""
      ? createMemoryStorage({ maxBytes: maxSize })
      : await openFolderStorage(data);
    await makeBuckets(storage, buckets, clock.now());
    const store = createObjectStore({
      storage,
      credentials: [environmentCredentials()],
      variant,
      clock,
      // Clients sign by the wall clock, however fast the store's own time runs.
      wallClock: realClock,
      regions: listOf("regions", regions),
      lockTimeoutMs,
      onChunked,
      publicBuckets: buckets,
      onError: (error) => warn(`the store failed: ${messageOf(error)}`),
    });
    return tap ? tappedServer(store) : store;
  },
};

function listOf(flag: string, text: string): string[] {
  const names = text.split(",");
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new UsageError(`--${flag}: received '${twice}' twice`);
  return names;
}

async function makeBuckets(storage: Storage, names: string[], createdMs: number): Promise<void> {
  try {
    for (const name of names) {
      if (storage.bucket(name) === undefined) await storage.createBucket({ name, createdMs });
    }
  } catch (error) {
    await storage[Symbol.asyncDispose]();
    throw error;
  }
}
