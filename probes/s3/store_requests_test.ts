// Tests what the client asks for on the wire, and what it makes of answers that no store of ours gives.

import { assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { InconclusiveError } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import { ObjectContent } from "./content.ts";
import { StoreClient } from "./store_client.ts";

interface Asked {
  line: string;
  headers: Headers;
  text: string;
}

const KEYS = { accessKeyId: "AKID-OF-A-TEST", secretAccessKey: "the-secret" };
const content = new ObjectContent({ sizeBytes: 100 });

/** A server that gives one answer to everything, and what it was asked. */
class Answering implements AsyncDisposable {
  readonly asked: Asked[] = [];
  readonly url: URL;
  answer: (asked: Asked) => Response | Promise<Response> = () => new Response();
  readonly #served: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#served = Deno.serve(options, async (request) => {
      const { pathname, search } = new URL(request.url);
      const asked = {
        line: `${request.method} ${pathname}${search}`,
        headers: request.headers,
        text: await request.text(),
      };
      this.asked.push(asked);
      const response = await this.answer(asked);
      response.headers.set("connection", "close");
      return response;
    });
    this.url = new URL(`http://127.0.0.1:${this.#served.addr.port}`);
  }

  client(
    region = "auto",
    more: Partial<Access> = {},
    signal = new AbortController().signal,
  ): StoreClient {
    return StoreClient.for(
      {
        ...{ url: this.url, headers: {}, insecure: false },
        ...more,
        store: { region, credentials: KEYS },
      },
      { clock: realClock, signal },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#served.shutdown();
  }
}

const listing = (inner: string, prefix = "") =>
  new Response(`<${prefix}ListBucketResult>${inner}</${prefix}ListBucketResult>`, {
    headers: { "content-type": "application/xml" },
  });

Deno.test("a bucket's region is named where it has a name", async () => {
  await using server = new Answering();
  for (const region of ["auto", "us-east-1"]) await server.client(region).createBucket("b");
  await server.client("eu-west-1").createBucket("b");
  assertEquals(server.asked.map(({ text }) => text.match(/<Loc.*<\/Loc[^>]*>/)?.[0] ?? text), [
    "",
    "",
    "<LocationConstraint>eu-west-1</LocationConstraint>",
  ]);
});

Deno.test("an upload says its type and, without TLS, its hash", async () => {
  await using server = new Answering();
  server.answer = () => new Response(null, { headers: { etag: "unquoted" } });
  const { etag } = await server.client().upload("b", "k", content);
  await server.client().upload("b", "k", content, { contentType: "video/mp4" });
  assertEquals(etag, '"unquoted"');
  assertEquals(server.asked.map(({ headers }) => headers.get("content-type")), [
    "application/octet-stream",
    "video/mp4",
  ]);
  assertEquals(server.asked[0]?.headers.get("x-amz-content-sha256"), content.sha256());
});

Deno.test("a website takes no upload, and gives objects of its own kind", async () => {
  await using server = new Answering();
  const message = async (act: () => Promise<unknown>) =>
    (await assertRejects(act, InconclusiveError)).message;
  const begin =
    `Cannot upload 'k' to bucket 'b' at ${server.url.origin}: it answers, but not as S3`;
  const upload = () => server.client().upload("b", "k", content);
  for (const [type, body, etag] of [["text/html", "<p>", "a"], ["text/x", "x", ""]] as const) {
    server.answer = () =>
      new Response(body, { headers: { "content-type": type, ...(etag && { etag }) } });
    assertEquals((await message(upload)).startsWith(begin), true);
  }
  server.answer = () => new Response("<p>", { headers: { "content-type": "text/html" } });
  const { text } = await server.client().call({ method: "GET", bucket: "b", key: "page.html" });
  assertEquals(text, "<p>");
  // moto 5.2.5 labels answers without a body so.
  server.answer = () => new Response(" ", { headers: { "content-type": "text/html" } });
  await server.client().createBucket("b");
});

Deno.test("a listing is read in whatever form it comes", async () => {
  await using server = new Answering();
  const list = () => server.client().list("b", "p/");
  const one = (key: string) => `<Contents><Key>${key}</Key><Size>1</Size><ETag>e</ETag></Contents>`;
  const found = (key: string) => ({ key, sizeBytes: 1, etag: '"e"' });
  server.answer = () => listing("");
  assertEquals(await list(), []);
  assertEquals(
    new URL(server.asked[0]?.line.slice(4) ?? "", server.url).searchParams.get("prefix"),
    "p/",
  );
  server.answer = () => listing(one(" a+b%20&#39;&#xA;0x1"));
  assertEquals(await list(), [found(" a+b%20'\n0x1")]);
  server.answer = () => listing(`<EncodingType>url</EncodingType>${one("a+b%20c")}${one("%zz")}`);
  assertEquals(await list(), [found("a b c"), found("%zz")]);
  server.answer = () => listing(one("1"), "ns:");
  assertEquals(await list(), [found("1")]);
  server.answer = () =>
    listing(
      `${one("k")}<IsTruncated>false</IsTruncated><NextContinuationToken>t</NextContinuationToken>`,
    );
  assertEquals(await list(), [found("k")]);
});

Deno.test("a store that gives the same page for ever is not asked for ever", async () => {
  await using server = new Answering();
  server.answer = () => {
    if (server.asked.length > 9) return new Response(null, { status: 500 });
    return listing(
      "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>",
    );
  };
  assertEquals(await server.client().list("b", ""), []);
  assertEquals(server.asked.map(({ line }) => /continuation-token=t/.test(line)), [false, true]);
});

Deno.test("what is gone without a word is gone", async () => {
  await using server = new Answering();
  server.answer = () => new Response(null, { status: 404 });
  assertEquals((await server.client().remove("b", "k")).status, 404);
  await server.client().deleteBucket("b");
});

Deno.test("another endpoint is asked by its own name, and links lead there", async () => {
  await using server = new Answering();
  const client = server.client("auto", {
    url: new URL("http://127.0.0.1:1"),
    host: "store.example",
  });
  await client.call({ method: "GET", bucket: "b", key: "k", endpoint: server.url });
  assertEquals(server.asked[0]?.headers.get("host"), server.url.host);
  assertEquals((await client.presignedUrl("b", "k", server.url)).origin, server.url.origin);
  assertEquals((await client.presignedUrl("b", "k")).origin, "http://127.0.0.1:1");
  const own = server.client("auto", { host: "store.example" });
  await own.call({ method: "GET", bucket: "b", key: "k" });
  assertEquals(server.asked[1]?.headers.get("host"), "store.example");
});

Deno.test("a client whose signal has aborted rejects with its reason", async () => {
  await using server = new Answering();
  const reason = new Error("interrupted");
  const client = server.client("auto", {}, AbortSignal.abort(reason));
  const request = { method: "GET", bucket: "b", key: "k" };
  for (const act of [() => client.call(request), () => client.begin(request)]) {
    assertEquals(await assertRejects(act), reason);
  }
  assertEquals(server.asked, []);
});
