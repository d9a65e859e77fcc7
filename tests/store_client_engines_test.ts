// The client of object stores against each real one that is installed: what works, and what is said.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { engines } from "../engines/engines.ts";
import { findEngine } from "../engines/find.ts";
import { startEngine } from "../engines/start.ts";
import type { Installed } from "../engines/testing_installed.ts";
import { type Clock, realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import type { ObjectStoreSettings } from "../lab/role.ts";
import type { StoreAccess } from "../lab/scenario.ts";
import { ObjectContent } from "../probes/s3/content.ts";
import { ContentReader } from "../probes/s3/content_reader.ts";
import { StoreClient } from "../probes/s3/store_client.ts";
import { sideBySide, type Step } from "./side_by_side.ts";

const SETTINGS: ObjectStoreSettings = {
  credentials: { accessKeyId: "the-key-of-a-test", secretAccessKey: "the-secret-of-a-test" },
  region: "eu-central-7",
};
const BUCKET = "bucket-of-a-test";
const { signal } = new AbortController();
const small = new ObjectContent({ sizeBytes: 10 });

/** What of a store differs from the others. */
interface Ways {
  /** What it says of a request to list a bucket that is wrong; what is left out it does not look at. */
  refuses: Partial<Record<Wrong, string>>;
  /** What it says when its own bucket is made again, if that is an error to it. */
  madeAgain?: string;
  /** What it says to keys that it does not take, and under which name it lists those that it bends. */
  keys: Record<string, { refused: string } | { listedAs: string }>;
  /** What it says when asked for the second page of a listing, if it has none. */
  secondPage?: string;
}

type Wrong = "key" | "secret" | "token" | "region" | "late" | "early" | "anonymous";

const UNKNOWN_KEY = "the store does not know the access key id: check AWS_ACCESS_KEY_ID (or " +
  "R2_ACCESS_KEY_ID), and that the key is one of this store";
const CHECKS = {
  secret: "the signature does not match: check the secret access key first, then the region " +
    "(signed for 'eu-central-7') and whether something on the way changes path or Host " +
    "(SignatureDoesNotMatch)",
  region: "the request was for region 'us-west-9', expected 'eu-central-7': give --region " +
    "eu-central-7 (AuthorizationHeaderMalformed)",
  anonymous: "access denied, and the request was not signed: set AWS_ACCESS_KEY_ID and " +
    "AWS_SECRET_ACCESS_KEY (or R2_*), or name a profile with --profile (AccessDenied)",
};
const CLOCK = {
  late: "this machine's clock is N s behind the store's: set it right (RequestTimeTooSkewed)",
  early: "this machine's clock is N s ahead of the store's: set it right (RequestTimeTooSkewed)",
};
const TOKEN = "the store does not accept the session token: check AWS_SESSION_TOKEN";

/** Versions as `engines` has them; found by asking each of them. */
const WAYS: Record<string, Ways> = {
  versitygw: {
    refuses: {
      ...{ ...CHECKS, ...CLOCK, key: `${UNKNOWN_KEY} (XAdminUserNotFound)` },
      token: `${TOKEN} (InvalidToken)`,
    },
    // It stores objects as files below a folder.
    keys: {
      "../../etc/./x": { refused: "Bad Request (400)" },
      "trailing/": {
        refused: "Directory object contains data payload (DirectoryObjectContainsData)",
      },
      "x//y": { listedAs: "x/y" },
      "/lead": { listedAs: "lead" },
    },
  },
  minio: {
    refuses: {
      ...{ ...CHECKS, ...CLOCK, key: `${UNKNOWN_KEY} (InvalidAccessKeyId)` },
      token: `${TOKEN} (InvalidTokenId)`,
    },
    keys: {
      "../../etc/./x": {
        refused: 'Resource name contains bad components such as ".." or "." ' +
          "(XMinioInvalidResourceName)",
      },
      "x//y": { refused: "Object name contains unsupported characters (XMinioInvalidObjectName)" },
      "/lead": { listedAs: "lead" },
    },
  },
  moto: {
    refuses: {},
    keys: {
      "new\nline": {
        refused: "it answers, but not as S3: received 404 with 'text/html', expected S3's XML; " +
          "give the S3 endpoint as --target, not a console or a website",
      },
    },
  },
  s3rver: {
    refuses: { ...CLOCK, key: `${UNKNOWN_KEY} (InvalidAccessKeyId)` },
    // It has one user, and S3's word for a bucket of someone else.
    madeAgain: `the bucket name '${BUCKET}' is someone else's: name a bucket of yours with ` +
      "--bucket (BucketAlreadyExists)",
    keys: Object.fromEntries(["x//y", "/lead"].map((key) => [key, {
      refused: "it answers, but not as S3: received 404 with 'text/plain', expected S3's XML; " +
        "give the S3 endpoint as --target, not a console or a website",
    }])),
    secondPage: "the store failed by itself: try again, then look at its log (InternalError)",
  },
};

/** s3rver 3.7.1 writes a key of dots outside of its folder, so that it is never given one. */
const KEYS = (name: string) => [
  ...["a b+c%2Fd", "ü€😀!'()*~$&,;=:@", "a?b#c", "trailing/", "x//y", "/lead", "<&>\"'"],
  ...["%zz", "dots..", "new\nline", "back\\slash", ...(name === "s3rver" ? [] : ["../../etc/./x"])],
];

const stores = await Promise.all(
  engines.filter(({ plays }) => "object-store" in plays)
    .map(async (engine) => ({ engine, found: await findEngine(engine) })),
);
for (const { engine } of stores.filter(({ found }) => found === undefined)) {
  const here = "tests/store_client_engines_test.ts";
  console.warn(`NOT TESTED: ${engine.title} is not installed (${engine.install}), ${here}`);
}

/** A test of all stores that are installed, beside each other: nothing here is about time. */
function testEach(what: string, fn: (installed: Installed) => Promise<void>): void {
  const steps = stores.map(({ engine, found }): Step => ({
    name: found ? engine.name : `NOT TESTED, it is not installed: ${engine.name}`,
    ignore: found === undefined,
    async fn() {
      assert(found);
      await fn({ engine, found });
    },
  }));
  Deno.test({
    name: what,
    ignore: steps.every(({ ignore }) => ignore),
    fn: (t) => sideBySide(t, 4, steps),
  });
}

/** Starts a store and gives a way to make clients of it. */
async function started(
  { engine, found }: Installed,
  scope: AsyncDisposableStack,
): Promise<(store?: Partial<StoreAccess>, signingClock?: Pick<Clock, "now">) => StoreClient> {
  const play = engine.plays["object-store"];
  assert(play);
  const launch = play.launch.bind(play, SETTINGS);
  const { url } = await startEngine(engine, found, { launch, clock: realClock, scope, signal });
  return (store = SETTINGS, signingClock = realClock) =>
    StoreClient.for(
      { ...{ url, headers: {}, insecure: false }, store: { region: SETTINGS.region, ...store } },
      { clock: realClock, signal, signingClock },
    );
}

/** What a client says of a refusal, after the place. */
async function said(client: StoreClient, act: () => Promise<unknown>): Promise<string> {
  const { message } = await assertRejects(act, InconclusiveError);
  const [, why] = message.split(`${client.access.url.origin}: `);
  assert(why, message);
  for (const secret of Object.values(client.access.store?.credentials ?? {})) {
    assertEquals(message.includes(secret), false, message);
  }
  return why;
}

testEach(
  "a bucket and objects are made, found, read back and removed",
  async (installed) => {
    await using scope = new AsyncDisposableStack();
    const client = (await started(installed, scope))();
    const ways = WAYS[installed.engine.name];
    assert(ways);
    await client.createBucket(BUCKET);
    const again = () => client.createBucket(BUCKET);
    if (ways.madeAgain === undefined) await again();
    else assertEquals(await said(client, again), ways.madeAgain);
    assertEquals([await client.hasBucket(BUCKET), await client.hasBucket("no-other")], [
      true,
      false,
    ]);
    const content = new ObjectContent({ sizeBytes: 5_000_001, version: 1 });
    const { etag } = await client.upload(BUCKET, "a/b", content);
    assertEquals(await client.head(BUCKET, "a/b"), { key: "a/b", sizeBytes: 5_000_001, etag });
    assertEquals(await client.list(BUCKET, "a/"), [{ key: "a/b", sizeBytes: 5_000_001, etag }]);
    for (const presign of [false, true]) {
      const reader = new ContentReader([content]);
      const request = { method: "GET", bucket: BUCKET, key: "a/b", presign };
      const { connection, exchange } = await client.begin(request, {
        onBody: (bytes) => reader.push(bytes),
      });
      using _ = connection;
      await exchange.body;
      const { receivedBytes, foreignAtByte } = reader.report();
      assertEquals([receivedBytes, foreignAtByte], [5_000_001, null]);
    }
    assertEquals(
      await said(client, () => client.deleteBucket(BUCKET)),
      `bucket '${BUCKET}' is not empty: remove its objects first (BucketNotEmpty)`,
    );
    await client.remove(BUCKET, "a/b");
    await client.remove(BUCKET, "a/b");
    assertEquals(await client.head(BUCKET, "a/b"), undefined);
    await client.deleteBucket(BUCKET);
    await client.deleteBucket(BUCKET);
    await client.remove(BUCKET, "a/b");
    assertEquals(await client.hasBucket(BUCKET), false);
  },
);

testEach(
  "keys go there and back as they are, or are refused",
  async (one) => {
    await using scope = new AsyncDisposableStack();
    const client = (await started(one, scope))();
    const { keys } = WAYS[one.engine.name] ?? {};
    assert(keys);
    await client.createBucket(BUCKET);
    for (const key of KEYS(one.engine.name)) {
      const way = keys[key] ?? { listedAs: key };
      const upload = () => client.upload(BUCKET, key, small);
      if ("refused" in way) {
        assertEquals([key, await said(client, upload)], [key, way.refused]);
        continue;
      }
      const { etag } = await upload();
      assertEquals(await client.head(BUCKET, key), { key, sizeBytes: 10, etag });
      assertEquals(await client.list(BUCKET, ""), [{ key: way.listedAs, sizeBytes: 10, etag }]);
      for (const presign of [false, true]) {
        const { headers } = await client.call({ method: "GET", bucket: BUCKET, key, presign });
        assertEquals([key, headers.get("content-length")], [key, "10"]);
      }
      await client.remove(BUCKET, key);
      assertEquals(await client.list(BUCKET, ""), []);
    }
  },
);

testEach("a listing is read over all its pages", async (installed) => {
  await using scope = new AsyncDisposableStack();
  const client = (await started(installed, scope))();
  const { secondPage } = WAYS[installed.engine.name] ?? {};
  await client.createBucket(BUCKET);
  const empty = new ObjectContent({ sizeBytes: 0 });
  const keys = Array.from({ length: 1_003 }, (_, at) => `k/${String(at).padStart(4, "0")}`);
  for (let at = 0; at < keys.length; at += 20) {
    await Promise.all(keys.slice(at, at + 20).map((key) => client.upload(BUCKET, key, empty)));
  }
  const list = () => client.list(BUCKET, "k/");
  if (secondPage !== undefined) return assertEquals(await said(client, list), secondPage);
  assertEquals((await list()).map(({ key }) => key), keys);
});

testEach("what is wrong is named", async (installed) => {
  await using scope = new AsyncDisposableStack();
  const clientWith = await started(installed, scope);
  const { refuses } = WAYS[installed.engine.name] ?? {};
  assert(refuses);
  const { credentials } = SETTINGS;
  const own = clientWith();
  await own.createBucket(BUCKET);
  await own.upload(BUCKET, "k", small);
  const at = (offMs: number) => ({ now: () => realClock.now() + offMs });
  const wrong: Record<Wrong, StoreClient> = {
    key: clientWith({ credentials: { ...credentials, accessKeyId: "another-key" } }),
    secret: clientWith({ credentials: { ...credentials, secretAccessKey: "another-secret" } }),
    token: clientWith({ credentials: { ...credentials, sessionToken: "another-token" } }),
    region: clientWith({ credentials, region: "us-west-9" }),
    late: clientWith({ credentials }, at(-7_200_000)),
    early: clientWith({ credentials }, at(7_200_000)),
    anonymous: clientWith({}),
  };
  for (const [what, client] of Object.entries(wrong) as [Wrong, StoreClient][]) {
    const list = () => client.list(BUCKET, "");
    const expected = refuses[what];
    if (expected === undefined) {
      assertEquals([what, (await list()).length], [what, 1]);
      continue;
    }
    const why = (await said(client, list)).replace(/\b(7199|720\d) s /, "N s ");
    assertEquals([what, why], [what, expected]);
    if (what === "key") {
      assertEquals(await said(client, () => client.remove(BUCKET, "k")), expected);
    }
    if (what !== "late") continue;
    // Refused without a word, or with another than the clock's.
    const clock = /^this machine's clock is \d+ s behind the store's: set it right/;
    const byHead = await said(client, () => client.head(BUCKET, "k"));
    const byLink = await said(
      client,
      () => client.call({ method: "GET", bucket: BUCKET, key: "k", presign: true }),
    );
    assertEquals([byHead, byLink].map((one) => clock.test(one)), [true, true], byHead + byLink);
  }
  const noBucket = "there is no bucket 'no-other': make it, or name another with --bucket " +
    "(NoSuchBucket)";
  assertEquals(await said(own, () => own.list("no-other", "")), noBucket);
  assertEquals(await said(own, () => own.upload("no-other", "k", small)), noBucket);
  assertEquals(
    await said(own, () => own.call({ method: "GET", bucket: BUCKET, key: "none" })),
    "there is no such object (NoSuchKey)",
  );
});
