// The gateway as docs/gateway.md sets it up, under clients that nobody here wrote: rclone, boto3, s3cmd.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { engines } from "../engines/engines.ts";
import { findEngine } from "../engines/find.ts";
import { startEngine } from "../engines/start.ts";
import { realClock } from "../lab/clock.ts";
import { Running, START } from "./cli_process.ts";
import { NO_KEYS_ELSEWHERE, pythonWithBoto3, runs, succeeds } from "./client_programs.ts";
import { sideBySide, type Step } from "./side_by_side.ts";

const page = await Deno.readTextFile(new URL("../docs/gateway.md", import.meta.url));

/** The page's one block of a language. */
function block(language: string): string {
  const blocks = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))];
  assertEquals(blocks.length, 1, `blocks of ${language} in docs/gateway.md`);
  return blocks[0]?.[1] ?? "";
}

/** The ports of the page, which a test cannot count on. */
const PORT = { store: "9000", minio: "9011", sts: "8789", gateway: "8788" };
/** The page's keys. */
const KEY = { accessKeyId: "front", secretAccessKey: "of-the-gateway-alone" };
const STORE_KEY = { accessKeyId: "EDGEREPRODEMO", secretAccessKey: "edge-repro-secret" };

const GIB = 2 ** 30;
const MIB = 2 ** 20;
/** What the gateway may hold at once. */
const MOST_HELD_BYTES = 64 * MIB;
/** What its process may grow by: it carries eight times as much. */
const MOST_GROWTH_BYTES = 512 * MIB;

const stores = await Promise.all(
  engines.filter(({ name }) => name === "minio" || name === "versitygw")
    .map(async (engine) => ({ engine, found: await findEngine(engine) })),
);
// MinIO is the page's. The other takes its place where that is missing.
const store = stores.toSorted((a, b) => a.engine.name < b.engine.name ? -1 : 1)
  .find(({ found }) => found !== undefined);

/** The servers of docs/gateway.md: a real store and ours behind a gateway, each on a free port. */
async function startAll() {
  await using scope = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "edge-repro-gateway-" });
  scope.defer(() => Deno.remove(folder, { recursive: true }));
  const play = store?.engine.plays["object-store"];
  assert(store?.found && play);
  const { url: real } = await startEngine(store.engine, store.found, {
    launch: (place) => play.launch({ credentials: STORE_KEY, region: "us-east-1" }, place),
    clock: realClock,
    scope,
    signal: new AbortController().signal,
  });
  const own = serve([
    ...["object-store", "sts", "--object-store-port=0", "--sts-port=0"],
    ...["--object-store-variant=fix", "--object-store-regions=one"],
  ]);
  scope.use(own);
  const ports: [string, string][] = [[PORT.minio, real.port]];
  for (const name of ["object-store", "sts"] as const) {
    ports.push([name === "sts" ? PORT.sts : PORT.store, new URL(await urlOf(own, name)).port]);
  }
  const settled = (text: string) =>
    ports.reduce((one, [from, to]) => one.replaceAll(`:${from}"`, `:${to}"`), text);
  await Deno.writeTextFile(`${folder}/gateway.json`, settled(block("json")));
  const gateway = serve(
    ["s3-gateway", "--port=0", "--variant=fix", `--config=${folder}/gateway.json`],
    {
      MINIO_KEY_ID: STORE_KEY.accessKeyId,
      MINIO_SECRET: STORE_KEY.secretAccessKey,
      GATEWAY_KEY_ID: KEY.accessKeyId,
      GATEWAY_SECRET: KEY.secretAccessKey,
    },
  );
  scope.use(gateway);
  const url = await urlOf(gateway, "s3-gateway");
  const conf = `${folder}/rclone.conf`;
  const endpoints = block("ini").replace(`:${PORT.gateway}`, `:${new URL(url).port}`)
    .replace(`:${PORT.minio}`, `:${real.port}`);
  await Deno.writeTextFile(conf, endpoints);
  await makeLarge(`${folder}/large`);
  const held = scope.move();
  return {
    folder,
    url,
    pid: gateway.pid,
    /** Makes the bucket that the page has rclone make. */
    async makeBucket() {
      const client = new AwsClient({ ...STORE_KEY, service: "s3", region: "us-east-1" });
      const made = await client.fetch(new URL("media", real), { method: "PUT" });
      assertEquals([made.status, await made.text()], [200, ""]);
    },
    rclone: (...args: string[]) =>
      succeeds("rclone", ["--config", conf, "--retries=1", "--low-level-retries=1", ...args]),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

function serve(args: readonly string[], env: Record<string, string> = {}): Running {
  // Whoever runs the tests may have a key of their own, and servers take it.
  const none = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "" };
  return new Running(["serve", ...args], { permissions: START, env: { ...none, ...env } });
}

