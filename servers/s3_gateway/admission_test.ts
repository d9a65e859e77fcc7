// Who may do what: keys, presigned URLs, public buckets; and buckets on several backends.

import { assertEquals } from "@std/assert";
import {
  CopyObjectCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { AwsClient } from "aws4fetch";
import { ManualClock } from "../../lab/clock.ts";
import { ask } from "../../tests/store_raw.ts";
import { refusal } from "../object_store/testing_sdk.ts";
import {
  BUCKET as STORE_BUCKET,
  errorOf,
  TESTING_KEY,
  TestingStore,
} from "../object_store/testing_store.ts";
import { startTap } from "../tap/tap.ts";
import type { GatewayConfig } from "./config.ts";
import { BUCKET, CLIENT_KEY, configFor, TestingGateway, withGateway } from "./testing_gateway.ts";

const put = (s3: S3Client, Bucket: string, Key: string, Body: string) =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body }));
const get = async (s3: S3Client, Bucket: string, Key: string) =>
  await (await s3.send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToString();

const PUBLIC = { backend: "main", bucket: STORE_BUCKET, prefix: "open/", access: "anonymous-read" };

Deno.test("a public bucket can be read without a signature, and only read; others cannot", () =>
  withGateway({
    buckets: { [BUCKET]: { backend: "main", bucket: STORE_BUCKET }, open: PUBLIC },
  } as Partial<GatewayConfig>, async (s3, { url }, store) => {
    await store.put("open/a", "hello");
    await store.put("secret", "secret");
    const got = await fetch(`${url}/open/a`, { headers: { range: "bytes=1-" } });
    assertEquals([got.status, await got.text()], [206, "ello"]);
    assertEquals((await fetch(`${url}/open/a`, { method: "HEAD" })).status, 200);
    const list = await (await fetch(`${url}/open?list-type=2`)).text();
    assertEquals(list.match(/<Key>.*?<\/Key>/g), ["<Key>a</Key>"]);
    assertEquals(await errorOf(await fetch(`${url}/open/none`)), "404 NoSuchKey");
    const denied: [string, RequestInit?][] = [
      [`${url}/${BUCKET}/secret`],
      [`${url}/none/a`],
      [`${url}/`],
      [`${url}/open`, { method: "PUT" }],
      [`${url}/open/a`, { method: "PUT", body: "x" }],
      [`${url}/open/a`, { method: "DELETE" }],
      [`${url}/open?delete`, { method: "POST", body: "<Delete/>" }],
      [`${url}/open/a?uploads`, { method: "POST" }],
      [`${url}/open?uploads`],
      [`${url}/open/copy`, { method: "PUT", headers: { "x-amz-copy-source": "open/a" } }],
    ];
    for (const [to, init] of denied) {
      assertEquals(
        await errorOf(await fetch(to, init)),
        "403 AccessDenied",
        `${init?.method} ${to}`,
      );
    }
    const changed = await fetch(`${url}/open/a?response-content-type=text/html`);
    assertEquals(await errorOf(changed), "400 InvalidRequest");
    assertEquals(await get(s3, "open", "a"), "hello");
  }));

Deno.test("a presigned URL is good for what it says, by whom and for as long", () =>
  withGateway({}, async (s3, { url }) => {
    await put(s3, BUCKET, "k", "hello");
    const presign = async (
      key: typeof CLIENT_KEY,
      method: string,
      seconds: number,
      at = Date.now(),
    ) => {
      const aws = new AwsClient({ ...key, service: "s3", region: "auto" });
      const target = new URL(`${url}/${BUCKET}/k`);
      target.searchParams.set("X-Amz-Expires", String(seconds));
      const datetime = new Date(at).toISOString().replaceAll(/[:-]|\.\d{3}/g, "");
      return (await aws.sign(target.href, { method, aws: { signQuery: true, datetime } })).url;
    };
    assertEquals(await (await fetch(await presign(CLIENT_KEY, "GET", 60))).text(), "hello");
    const put2 = await fetch(await presign(CLIENT_KEY, "PUT", 60), { method: "PUT", body: "new" });
    assertEquals([put2.status, await put2.text()], [200, ""]);
    assertEquals(await get(s3, BUCKET, "k"), "new");
    const earlier = Date.now() - 120_000;
    const refused: [Promise<string>, RequestInit, string][] = [
      [presign(CLIENT_KEY, "GET", 60, earlier), {}, "403 AccessDenied"],
      [presign(CLIENT_KEY, "GET", 60), { method: "DELETE" }, "403 SignatureDoesNotMatch"],
      [presign(TESTING_KEY, "GET", 60), {}, "403 InvalidAccessKeyId"],
      [
        presign({ ...CLIENT_KEY, secretAccessKey: "another" }, "GET", 60),
        {},
        "403 SignatureDoesNotMatch",
      ],
    ];
    for (const [to, init, expected] of refused) {
      assertEquals(await errorOf(await fetch(await to, init)), expected);
    }
  }));

Deno.test("signatures expire by the world's time, however the gateway's own time runs", async () => {
  await using store = await TestingStore.start();
  const clock = new ManualClock(0);
  const wallClock = { now: () => Date.now() };
  await using gateway = await TestingGateway.start(configFor(store.url), { clock, wallClock });
  await put(gateway.client(), BUCKET, "k", "hello");
});

Deno.test("buckets are where the config says, each backend asked with its own key; keys have their buckets", async () => {
  const other = { accessKeyId: "AKOTHER", secretAccessKey: "of the other store" };
  await using one = await TestingStore.start();
  await using two = await TestingStore.start({ credentials: [other] });
  const small = { accessKeyId: "AKSMALL", secretAccessKey: "for one bucket", buckets: ["second"] };
  await using gateway = await TestingGateway.start({
    backends: {
      one: { endpoint: one.url, credentials: TESTING_KEY, region: "us-east-1" },
      two: { endpoint: `${two.url}/`, credentials: other, region: "auto" },
    },
    buckets: {
      first: { backend: "one", bucket: STORE_BUCKET, prefix: "a/" },
      sibling: { backend: "one", bucket: STORE_BUCKET, prefix: "b/" },
      second: { backend: "two", bucket: STORE_BUCKET },
    },
    keys: [CLIENT_KEY, small],
  });
  const s3 = gateway.client();
  for (const bucket of ["first", "sibling", "second"]) await put(s3, bucket, "k", bucket);
  for (const bucket of ["first", "sibling", "second"]) {
    assertEquals(await get(s3, bucket, "k"), bucket);
  }
  assertEquals([...one.storage.objects(STORE_BUCKET)].map(([key]) => key), ["a/k", "b/k"]);
  assertEquals([...two.storage.objects(STORE_BUCKET)].map(([key]) => key), ["k"]);
  const copy = (Bucket: string, CopySource: string, client = s3) =>
    client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
  await copy("sibling", "first/k");
  assertEquals(await get(s3, "sibling", "copy"), "first");
  assertEquals(await refusal(copy("second", "first/k")), "501 NotImplemented");

  const limited = gateway.client({ credentials: { ...small } });
  assertEquals(await get(limited, "second", "k"), "second");
  const { Buckets } = await limited.send(new ListBucketsCommand({}));
  assertEquals(Buckets?.map(({ Name }) => Name), ["second"]);
  assertEquals(await refusal(get(limited, "first", "k")), "403 AccessDenied");
  assertEquals(await refusal(copy("second", "first/k", limited)), "403 AccessDenied");
});

Deno.test("a backend is addressed with the bucket in the host, and asked unsigned, where the config says so", async () => {
  await using store = await TestingStore.start();
  await using tap = await startTap({ backend: store.url });
  const endpoint = `http://localhost:${tap.port}`;
  await using gateway = await TestingGateway.start({
    backends: {
      named: { endpoint, credentials: TESTING_KEY, addressing: "virtual-host" },
      open: { endpoint: tap.url },
    },
    buckets: {
      front: { backend: "named", bucket: STORE_BUCKET, prefix: "a/" },
      open: { backend: "open", bucket: STORE_BUCKET },
    },
    keys: [CLIENT_KEY],
  });
  const s3 = gateway.client();
  assertEquals(await refusal(get(s3, "open", "k")), "403 AccessDenied");
  assertEquals(tap.requests[0]?.field("authorization"), undefined);
  tap.clear();
  await put(s3, "front", "k", "hello");
  assertEquals(await get(s3, "front", "k"), "hello");
  assertEquals(tap.requests[0]?.field("host"), `${STORE_BUCKET}.localhost:${tap.port}`);
  assertEquals(tap.requests[0]?.target, "/a/k");
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: "front" }));
  assertEquals(Contents?.map(({ Key }) => Key), ["k"]);
  // Names that XML cannot say come back all the same.
  const listed = "/?encoding-type=url&list-type=2&prefix=a%2F&start-after=a%2F";
  assertEquals(tap.requests.at(-1)?.target, listed);
});

