// workerd as an S3 gateway: objects go through it, and what the report found can be seen and repaired.

import { Readable } from "node:stream";
import { assertEquals, assertMatch } from "@std/assert";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { listen } from "../servers/listen.ts";
import { BUCKET } from "../servers/object_store/testing_store.ts";
import { refusal } from "../servers/object_store/testing_sdk.ts";
import { STATS_PATH } from "../servers/server.ts";
import type { Found } from "./find.ts";
import type { Running } from "./start.ts";
import { until } from "./testing_engine.ts";
import {
  BehindGateway,
  clientOf,
  figureOf,
  FRONT,
  gatewayLaunch,
  startGateway,
} from "./testing_gateway.ts";
import { assertNothingLeft, type Started, startNoted, testEach } from "./testing_installed.ts";
import { workerd } from "./workerd.ts";

const MIB = 1 << 20;
const FOREIGN =
  /^Error: Cannot perform I\/O on behalf of a different request\..*ReadableStreamSource/;

/** What a test has to do with. */
interface Rig {
  behind: BehindGateway;
  running: Running;
  /** Every line that it has printed; a log keeps the last ones. */
  said: readonly string[];
  s3: S3Client;
}

/** Runs a test with workerd before a store, and sees that nothing of it stays. */
async function withGateway(
  found: Found,
  remedies: readonly string[],
  test: (rig: Rig) => Promise<void>,
): Promise<void> {
  const started: Started[] = [];
  await using behind = await BehindGateway.start();
  const launch = gatewayLaunch(behind.settings, remedies);
  {
    await using scope = new AsyncDisposableStack();
    const said: string[] = [];
    const installed = { engine: workerd, found };
    const onLine = (line: string) => void said.push(line);
    const running = await startNoted(installed, launch, scope, started, onLine);
    await test({ behind, running, said, s3: clientOf(running.url, scope) });
  }
  for (const one of started) await assertNothingLeft(one);
}

await testEach(
  "carries objects, whole and in parts",
  "s3-gateway",
  ({ found }) =>
    withGateway(found, ["repaired"], async ({ behind, said, s3 }) => {
      behind.letExchange();
      const at = { Bucket: FRONT, Key: "whole é" };
      const Body = crypto.getRandomValues(new Uint8Array(65_536));
      const { ETag } = await s3.send(
        new PutObjectCommand({ ...at, Body, ContentType: "video/mp4" }),
      );
      const got = await s3.send(new GetObjectCommand(at));
      assertEquals([got.ETag, got.ContentType], [ETag, "video/mp4"]);
      assertEquals(await got.Body?.transformToByteArray(), Body);
      const part = await s3.send(new GetObjectCommand({ ...at, Range: "bytes=1-4" }));
      assertEquals(await part.Body?.transformToByteArray(), Body.subarray(1, 5));

      const Key = "in parts";
      const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket: FRONT, Key }));
      const upload = { Bucket: FRONT, Key, UploadId };
      const bodies = [new Uint8Array(5 * MIB).fill(1), new Uint8Array(10).fill(2)];
      const Parts = await Promise.all(bodies.map(async (Body, index) => {
        const PartNumber = index + 1;
        const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
        return { ETag, PartNumber };
      }));
      await s3.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
      const { ContentLength } = await s3.send(new HeadObjectCommand({ Bucket: FRONT, Key }));
      assertEquals(ContentLength, 5 * MIB + 10);
      assertEquals(behind.store.storage.object(BUCKET, Key)?.sizeBytes, 5 * MIB + 10);

      const Objects = [at.Key, Key, "absent"].map((Key) => ({ Key }));
      const { Deleted } = await s3.send(
        new DeleteObjectsCommand({ Bucket: FRONT, Delete: { Objects } }),
      );
      assertEquals(Deleted?.map(({ Key }) => Key).sort(), ["absent", Key, at.Key].sort());
      assertEquals(await refusal(s3.send(new GetObjectCommand(at))), "404 NoSuchKey");
      assertEquals(said, []);
    }),
);

/** Twenty batch deletes at once: how many were answered with what. */
async function burst(s3: S3Client, before: () => Promise<void>): Promise<Record<string, number>> {
  const answers = Array.from({ length: 20 }, (_, i) => {
    const Objects = Array.from({ length: 100 }, (_, k) => ({ Key: `${i}/${k}` }));
    return s3.send(new DeleteObjectsCommand({ Bucket: FRONT, Delete: { Objects } }))
      .then(() => "200", (error) => `${error.$metadata.httpStatusCode} ${error.name}`);
  });
  await before();
  const told: Record<string, number> = {};
  for (const answer of await Promise.all(answers)) told[answer] = (told[answer] ?? 0) + 1;
  return told;
}