async function urlOf(child: Running, name: string): Promise<string> {
  const line = await child.line((one) => one.trim().startsWith(`${name} `));
  return line.trim().split(/\s+/)[1] ?? "";
}

/** A file of 1 GiB, of which each 16th MiB is noise, and the rest holes, which cost no space. */
async function makeLarge(path: string): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true });
  await file.truncate(GIB);
  const noise = new Uint8Array(MIB);
  for (let at = 0; at < GIB; at += 16 * MIB) {
    for (let i = 0; i < MIB; i += 65_536) crypto.getRandomValues(noise.subarray(i, i + 65_536));
    // No part begins there, whatever their size.
    await file.seek(at + 12_345, Deno.SeekMode.Start);
    await file.write(noise);
  }
}

/** Fails unless two files have the same bytes. */
async function assertSame(one: string, other: string): Promise<void> {
  await succeeds("cmp", [one, other]);
}

async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1_024;
}

async function figuresOf(url: string) {
  return await (await fetch(`${url}/_edge-repro/stats`)).json();
}

/** Fails when what was carried stayed in memory, or a request met another's I/O. */
async function assertFlat(url: string, pid: number, idleBytes: number): Promise<void> {
  const figures = await figuresOf(url);
  assertEquals([figures.foreignTouches, figures.cancelled.hung, figures.upstreams], [0, 0, 0]);
  for (const peak of [figures.peakBufferedBytes, figures.isolatePeakBytes]) {
    assert(peak > 0 && peak < MOST_HELD_BYTES, `${peak} bytes were held`);
  }
  const growth = await residentBytes(pid) - idleBytes;
  assert(growth < MOST_GROWTH_BYTES, `the process grew by ${growth} bytes`);
}

const python = await pythonWithBoto3();
const needs = {
  rclone: await runs("rclone", "version"),
  s3cmd: await runs("s3cmd", "--version"),
  boto3: python !== undefined,
};

const clients: Step[] = [];

function clientTest(name: keyof typeof needs, what: string, fn: () => Promise<void>): void {
  const missing = [
    ...(needs[name] ? [] : [`${name} is not installed`]),
    ...(store ? [] : ["neither MinIO nor Versity S3 Gateway is installed"]),
  ];
  const title = `${name} ${what}`;
  for (const one of missing) {
    console.warn(`NOT TESTED: ${title}: ${one}, tests/gateway_clients_test.ts`);
  }
  clients.push({
    name: missing.length === 0 ? title : `NOT TESTED, ${missing.join(", ")}: ${title}`,
    ignore: missing.length > 0,
    fn,
  });
}

