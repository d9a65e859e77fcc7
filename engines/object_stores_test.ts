// What holds for every object store that is installed: it keeps objects below its folder, for its key.

import { assert, assertEquals } from "@std/assert";
import { AwsClient } from "aws4fetch";
import type { ObjectStoreSettings } from "../lab/role.ts";
import type { Place } from "./engine.ts";
import { isRunning } from "./testing_engine.ts";
import { assertNothingLeft, type Started, startNoted, testEach } from "./testing_installed.ts";

const SETTINGS: ObjectStoreSettings = {
  credentials: { accessKeyId: "the-key-of-a-test", secretAccessKey: "the-secret-of-a-test" },
  region: "eu-central-7",
};

/** More than any of them keeps in memory or beside an object's metadata. */
const SIZE = 20 * 1024 * 1024;

const STORES = "keeps objects for who has its key, and leaves nothing behind";

await testEach(STORES, "object-store", async ({ engine, found }) => {
  const play = engine.plays["object-store"];
  assert(play);
  const started: Started[] = [];
  const scope = new AsyncDisposableStack();
  try {
    const launch = (place: Place) => play.launch(SETTINGS, place);
    const { url } = await startNoted({ engine, found }, launch, scope, started);
    const clientWith = (secretAccessKey: string, region = SETTINGS.region) =>
      new AwsClient({
        accessKeyId: SETTINGS.credentials.accessKeyId,
        secretAccessKey,
        region,
        service: "s3",
        retries: 0,
      });
    const own = clientWith(SETTINGS.credentials.secretAccessKey);
    const request = async (client: AwsClient, method: string, path: string, body?: BodyInit) => {
      const response = await client.fetch(new URL(path, url), { method, ...(body && { body }) });
      return { status: response.status, body: await response.bytes() };
    };
    const location = `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">` +
      `<LocationConstraint>${SETTINGS.region}</LocationConstraint></CreateBucketConfiguration>`;
    assertEquals((await request(own, "PUT", "/bucket", location)).status, 200);
    const object = new Uint8Array(SIZE).map((_, at) => at % 251);
    assertEquals((await request(own, "PUT", "/bucket/a/key", object)).status, 200);
    const got = await request(own, "GET", "/bucket/a/key");
    assertEquals(got.status, 200);
    assert(got.body.every((byte, at) => byte === object[at]) && got.body.length === SIZE);

    const refused = (applies: boolean) => applies ? 403 : 200;
    const wrongKey = await request(clientWith("another-secret"), "GET", "/bucket/a/key");
    assertEquals(wrongKey.status, refused(play.applies.includes("credentials")));
    const elsewhere = clientWith(SETTINGS.credentials.secretAccessKey, "us-west-9");
    const { status } = await request(elsewhere, "GET", "/bucket/a/key");
    assertEquals(status === 200, !play.applies.includes("region"), `${status}`);

    const { place, plan } = started.at(-1) ?? {};
    assert(place && plan);
    assert(await isRunning(place.folder));
    const words = [...plan.args, ...Object.values(plan.files ?? {})].join(" ");
    assertEquals(words.includes(SETTINGS.credentials.secretAccessKey), false, words);
  } finally {
    await scope.disposeAsync();
  }
  for (const one of started) await assertNothingLeft(one);
});