const BURSTS = [
  { remedies: [], cold: { "200": 1, "500 InternalError": 19 } },
  { remedies: ["read-body-early"], cold: { "200": 20 } },
  { remedies: ["repaired"], cold: { "200": 20 } },
] as const;

for (const { remedies, cold } of BURSTS) {
  const how = remedies.length > 0 ? `passes with ${remedies.join("+")}` : "fails as reported";
  await testEach(
    `a cold burst of batch deletes ${how}`,
    "s3-gateway",
    ({ found }) =>
      withGateway(found, remedies, async ({ behind, running: { url }, said, s3 }) => {
        const parked = async () => {
          await until(async () => await figureOf(url, STATS_PATH, "parkedOnExchange") === 19);
          behind.letExchange();
        };
        assertEquals(await burst(s3, parked), cold);
        assertEquals(await figureOf(url, STATS_PATH, "exchanges"), 1);
        const foreign = said.filter((line) => FOREIGN.test(line)).length;
        assertEquals(foreign, "500 InternalError" in cold ? 19 : 0, said.join("\n"));
        // Only the opening requests: those that come when there is a key are all well.
        assertEquals(await burst(s3, async () => {}), { "200": 20 });
        assertEquals(said.filter((line) => FOREIGN.test(line)).length, foreign);
      }),
  );
}

/** How a plain object, a plain part and an aws-chunked one arrive at the store, and what became of them. */
const FRAMINGS = [
  {
    remedies: [],
    plain: "chunked: 501 NotImplemented",
    part: "content-length: 70000: done",
  },
  {
    remedies: ["stream-parts"],
    plain: "chunked: 501 NotImplemented",
    part: "chunked: 501 NotImplemented",
  },
  {
    remedies: ["stream-parts", "fixed-length"],
    plain: "content-length: 70000: done",
    part: "content-length: 70000: done",
  },
] as const;

for (const { remedies, plain, part } of FRAMINGS) {
  const how = ["as it is", ...remedies].join(" + ");
  await testEach(
    `framing at the store, ${how}`,
    "s3-gateway",
    ({ found }) =>
      withGateway(found, remedies, async ({ behind, s3 }) => {
        behind.letExchange();
        const { UploadId } = await s3.send(
          new CreateMultipartUploadCommand({ Bucket: FRONT, Key: "part" }),
        );
        const seen = async (Key: string, work: Promise<unknown>) => {
          const became = await work.then(() => "done", () => refusal(work));
          const { framingText } = await behind.tap.wait(({ method, target }) =>
            method === "PUT" && target.startsWith(`/${BUCKET}/${Key}`)
          );
          return `${framingText}: ${became}`;
        };
        const Body = new Uint8Array(70_000).fill(1);
        const put = new PutObjectCommand({ Bucket: FRONT, Key: "plain", Body });
        assertEquals(await seen("plain", s3.send(put)), plain);
        const sent = new UploadPartCommand({
          ...{ Bucket: FRONT, Key: "part", UploadId, PartNumber: 1, Body },
        });
        assertEquals(await seen("part", s3.send(sent)), part);
        // Says its own length, whatever the framing.
        const streamed = new PutObjectCommand({
          ...{ Bucket: FRONT, Key: "streamed", ContentLength: Body.length },
          Body: Readable.from([Body]),
        });
        assertMatch(await seen("streamed", s3.send(streamed)), /: done$/);
      }),
  );
}

/** An address of this machine that is not its loopback, where it has one. */
const ELSEWHERE = Deno.networkInterfaces()
  .find(({ family, address }) => family === "IPv4" && !address.startsWith("127."))?.address;

await testEach("reaches loopback alone", "s3-gateway", async ({ found }) => {
  await using behind = await BehindGateway.start();
  await using scope = new AsyncDisposableStack();
  behind.letExchange();
  const asked: string[] = [];
  // Without such an address, one that nobody has.
  const away = ELSEWHERE === undefined ? undefined : await listen({
    fetch(request) {
      asked.push(request.url);
      return Promise.resolve(new Response());
    },
  }, { hostname: ELSEWHERE });
  if (away !== undefined) scope.use(away);
  const backend = { ...behind.settings.backend, url: new URL(away?.url ?? "http://192.0.2.1") };
  const launch = gatewayLaunch({ ...behind.settings, backend }, ["repaired"]);
  const { url } = await startGateway(found, launch, scope);
  const s3 = clientOf(url, scope);
  const got = s3.send(new GetObjectCommand({ Bucket: FRONT, Key: "k" }));
  assertEquals([await refusal(got), asked], ["503 ServiceUnavailable", []]);
});
