// Tests of the client over TLS: uploads without a hash, reads, links, and certificates nobody trusts.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { InconclusiveError } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../../servers/object_store/testing_store.ts";
import { abandonRead } from "./abandoned_read.ts";
import { ObjectContent } from "./content.ts";
import { ContentReader } from "./content_reader.ts";
import { killedClientAvailability, startKilledClient } from "./killed_client.ts";
import { sdkRead } from "./sdk_reader.ts";
import { StoreClient } from "./store_client.ts";

const testdata = (name: string) =>
  Deno.readTextFile(new URL(`../testdata/${name}`, import.meta.url));
// Made for these tests, for 127.0.0.1, and trusted by nobody.
const [cert, key] = [await testdata("certificate.pem"), await testdata("key.pem")];
const { signal } = new AbortController();

/** A store over TLS, with what was asked of it. */
class TlsStore implements AsyncDisposable {
  readonly requests: Request[] = [];
  readonly #store: TestingStore;
  readonly #served: Deno.HttpServer<Deno.NetAddr>;

  private constructor(store: TestingStore) {
    this.#store = store;
    const options = { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} };
    this.#served = Deno.serve(options, (request, info) => {
      this.requests.push(request);
      return store.store.fetch(request, info);
    });
  }

  static async start(): Promise<TlsStore> {
    return new TlsStore(await TestingStore.start());
  }

  accessBy(scheme: "http" | "https", insecure = true): Access {
    return {
      ...{ url: new URL(`${scheme}://127.0.0.1:${this.#served.addr.port}`), headers: {}, insecure },
      store: { region: "auto", credentials: TESTING_KEY },
    };
  }

  reads(): number {
    return this.#store.reads().length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What is still under way would keep shutdown() waiting.
    await Promise.all([this.#served.shutdown(), this.#store[Symbol.asyncDispose]()]);
  }
}

const clientOf = (access: Access) => StoreClient.for(access, { clock: realClock, signal });
/** One byte more than is kept of an answer that somebody keeps. */
const MORE_THAN_KEPT = (64 << 20) + 1;
const content = new ObjectContent({ sizeBytes: 5_000_001, version: 1 });

Deno.test("over TLS: an upload is not hashed, and is read back by signature and by link", async () => {
  await using store = await TlsStore.start();
  const client = clientOf(store.accessBy("https"));
  const { etag } = await client.upload(BUCKET, "a b+c", {
    sizeBytes: content.sizeBytes,
    pieces: () => content.pieces(),
    sha256() {
      throw new Error("hashed");
    },
  });
  const [upload] = store.requests;
  assertEquals(upload?.headers.get("x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  assertEquals(await client.list(BUCKET, ""), [{ key: "a b+c", sizeBytes: 5_000_001, etag }]);
  for (const presign of [false, true]) {
    const reader = new ContentReader([content]);
    const request = { method: "GET", bucket: BUCKET, key: "a b+c", presign };
    const { connection, exchange } = await client.begin(request, {
      onBody: (bytes) => reader.push(bytes),
    });
    using _ = connection;
    await exchange.body;
    const { receivedBytes, versions, foreignAtByte } = reader.report();
    assertEquals([receivedBytes, versions, foreignAtByte], [5_000_001, [1], null]);
    const last = store.requests.at(-1);
    assertEquals(/X-Amz-Signature=/.test(last?.url ?? ""), presign);
    assertEquals(last?.headers.has("authorization"), !presign);
  }
  assertMatch((await client.presignedUrl(BUCKET, "a b+c")).href, /^https:\/\/127\.0\.0\.1:/);
});

Deno.test("over TLS: a read is left and read on, by this client, the SDK and a process", async () => {
  await using store = await TlsStore.start();
  const access = store.accessBy("https");
  const client = clientOf(access);
  const large = new ObjectContent({ sizeBytes: MORE_THAN_KEPT, version: 2 });
  await client.upload(BUCKET, "k", large);
  {
    using read = await abandonRead(client, { bucket: BUCKET, key: "k", contents: [large] });
    assertEquals([store.reads(), read.state()], [1, { open: true }]);
    const end = await read.resume();
    assertEquals([end.how, end.receivedBytes, end.versions], ["complete", MORE_THAN_KEPT, [2]]);
  }
  const options = { bucket: BUCKET, key: "k", clock: realClock, signal };
  const bySdk = await sdkRead(access, options);
  assertEquals([bySdk.failure, bySdk.receivedBytes > 0], [undefined, true]);
  const strict = await sdkRead({ ...access, insecure: false }, options);
  assertMatch(strict.failure ?? "", /certificate/i);
  if (!(await killedClientAvailability()).available) return;
  const link = await client.presignedUrl(BUCKET, "k");
  await using child = await startKilledClient(link, { signal, insecure: true });
  assertEquals(child.receivedBytes > 0, true);
  await child.kill();
  // 60: the certificate cannot be verified (curl's manual, exit codes).
  const refused = await assertRejects(() => startKilledClient(link, { signal }), InconclusiveError);
  assertEquals(
    refused.message,
    `Cannot read with curl at ${link.origin}: it ended with 60 before any body came`,
  );
});

Deno.test("over TLS: a certificate that nobody trusts, and the wrong scheme, are said", async () => {
  await using store = await TlsStore.start();
  const strict = clientOf(store.accessBy("https", false));
  const { host } = strict.access.url;
  const untrusted = await assertRejects(() => strict.list(BUCKET, ""), InconclusiveError);
  assertMatch(
    untrusted.message,
    new RegExp(
      `^Cannot connect to ${host}: .*certificate.*; check whether --target should begin with ` +
        "http:, or give --insecure for its certificate$",
    ),
  );
  const plain = clientOf(store.accessBy("http"));
  const cut = await assertRejects(() => plain.list(BUCKET, ""), InconclusiveError);
  assertMatch(cut.message, new RegExp(`^Cannot list bucket '${BUCKET}' at http://${host}: `));
  await using clear = await TestingStore.start();
  const url = new URL(clear.url.replace("http:", "https:"));
  const secure = clientOf({ ...store.accessBy("https"), url });
  const notTls = await assertRejects(() => secure.list(BUCKET, ""), InconclusiveError);
  assertMatch(notTls.message, /; check whether --target should begin with http:/);
});
