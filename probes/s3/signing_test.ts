// Tests that requests are signed as AWS's own examples are, and that keys go out as they are.

import { assertEquals } from "@std/assert";
import { objectPath, type SigningOptions, signRequest } from "./signing.ts";

/** The key and the time of "Examples: Signature Calculations" in the S3 API reference. */
const EXAMPLE: SigningOptions = {
  endpoint: new URL("https://examplebucket.s3.amazonaws.com"),
  headers: {},
  region: "us-east-1",
  credentials: {
    accessKeyId: "AKIAIOSFODNN7EXAMPLE",
    secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  },
  atMs: Date.UTC(2013, 4, 24),
  expiresSeconds: 86_400,
};
const signatureOf = (headers: readonly (readonly [string, string])[]) =>
  /Signature=(\w+)/.exec(headers.find(([name]) => name === "authorization")?.[1] ?? "")?.[1];

Deno.test("signatures are those of AWS's examples", async () => {
  const lifecycle = await signRequest({ method: "GET", query: { lifecycle: "" } }, EXAMPLE);
  assertEquals(
    signatureOf(lifecycle.headers),
    "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  );
  assertEquals(lifecycle.path, "/?lifecycle=");
  const list = { method: "GET", query: { prefix: "J", "max-keys": "2" } };
  assertEquals(
    signatureOf((await signRequest(list, EXAMPLE)).headers),
    "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  );
  const put = await signRequest({
    method: "PUT",
    bucket: "test$file.text",
    headers: [
      ["Date", "Fri, 24 May 2013 00:00:00 GMT"],
      ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
    ],
    body: new TextEncoder().encode("Welcome to Amazon S3."),
  }, EXAMPLE);
  assertEquals(
    signatureOf(put.headers),
    "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  );
  assertEquals(put.path, "/test%24file.text");
  const link = await signRequest({ method: "GET", bucket: "test.txt", presign: true }, EXAMPLE);
  assertEquals(
    new URL(link.path, EXAMPLE.endpoint).searchParams.get("X-Amz-Signature"),
    "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
  );
  const short = await signRequest({ method: "GET", bucket: "b", presign: true }, {
    ...EXAMPLE,
    expiresSeconds: 60,
  });
  assertEquals(/[?&]X-Amz-Expires=60&/.test(short.path), true);
  assertEquals(link.headers.map(([name]) => name), ["Host", "User-Agent", "Accept"]);
});

Deno.test("a key goes out byte for byte, below the endpoint's own path", () => {
  const endpoint = new URL("http://host/a+b%20c/");
  const path = (key: string) =>
    objectPath(endpoint, "bucket", key).slice("/a%2Bb%20c/bucket".length);
  assertEquals(objectPath(new URL("http://host/100%/x"), "b"), "/100%/x/b");
  assertEquals(path("plain/name.mp4"), "/plain/name.mp4");
  assertEquals(path("a b+c%2Fd"), "/a%20b%2Bc%252Fd");
  assertEquals(path("../../etc/./x"), "/../../etc/./x");
  assertEquals(path("//two"), "///two");
  assertEquals(path("ü€😀!'()*~"), "/%C3%BC%E2%82%AC%F0%9F%98%80%21%27%28%29%2A~");
  assertEquals(path("a?b#c&d=e"), "/a%3Fb%23c%26d%3De");
});

Deno.test("an anonymous request carries no key; x-amz headers of the user are signed, others not", async () => {
  const anonymous = await signRequest({ method: "GET", bucket: "b", key: "k", anonymous: true }, {
    ...EXAMPLE,
    headers: { "x-via": "1" },
  });
  assertEquals(anonymous, {
    ...{ method: "GET", path: "/b/k", shownPath: "/b/k" },
    headers: [
      ...[["Host", "examplebucket.s3.amazonaws.com"], ["User-Agent", "edge-repro"]],
      ...[["Accept", "*/*"], ["x-via", "1"]],
    ] as [string, string][],
  });
  const signed = await signRequest({ method: "GET", bucket: "b" }, {
    ...EXAMPLE,
    host: "other:9000",
    headers: { "x-via": "1", "x-amz-request-payer": "requester" },
    credentials: { accessKeyId: "a", secretAccessKey: "b", sessionToken: "token" },
  });
  const fields = Object.fromEntries(signed.headers);
  assertEquals(fields["Host"], "other:9000");
  assertEquals(fields["x-amz-security-token"], "token");
  assertEquals(
    /SignedHeaders=([^,]+)/.exec(fields["authorization"] ?? "")?.[1],
    "host;x-amz-content-sha256;x-amz-date;x-amz-request-payer;x-amz-security-token",
  );
});