Deno.test("clients may name the bucket in the host; figures are told without a key", () =>
  withGateway({}, async (s3, gateway) => {
    await put(s3, BUCKET, "k", "hello");
    const { port } = gateway;
    const host = `${BUCKET}.localhost`;
    const got = await ask(port, { method: "GET", target: "/k", key: CLIENT_KEY, host });
    assertEquals([got.status, new TextDecoder().decode(got.body)], [200, "hello"]);
    const figures = await (await fetch(`${gateway.url}/_edge-repro/stats`)).json();
    assertEquals([figures.schema, figures.locks, figures.upstreams], ["edge-repro/stats@1", 0, 0]);
    assertEquals(await errorOf(await fetch(`${gateway.url}/_edge-repro/other`)), "404 NoSuchKey");
  }));

Deno.test("what anyone may read, a key of other buckets may too; versions are for keys of the bucket alone", async () => {
  await using store = await TestingStore.start();
  await store.put("open/a", "hello");
  const small = { accessKeyId: "AKSMALL", secretAccessKey: "for one bucket", buckets: [BUCKET] };
  await using gateway = await TestingGateway.start({
    ...configFor(store.url),
    buckets: { [BUCKET]: { backend: "main", bucket: STORE_BUCKET }, open: PUBLIC },
    keys: [small],
  } as GatewayConfig);
  const { port, url } = gateway;
  const target = "/open/a";
  for (const method of ["GET", "HEAD"]) {
    assertEquals((await ask(port, { method, target, key: small })).status, 200);
  }
  assertEquals((await ask(port, { method: "HEAD", target: "/open", key: small })).status, 200);
  for (const method of ["PUT", "DELETE"]) {
    assertEquals((await ask(port, { method, target, key: small })).code, "AccessDenied");
  }
  // What was overwritten or deleted is no more public.
  const old = await fetch(`${url}${target}?versionId=null`);
  assertEquals(await errorOf(old), "400 InvalidRequest");
});
