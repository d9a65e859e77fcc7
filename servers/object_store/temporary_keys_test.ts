// The object store and temporary keys, over real sockets: by header, presigned, ended, and forged.

import { assertEquals } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { realClock } from "../../lab/clock.ts";
import { issueTemporaryKey, type TemporaryKey } from "../s3/temporary_key.ts";
import { BUCKET, errorOf, TESTING_KEY, TestingStore } from "./testing_store.ts";

type Parts = Omit<TemporaryKey, "expiresMs" | "sessionToken"> & { sessionToken?: string };

function clientOf({ accessKeyId, secretAccessKey, sessionToken }: Parts): AwsClient {
  return new AwsClient({
    accessKeyId,
    secretAccessKey,
    ...(sessionToken !== undefined && { sessionToken }),
    service: "s3",
    region: "auto",
    retries: 0,
  });
}

async function told(response: Response): Promise<string> {
  if (!response.ok) return await errorOf(response);
  await response.body?.cancel();
  return String(response.status);
}

const inAnHour = () => issueTemporaryKey(TESTING_KEY, realClock.now() + 3_600_000);

Deno.test("temporary keys: one of the store's own key may do what that may, with its token", async () => {
  await using store = await TestingStore.start();
  const key = inAnHour();
  const client = clientOf(key);
  assertEquals(
    await told(await client.fetch(store.s3("a"), { method: "PUT", body: "hello" })),
    "200",
  );
  assertEquals(await (await client.fetch(store.s3("a"))).text(), "hello");
  const { sessionToken: _, ...without } = key;
  assertEquals(await told(await clientOf(without).fetch(store.s3("a"))), "403 InvalidAccessKeyId");
});

Deno.test("temporary keys: a presigned URL holds as long as its key", async () => {
  const nowMs = realClock.now();
  let wall = nowMs;
  await using store = await TestingStore.start({ wallClock: { now: () => wall } });
  await store.put("a", "hello");
  const client = clientOf(issueTemporaryKey(TESTING_KEY, nowMs + 900_000));
  const { url } = await client.sign(`${store.s3("a")}?X-Amz-Expires=3600`, {
    aws: { signQuery: true },
  });
  assertEquals(await (await fetch(url)).text(), "hello");
  wall = nowMs + 901_000;
  assertEquals(await told(await fetch(url)), "400 ExpiredToken");
});

Deno.test("temporary keys: what has ended, was forged, or is another store's is refused", async () => {
  await using store = await TestingStore.start();
  const get = async (parts: Parts) => await told(await clientOf(parts).fetch(store.s3("a")));
  const key = inAnHour();
  assertEquals(await get(key), "404 NoSuchKey");
  assertEquals(await get(issueTemporaryKey(TESTING_KEY, realClock.now() - 1)), "400 ExpiredToken");
  assertEquals(await get({ ...key, sessionToken: inAnHour().sessionToken }), "400 InvalidToken");
  assertEquals(await get({ ...key, sessionToken: "junk" }), "400 InvalidToken");
  assertEquals(await get({ ...key, secretAccessKey: "a guess" }), "403 SignatureDoesNotMatch");
  const another = { ...TESTING_KEY, secretAccessKey: "another store's" };
  assertEquals(await get(issueTemporaryKey(another, realClock.now() + 1_000)), "400 InvalidToken");
});

Deno.test("temporary keys: the session token must be signed", async () => {
  await using store = await TestingStore.start();
  const { sessionToken, ...without } = inAnHour();
  const request = await clientOf(without).sign(`${store.url}/${BUCKET}/a`);
  request.headers.set("x-amz-security-token", sessionToken);
  assertEquals(await told(await fetch(request)), "403 AccessDenied");
});
