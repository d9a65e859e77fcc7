// A burst of writes while the key to the backend is still being got, in the model of an isolate.

import { assertEquals, assertMatch } from "@std/assert";
import { DeleteObjectsCommand, type S3Client } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { realClock } from "../../lab/clock.ts";
import {
  BUCKET as STORE_BUCKET,
  TESTING_KEY,
  TestingStore,
  until,
} from "../object_store/testing_store.ts";
import { TestingSts } from "../sts/testing_sts.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../web_identity/demo.ts";
import type { GatewayConfig } from "./config.ts";
import { BUCKET, CLIENT_KEY, TestingGateway } from "./testing_gateway.ts";

/** A gateway whose key to its store comes from an STS. */
function stsConfig(store: string, sts: string): GatewayConfig {
  return {
    backends: {
      main: {
        endpoint: store,
        credentials: {
          stsUrl: sts,
          roleArn: DEMO_ROLE_ARN,
          token: { issuer: sts, subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE },
        },
      },
    },
    buckets: { [BUCKET]: { backend: "main", bucket: STORE_BUCKET, prefix: "tenant/" } },
    keys: [CLIENT_KEY],
  };
}

/** One of several writes that come at the same time. */
type Write = (s3: S3Client, i: number) => Promise<unknown>;

const deletion: Write = (s3, i) => {
  const Objects = Array.from({ length: 20 }, (_, k) => ({ Key: `${i}/${k}` }));
  return s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects } }));
};

const upload: Write = (s3, i) => {
  const Body = new Uint8Array(6 << 20).fill(i);
  return new Upload({ client: s3, params: { Bucket: BUCKET, Key: `${i}`, Body } }).done();
};

async function burst(write: Write, switches: Partial<GatewayConfig>) {
  await using store = await TestingStore.start();
  await using sts = await TestingSts.start({ key: TESTING_KEY, clock: realClock });
  sts.sts.setFault("exchange", "hang");
  await using gateway = await TestingGateway.start(
    { ...stsConfig(store.url, sts.url), ...switches },
    { isolate: {} },
  );
  const s3 = gateway.client();
  const all = () =>
    Array.from(
      { length: 8 },
      (_, i) =>
        write(s3, i).then(
          () => "200",
          (error) => `${error.$metadata.httpStatusCode} ${error.name}`,
        ),
    );
  const asked = all();
  await until(() => gateway.server.stats().parkedOnExchange === 7);
  sts.sts.setFault("exchange", "none");
  const cold = await Promise.all(asked);
  const warm = await Promise.all(all());
  const figures = gateway.server.stats();
  return { cold, warm, figures, errors: gateway.errors.map(String) };
}

const EIGHT_DONE = Array.from({ length: 8 }, () => "200");

for (
  const [what, write] of Object.entries({ "batch deletes": deletion, "multipart uploads": upload })
) {
  Deno.test(`${what} whose bodies are read late: the opening burst fails, nothing after it`, async () => {
    const { cold, warm, figures, errors } = await burst(write, { readBody: "late" });
    // Who got the key went on in its own context.
    assertEquals(cold.filter((one) => one === "200").length, 1);
    assertEquals(cold.filter((one) => one === "500 InternalError").length, 7);
    assertEquals(warm, EIGHT_DONE);
    assertEquals([figures["foreignTouches"], figures.exchanges], [7, 1]);
    assertEquals(errors.length, 7);
    for (const error of errors) assertMatch(error, /on behalf of a different request.*Source/);
  });

  Deno.test(`${what} whose bodies are read early: the same burst passes`, async () => {
    const { cold, warm, figures, errors } = await burst(write, { readBody: "early" });
    assertEquals([cold, warm], [EIGHT_DONE, EIGHT_DONE]);
    assertEquals([figures["foreignTouches"], figures.exchanges], [0, 1]);
    assertEquals(errors, []);
  });
}
