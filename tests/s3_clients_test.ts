// Our object store under clients that nobody here wrote: rclone, s3cmd, boto3 and minio-go.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../servers/object_store/object_store.ts";
import { DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";
import { NO_KEYS_ELSEWHERE, pythonWithBoto3, runs, succeeds } from "./client_programs.ts";

const clients = new URL("clients/", import.meta.url);

/** A store that reads share, and what clients are told of it. */
async function startStore() {
  const scope = new AsyncDisposableStack();
  const store = createObjectStore({
    storage: createMemoryStorage(),
    credentials: [DEMO_CREDENTIALS],
    variant: "fix",
    clock: realClock,
  });
  scope.defer(() => store.close());
  const { url } = scope.use(await listen(store));
  const env = {
    AWS_ACCESS_KEY_ID: DEMO_CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: DEMO_CREDENTIALS.secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
    ...NO_KEYS_ELSEWHERE,
  };
  return { url, env, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

function clientTest(
  name: string,
  { here, install }: { here: boolean; install: string },
  fn: () => Promise<void>,
): void {
  if (!here) console.warn(`NOT TESTED: ${name} (${install}), tests/s3_clients_test.ts`);
  Deno.test({ name: here ? name : `NOT TESTED, it is not installed: ${name}`, ignore: !here, fn });
}

const python = await pythonWithBoto3();

clientTest(
  "boto3 puts, lists, reads, copies, sends parts, deletes and is refused",
  { here: python !== undefined, install: "pip install boto3" },
  async () => {
    await using store = await startStore();
    const script = new URL("boto3_client.py", clients).pathname;
    assertMatch(await succeeds(python ?? "", [script, store.url], store.env), /^done$/m);
  },
);

clientTest(
  "minio-go puts, streams parts, lists, reads ranges, copies and deletes",
  { here: await runs("go", "version"), install: "apt-get install golang" },
  async () => {
    await using store = await startStore();
    const folder = new URL("minio_go/", clients).pathname;
    const args = ["-C", folder, "run", ".", new URL(store.url).host];
    assertMatch(await succeeds("go", args, store.env), /^done$/m);
  },
);

/** Files of several sizes below a new folder, one of them over rclone's limit for one part. */
async function makeTree(folder: string): Promise<void> {
  await Deno.mkdir(`${folder}/sub folder/ünder`, { recursive: true });
  await Deno.writeTextFile(`${folder}/empty`, "");
  await Deno.writeTextFile(`${folder}/sub folder/a & b+c=d.txt`, "small");
  await Deno.writeTextFile(`${folder}/sub folder/ünder/☃`, "x".repeat(70_000));
  const large = new Uint8Array(17 << 20);
  for (let at = 0; at < large.length; at += 4096) large[at] = at >> 12;
  await Deno.writeFile(`${folder}/large.bin`, large);
}

clientTest(
  "rclone syncs a tree there and back, checks it, copies on the server's side and purges",
  { here: await runs("rclone", "version"), install: "apt-get install rclone" },
  async () => {
    await using store = await startStore();
    await using scope = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "edge-repro-rclone-" });
    scope.defer(() => Deno.remove(folder, { recursive: true }));
    await makeTree(`${folder}/there`);
    const env = {
      ...store.env,
      HOME: folder,
      RCLONE_CONFIG_LAB_TYPE: "s3",
      RCLONE_CONFIG_LAB_PROVIDER: "Other",
      RCLONE_CONFIG_LAB_ENV_AUTH: "true",
      RCLONE_CONFIG_LAB_ENDPOINT: store.url,
      RCLONE_CONFIG_LAB_REGION: "us-east-1",
      RCLONE_S3_UPLOAD_CUTOFF: "6M",
      RCLONE_S3_CHUNK_SIZE: "5M",
    };
    const rclone = (...args: string[]) =>
      succeeds("rclone", ["--config", "", "--retries", "1", ...args], env);
    await rclone("mkdir", "lab:from-rclone");
    await rclone("sync", `${folder}/there`, "lab:from-rclone/tree");
    const listed = (await rclone("lsf", "-R", "--files-only", "lab:from-rclone")).trim().split(
      "\n",
    );
    assertEquals(listed.toSorted(), [
      "tree/empty",
      "tree/large.bin",
      "tree/sub folder/a & b+c=d.txt",
      "tree/sub folder/ünder/☃",
    ]);
    await rclone("check", "--download", `${folder}/there`, "lab:from-rclone/tree");
    await rclone("copy", "lab:from-rclone/tree", "lab:from-rclone/copy");
    await rclone("sync", "lab:from-rclone/copy", `${folder}/back`);
    await rclone("check", `${folder}/there`, `${folder}/back`);
    assertEquals(
      await rclone("cat", "--offset", "4096", "--count", "1", "lab:from-rclone/copy/large.bin"),
      "\u0001",
    );
    await rclone("purge", "lab:from-rclone");
    assertEquals(await rclone("lsd", "lab:"), "");
  },
);

clientTest(
  "s3cmd makes a bucket, puts parts, lists, gets, copies, syncs and removes",
  { here: await runs("s3cmd", "--version"), install: "apt-get install s3cmd" },
  async () => {
    await using store = await startStore();
    await using scope = new AsyncDisposableStack();
    const folder = await Deno.makeTempDir({ prefix: "edge-repro-s3cmd-" });
    scope.defer(() => Deno.remove(folder, { recursive: true }));
    await makeTree(`${folder}/there`);
    // What has to be tried again is wrong, and must not pass.
    await Deno.writeTextFile(`${folder}/s3cfg`, "[default]\nmax_retries = 0\n");
    const { host } = new URL(store.url);
    const s3cmd = (...args: string[]) =>
      succeeds("s3cmd", [
        ...[`--config=${folder}/s3cfg`, "--no-ssl", `--host=${host}`, `--host-bucket=${host}`],
        ...["--region=us-east-1", "--multipart-chunk-size-mb=5", "--no-progress", ...args],
      ], store.env);
    await s3cmd("mb", "s3://from-s3cmd");
    await s3cmd("put", `${folder}/there/large.bin`, "s3://from-s3cmd/large.bin");
    await s3cmd("sync", `${folder}/there/`, "s3://from-s3cmd/tree/");
    const listed = await s3cmd("ls", "--recursive", "s3://from-s3cmd");
    for (const name of ["large.bin", "tree/empty", "tree/sub folder/a & b+c=d.txt", "ünder/☃"]) {
      assert(listed.includes(name), `${name} in ${listed}`);
    }
    await s3cmd("cp", "s3://from-s3cmd/large.bin", "s3://from-s3cmd/copied.bin");
    await s3cmd("get", "s3://from-s3cmd/copied.bin", `${folder}/back.bin`);
    assertEquals(
      await Deno.readFile(`${folder}/back.bin`),
      await Deno.readFile(`${folder}/there/large.bin`),
    );
    await s3cmd("info", "s3://from-s3cmd/large.bin");
    await s3cmd("rb", "--recursive", "--force", "s3://from-s3cmd");
    assertEquals((await s3cmd("ls")).trim(), "");
  },
);
