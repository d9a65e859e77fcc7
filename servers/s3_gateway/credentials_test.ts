// Keys that expire: got once for all, renewed before their end, never kept when there is none.

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { type Clock, ManualClock, realClock } from "../../lab/clock.ts";
import { refusal } from "../object_store/testing_sdk.ts";
import {
  BUCKET as STORE_BUCKET,
  TESTING_KEY,
  TestingStore,
  until,
} from "../object_store/testing_store.ts";
import type { StsOptions } from "../sts/sts.ts";
import { TestingSts } from "../sts/testing_sts.ts";
import { startTap, type Tap } from "../tap/tap.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN, DEMO_SUBJECT } from "../web_identity/demo.ts";
import type { GatewayLimits, TokenSource } from "./config.ts";
import { RawBackend, writeText } from "./testing_backend.ts";
import { BUCKET, CLIENT_KEY, configFor, TestingGateway } from "./testing_gateway.ts";

interface Stand {
  s3: S3Client;
  gateway: TestingGateway;
  sts: TestingSts;
  tap: Tap;
  /** The world's time, for all three. */
  clock: ManualClock;
  /** The id of the key that the last request to the store was signed with. */
  keyId(): string | undefined;
}

async function stand(
  test: (stand: Stand) => Promise<void>,
  options: {
    sts?: Partial<StsOptions>;
    limits?: Partial<GatewayLimits>;
    token?: (sts: string) => TokenSource;
  } = {},
): Promise<void> {
  const clock = new ManualClock(Date.now());
  await using store = await TestingStore.start({ wallClock: clock });
  await using tap = await startTap({ backend: store.url });
  await using sts = await TestingSts.start({
    key: TESTING_KEY,
    clock: realClock as Clock,
    wallClock: clock,
    lifetimeMs: 900_000,
    ...options.sts,
  });
  const issuer = { issuer: sts.url, subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE };
  const token = options.token?.(sts.url) ?? issuer;
  await using gateway = await TestingGateway.start({
    backends: {
      main: {
        endpoint: tap.url,
        credentials: { stsUrl: sts.url, roleArn: DEMO_ROLE_ARN, token },
      },
    },
    buckets: { [BUCKET]: { backend: "main", bucket: STORE_BUCKET } },
    keys: [CLIENT_KEY],
    limits: { refreshMs: 300_000, ...options.limits },
  }, { wallClock: clock });
  const keyId = () => {
    const fields = tap.requests.map((request) => request.field("authorization"));
    return /Credential=([^/]*)/.exec(fields.at(-1) ?? "")?.[1];
  };
  // Clients sign by the world's time too.
  const s3 = gateway.client({ systemClockOffset: 0 });
  s3.middlewareStack.add((next) => (args) => {
    s3.config.systemClockOffset = clock.now() - Date.now();
    return next(args);
  }, { step: "initialize" });
  await test({ s3, gateway, sts, tap, clock, keyId });
}

const put = (s3: S3Client) =>
  s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: "k", Body: "hello" })).then(() => "ok");

Deno.test("many requests at once take one exchange, and the key serves until shortly before its end", () =>
  stand(async ({ s3, gateway, clock, keyId }) => {
    assertEquals(
      await Promise.all(Array.from({ length: 10 }, () => put(s3))),
      Array(10).fill("ok"),
    );
    assertEquals(gateway.server.stats().exchanges, 1);
    const first = keyId();
    await clock.advance(500_000);
    await put(s3);
    assertEquals([gateway.server.stats().exchanges, keyId()], [1, first]);

    // Within the time for renewal the old key serves once more, while a new one is got beside it.
    await clock.advance(150_000);
    await put(s3);
    assertEquals(keyId(), first);
    await until(() => gateway.server.stats().exchanges === 2);
    await until(() => gateway.server.stats().parked === 0);
    await put(s3);
    assertNotEquals(keyId(), first);
    assertEquals(gateway.server.stats().exchanges, 2);

    // A second before its end, and long after it, nobody is served with it.
    for (const laterMs of [899_000, 2_000_000]) {
      const before = keyId();
      await clock.advance(laterMs);
      await put(s3);
      assertNotEquals(keyId(), before);
    }
    assertEquals(gateway.server.stats().exchanges, 4);
  }));

Deno.test("a failed exchange fails all who wait for it, and nobody later", () =>
  stand(async ({ s3, gateway, sts }) => {
    sts.sts.setFault("exchange", "fail");
    const failed = await Promise.all(Array.from({ length: 5 }, () => refusal(put(s3))));
    assertEquals(new Set(failed), new Set(["503 ServiceUnavailable"]));
    sts.sts.setFault("exchange", "none");
    assertEquals(await put(s3), "ok");
    assertEquals(gateway.errors, []);
  }));

