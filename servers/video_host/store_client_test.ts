// Tests of the store's client: what its errors say, what they keep to themselves, and a wrong clock.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import { StoreClient, StoreError } from "./store_client.ts";
import { refusal, startAnswering } from "./testing_host.ts";

const SECRET = "TOPSECRET";
const AT = Date.parse("2026-11-21T10:00:00Z");

function clientOf(url: string): StoreClient {
  return new StoreClient({
    endpoint: new URL(url),
    bucket: "videos",
    region: "auto",
    credentials: { accessKeyId: "AKID", secretAccessKey: SECRET, sessionToken: "TOKEN" },
    wallClock: new ManualClock(AT),
  });
}

const { signal } = new AbortController();

/** A body that has no end. */
function endless(): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(1_000)) });
}

Deno.test("errors: one line with the store's own code and what to do, and no secret", async () => {
  const answers: readonly [answer: () => Response, text: RegExp, code: string | undefined][] = [
    [
      () => refusal(404, "NoSuchBucket"),
      /answered 404 NoSuchBucket; create the bucket/,
      "NoSuchBucket",
    ],
    [
      () => refusal(403, "InvalidAccessKeyId"),
      /403 InvalidAccessKeyId; .*access key/,
      "InvalidAccessKeyId",
    ],
    [() => refusal(500, "InternalError"), /answered 500 InternalError$/, "InternalError"],
    [() => new Response("<html>", { status: 405 }), /405; is this an S3 endpoint\?$/, undefined],
    [
      () => new Response("x".repeat(1 << 20), { status: 404 }),
      /answered 404; is this an S3/,
      undefined,
    ],
    [() => new Response(endless(), { status: 404 }), /answered 404; is this an S3/, undefined],
    [
      () => new Response(null, { status: 301, headers: { location: "/" } }),
      /answered 301/,
      undefined,
    ],
  ];
  for (const [answer, pattern, code] of answers) {
    await using server = await startAnswering(answer);
    const error = await assertRejects(() => clientOf(server.url).get("a.mp4", signal), StoreError);
    assert(pattern.test(error.message), error.message);
    assert(error.message.startsWith("Cannot read a.mp4: "), error.message);
    assert(!/TOPSECRET|TOKEN|Signature|\n/.test(error.message), error.message);
    assertEquals(error.code, code);
  }
});

Deno.test("errors: a store that cannot be reached is named", async () => {
  const error = await assertRejects(
    () => clientOf("http://127.0.0.1:1").delete("a.mp4", signal),
    StoreError,
    "Cannot delete a.mp4: http://127.0.0.1:1 cannot be reached",
  );
  assertEquals([error.code, error.undone], [undefined, true]);
});

Deno.test("errors: without a connection nothing was done, after one anything may have been", async () => {
  const gone = await startAnswering(() => new Response());
  await gone.close();
  const refused = await assertRejects(() => clientOf(gone.url).get("a.mp4", signal), StoreError);
  assertMatch(refused.message, /cannot be reached \(.*tcp connect error/);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const hangUp = listener.accept().then(async (connection) => {
    await connection.read(new Uint8Array(4_096));
    connection.close();
  });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const cut = await assertRejects(() => clientOf(url).get("a.mp4", signal), StoreError);
  await hangUp;
  assertEquals([refused.undone, cut.undone], [true, false]);
});

Deno.test({
  name: "errors: without the permission nothing was done",
  permissions: { net: false },
  async fn() {
    const get = () => clientOf("http://127.0.0.1:9000").get("a.mp4", signal);
    const error = await assertRejects(get, StoreError, "net access");
    assertEquals(error.undone, true);
  },
});

Deno.test("a wrong clock: the store's time is taken from its answer, once", async () => {
  const dates: (string | null)[] = [];
  const date = new Date(AT + 3_600_000).toUTCString();
  let forgiving = true;
  await using server = await startAnswering((request) => {
    const asked = request.headers.get("x-amz-date");
    dates.push(asked);
    return asked === "20261121T110000Z" && forgiving
      ? new Response("bytes")
      : refusal(403, "RequestTimeTooSkewed", { date });
  });
  const client = clientOf(server.url);
  const response = await client.get("a.mp4", signal);
  assertEquals([await response.text(), dates], ["bytes", ["20261121T100000Z", "20261121T110000Z"]]);
  const url = await client.presign("a.mp4", 60);
  assertEquals(url.searchParams.get("X-Amz-Date"), "20261121T110000Z");
  forgiving = false;
  await assertRejects(
    () => client.get("a.mp4", signal),
    StoreError,
    "this machine's clock is wrong",
  );
  assertEquals(dates.length, 4);
});

Deno.test("addresses: by path below the endpoint, with what keys may hold", async () => {
  const asked: string[] = [];
  await using server = await startAnswering((request) => {
    asked.push(request.url);
    return new Response(null, { status: 204 });
  });
  await clientOf(`${server.url}/s3/`).delete("a b/ü.mp4", signal);
  assertEquals(asked, [`${server.url}/s3/videos/a%20b/%C3%BC.mp4`]);
});