clientTest("rclone", "carries 1 GiB through the gateway to a real store and back", async () => {
  await using servers = await startAll();
  const { folder, rclone, url, pid } = servers;
  // As the page says it, with the same bucket and remotes.
  await rclone("mkdir", "minio:media");
  assertMatch(await rclone("lsd", "gateway:"), / media\n.* team-a\n$/s);
  const idleBytes = await residentBytes(pid);
  await rclone("copy", `${folder}/large`, "gateway:media/rclone");
  assertEquals(await rclone("lsf", "-R", "--files-only", "gateway:media"), "rclone/large\n");
  await rclone("copy", "gateway:media/rclone/large", `${folder}/back`);
  await assertSame(`${folder}/back/large`, `${folder}/large`);
  await assertFlat(url, pid, idleBytes);
  // Without the gateway it is there too.
  assertEquals(await rclone("lsf", "--format=s", "minio:media/rclone/large"), `${GIB}\n`);
  // Which key it asks with is settled for each backend: ours takes none but the STS's.
  await Deno.writeTextFile(`${folder}/small`, "small");
  await rclone("copy", `${folder}/small`, "gateway:team-a/sub");
  assertEquals(await rclone("cat", "gateway:team-a/sub/small"), "small");
  assertEquals((await figuresOf(url)).exchanges, 1);
  await rclone("deletefile", "gateway:media/rclone/large");
  await rclone("delete", "gateway:team-a");
  for (const bucket of ["media", "team-a"]) {
    assertEquals(await rclone("lsf", "-R", "--files-only", `gateway:${bucket}`), "");
  }
});

clientTest("boto3", "carries 1 GiB there and back, lists and deletes in batches", async () => {
  await using servers = await startAll();
  const { folder, url, pid } = servers;
  await servers.makeBucket();
  const idleBytes = await residentBytes(pid);
  const script = new URL("clients/boto3_gateway.py", import.meta.url).pathname;
  const args = [script, url, "media", `${folder}/large`, `${folder}/back`];
  const said = await succeeds(python ?? "", args, {
    ...NO_KEYS_ELSEWHERE,
    AWS_ACCESS_KEY_ID: KEY.accessKeyId,
    AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    AWS_DEFAULT_REGION: "us-east-1",
  });
  // Its parts have 8 MiB when nobody says otherwise.
  assertEquals(said, "done in 128 parts\n");
  await assertSame(`${folder}/back`, `${folder}/large`);
  await assertFlat(url, pid, idleBytes);
});

clientTest("s3cmd", "puts parts, lists, gets and removes in batches", async () => {
  await using servers = await startAll();
  const { folder, url } = servers;
  await servers.makeBucket();
  await Deno.writeTextFile(`${folder}/s3cfg`, "[default]\nmax_retries = 0\n");
  const { host } = new URL(url);
  const s3cmd = (...args: string[]) =>
    succeeds("s3cmd", [
      ...[`--config=${folder}/s3cfg`, "--no-ssl", `--host=${host}`, `--host-bucket=${host}`],
      ...["--region=us-east-1", "--multipart-chunk-size-mb=5", "--no-progress", ...args],
    ], {
      ...NO_KEYS_ELSEWHERE,
      AWS_ACCESS_KEY_ID: KEY.accessKeyId,
      AWS_SECRET_ACCESS_KEY: KEY.secretAccessKey,
    });
  await Deno.truncate(`${folder}/large`, 17 * MIB);
  await s3cmd("put", `${folder}/large`, "s3://media/s3cmd/a & b+c");
  await s3cmd("put", `${folder}/s3cfg`, "s3://media/s3cmd/ü/☃");
  const listed = await s3cmd("ls", "--recursive", "s3://media");
  assertMatch(listed, /17825792 +s3:\/\/media\/s3cmd\/a & b\+c\n.*s3:\/\/media\/s3cmd\/ü\/☃\n$/);
  await s3cmd("get", "s3://media/s3cmd/a & b+c", `${folder}/back`);
  await assertSame(`${folder}/back`, `${folder}/large`);
  await s3cmd("del", "--recursive", "--force", "s3://media/s3cmd");
  assertEquals(await s3cmd("ls", "--recursive", "s3://media"), "");
});

const anyHere = clients.some(({ ignore }) => !ignore);
Deno.test({
  name: anyHere
    ? "each client with servers of its own, two clients at once"
    : "NOT TESTED, no client or no store is installed: clients of the gateway",
  ignore: !anyHere,
  // Nothing here is about time: it is no matter what one takes from the others.
  fn: (t) => sideBySide(t, 2, clients),
});
