// The object store as `serve` makes it: its buckets, its key, its regions and its folder.

import { assertEquals, assertRejects } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { realClock } from "../../lab/clock.ts";
import { UsageError } from "../../lab/errors.ts";
import { paramFields, type Params, parseParam } from "../../lab/params.ts";
import { DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { BACKEND_LOG_ENTRANCE } from "../tap/tapped_server.ts";
import { serveDefinition, withKey } from "../testing_definition.ts";
import { objectStoreDefinition } from "./definition.ts";

const { params } = objectStoreDefinition;

const serve = (given: Params) => serveDefinition(objectStoreDefinition, given);

const clientOf = (key: { accessKeyId: string; secretAccessKey: string }) =>
  new AwsClient({ ...key, service: "s3", region: "auto", retries: 0 });

Deno.test("serve object-store: takes the published key, and its bucket is public", () =>
  withKey(undefined, async () => {
    await using store = await serve({});
    const put = await clientOf(DEMO_CREDENTIALS)
      .fetch(`${store.url}/edge-repro/a`, { method: "PUT", body: "hello" });
    assertEquals([put.status, await put.text()], [200, ""]);
    const got = await fetch(`${store.url}/_edge-repro/public/edge-repro/a`);
    assertEquals(await got.text(), "hello");
    assertEquals(store.server.entrances?.map(({ name }) => name), ["weur"]);
  }));

Deno.test("serve object-store: takes the key of the environment instead, where there is one", () =>
  withKey(["mine", "my secret"], async () => {
    await using store = await serve({});
    const status = async (key: { accessKeyId: string; secretAccessKey: string }) => {
      const response = await clientOf(key).fetch(`${store.url}/edge-repro?list-type=2`);
      await response.text();
      return response.status;
    };
    assertEquals(await status({ accessKeyId: "mine", secretAccessKey: "my secret" }), 200);
    assertEquals(await status(DEMO_CREDENTIALS), 403);
    assertEquals(objectStoreDefinition.standIn?.part({}).settings, {
      credentials: { accessKeyId: "mine", secretAccessKey: "my secret" },
      region: "us-east-1",
    });
  }));

Deno.test("serve object-store: a tap is in front of its port where it is told to, behind all regions", () =>
  withKey(undefined, async () => {
    await using store = await serve({ tap: true, regions: "one,two" });
    const { entrances = [] } = store.server;
    assertEquals(entrances.map(({ name }) => name), ["two", BACKEND_LOG_ENTRANCE]);
    // The port in a signature is the tap's: the store goes by the field.
    const put = await clientOf(DEMO_CREDENTIALS)
      .fetch(`${store.url}/edge-repro/a`, { method: "PUT", body: "hello" });
    assertEquals([put.status, await put.text()], [200, ""]);
    const answer = await entrances.at(-1)?.fetch(new Request("http://log.test/"));
    const { requests: [one] } = await answer?.json();
    assertEquals([one.path, one.framing, one.contentLength], [
      "/edge-repro/a",
      "content-length",
      5,
    ]);
    await using without = await serve({ regions: "one" });
    assertEquals([without.server.entrances, without.server.front], [[], undefined]);
  }));

Deno.test("serve object-store: keeps what it has in a folder, and its buckets with it", () =>
  withKey(undefined, async () => {
    const data = await Deno.makeTempDir();
    try {
      const aws = clientOf(DEMO_CREDENTIALS);
      for (const before of ["", "hello"]) {
        await using store = await serve({ data, bucket: "one,two" });
        const got = await fetch(`${store.url}/_edge-repro/public/two/a`);
        const text = await got.text();
        assertEquals(got.ok ? text : "", before);
        const put = await aws.fetch(`${store.url}/two/a`, { method: "PUT", body: "hello" });
        assertEquals([put.status, await put.text()], [200, ""]);
        if (before === "") {
          await assertRejects(() => serve({ data }), UsageError, "use");
        }
      }
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  }));

Deno.test("serve object-store: signatures are held against the wall clock, however fast time runs", () =>
  withKey(undefined, async () => {
    const clock = { ...realClock, now: () => realClock.now() + 3_600_000 };
    const server = await objectStoreDefinition.create(params.parse({}), { clock, warn: () => {} });
    const aws = clientOf(DEMO_CREDENTIALS);
    const request = await aws.sign("http://127.0.0.1/edge-repro?list-type=2");
    const response = await server.fetch(request);
    assertEquals(response.status, 200, await response.text());
    await server.close();
  }));

Deno.test("serve object-store: a name that no bucket can have, or a region twice, is a usage error", async () => {
  await assertRejects(() => serve({ bucket: "ab" }), UsageError, "--bucket: received 'ab'");
  await assertRejects(() => serve({ regions: "a,a" }), UsageError, "--regions: received 'a' twice");
});

Deno.test("serve object-store: the lock timeout is in seconds when it says nothing else", () => {
  const field = paramFields(params).find(({ flag }) => flag === "lock-timeout");
  assertEquals(field && parseParam(params, field, "5"), 5_000);
});