Deno.test("a key that the store does not take any more is forgotten, and the next request gets another", async () => {
  await using sts = await TestingSts.start({ key: TESTING_KEY, clock: realClock });
  const codes = ["ExpiredToken", "InvalidAccessKeyId", "AccessDenied"];
  await using backend = new RawBackend(async (one) => {
    const text = `<Error><Code>${codes.shift()}</Code></Error>`;
    const head = `HTTP/1.1 403 No\r\nconnection: close\r\ncontent-length: ${text.length}\r\n\r\n`;
    await writeText(one, head + text);
  });
  const token = { issuer: sts.url, subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE };
  const credentials = { stsUrl: sts.url, roleArn: DEMO_ROLE_ARN, token };
  await using gateway = await TestingGateway.start({
    ...configFor(backend.url),
    backends: { main: { endpoint: backend.url, credentials } },
  });
  const s3 = gateway.client();
  const seen: [refused: string, exchanges: number][] = [];
  for (let request = 0; request < 3; request++) {
    seen.push([await refusal(put(s3)), gateway.server.stats().exchanges]);
  }
  assertEquals(seen, [
    ["503 ServiceUnavailable", 1],
    ["502 BadGateway", 2],
    ["403 AccessDenied", 3],
  ]);
});

Deno.test("a token goes to the token service that was named, and nowhere it may send one", async () => {
  await using elsewhere = new RawBackend(() => {});
  await using sts = new RawBackend((one) =>
    writeText(
      one,
      `HTTP/1.1 307 Moved\r\nlocation: ${elsewhere.url}/\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    )
  );
  const endpoint = "http://127.0.0.1:1";
  for (
    const token of [
      { value: "e30.e30.e30" },
      { issuer: sts.url, subject: DEMO_SUBJECT, audience: DEMO_AUDIENCE },
    ]
  ) {
    const credentials = { stsUrl: sts.url, roleArn: DEMO_ROLE_ARN, token };
    await using gateway = await TestingGateway.start({
      ...configFor(endpoint),
      backends: { main: { endpoint, credentials } },
    });
    assertMatch(await refusal(put(gateway.client())), /^50[23] /);
  }
  assertEquals([sts.connections.length, elsewhere.connections.length], [2, 0]);
});

Deno.test("a failed renewal is no failure of a request while the old key holds", () =>
  stand(async ({ s3, gateway, sts, clock }) => {
    await put(s3);
    sts.sts.setFault("exchange", "fail");
    await clock.advance(650_000);
    assertEquals(await put(s3), "ok");
    await until(() => gateway.server.stats().failed === 1);
    sts.sts.setFault("exchange", "none");
    assertEquals(await put(s3), "ok");
    await until(() => gateway.server.stats().exchanges === 3);
  }));

Deno.test("an exchange that hangs is 503 in time, and the next request begins another", () =>
  stand(async ({ s3, gateway, sts }) => {
    for (const surface of ["exchange", "token"] as const) {
      sts.sts.setFault(surface, "hang");
      assertEquals(await refusal(put(s3)), "503 ServiceUnavailable", surface);
      sts.sts.setFault(surface, "none");
    }
    assertEquals(await put(s3), "ok");
    assertEquals([gateway.server.stats().parked, gateway.server.stats().waiting], [0, 0]);
  }, { limits: { exchangeMs: 1_500 } }));

Deno.test("a token that is refused is 502, and is not shown", () =>
  stand(async ({ s3 }) => {
    const error = await put(s3).catch((one) => one);
    assertEquals([error.name, error.$metadata.httpStatusCode], ["BadGateway", 502]);
    assertEquals(error.message.includes("e30.e30"), false);
    assertEquals(/InvalidIdentityToken/.test(error.message), true, error.message);
  }, { token: () => ({ value: "e30.e30.e30" }) }));

Deno.test("who waits for an exchange and leaves is let go; who began it leaves the key to the others", () =>
  stand(async ({ s3, gateway, sts }) => {
    sts.sts.setFault("exchange", "hang");
    const leave = new AbortController();
    const command = () => new GetObjectCommand({ Bucket: BUCKET, Key: "none" });
    const begun = s3.send(command(), { abortSignal: leave.signal }).catch(() => "left");
    await until(() => gateway.server.stats().exchanges === 1);
    const waiting = refusal(s3.send(command()));
    await until(() => gateway.server.stats().parkedOnExchange === 1);
    leave.abort();
    assertEquals(await begun, "left");
    await until(() => gateway.server.stats().waiting === 1);
    sts.sts.setFault("exchange", "none");
    assertEquals(await waiting, "404 NoSuchKey");
    assertEquals(gateway.server.stats().exchanges, 1);
  }));
