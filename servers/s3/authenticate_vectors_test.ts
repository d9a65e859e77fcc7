// Tests of signatures against the examples that AWS publishes with its S3 API reference.

import { assertEquals } from "@std/assert";
import { authenticate } from "./authenticate.ts";

const KEY_ID = "AKIAIOSFODNN7EXAMPLE";
const OPTIONS = {
  secretOf: (id: string) => id === KEY_ID ? "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" : undefined,
  regions: ["us-east-1"],
  clock: { now: () => Date.UTC(2013, 4, 24) },
};
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST = "examplebucket.s3.amazonaws.com";
const CREDENTIAL = `${KEY_ID}/20130524/us-east-1/s3/aws4_request`;

interface Example {
  method?: string;
  url: string;
  headers: Record<string, string>;
  signature: string;
  body?: string;
}

const CONTENT = "Welcome to Amazon S3.";

const EXAMPLES: Record<string, Example> = {
  "GET an object": {
    url: `https://${HOST}/test.txt`,
    headers: { range: "bytes=0-9", "x-amz-content-sha256": EMPTY },
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  "PUT an object": {
    method: "PUT",
    url: `https://${HOST}/test$file.text`,
    headers: {
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
    },
    body: CONTENT,
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  "GET a bucket's lifecycle": {
    url: `https://${HOST}/?lifecycle`,
    headers: { "x-amz-content-sha256": EMPTY },
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  "list objects": {
    url: `https://${HOST}/?max-keys=2&prefix=J`,
    headers: { "x-amz-content-sha256": EMPTY },
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
};

function requestOf({ method = "GET", url, headers, body, signature }: Example): Request {
  const all: Record<string, string> = { host: HOST, "x-amz-date": "20130524T000000Z", ...headers };
  const names = Object.keys(all).sort().join(";");
  const authorization =
    `AWS4-HMAC-SHA256 Credential=${CREDENTIAL},SignedHeaders=${names},Signature=${signature}`;
  return new Request(url, { method, headers: { ...all, authorization }, body: body ?? null });
}

for (const [name, example] of Object.entries(EXAMPLES)) {
  Deno.test(`authenticate: AWS's example holds: ${name}`, async () => {
    const { accessKeyId, payload } = authenticate(requestOf(example), OPTIONS);
    assertEquals(accessKeyId, KEY_ID);
    assertEquals(await payload.text(100), example.body ?? "");
  });
}

Deno.test("authenticate: AWS's example holds: a presigned URL, valid for a day", () => {
  const url =
    `https://${HOST}/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${
      encodeURIComponent(CREDENTIAL)
    }&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host` +
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";
  assertEquals(authenticate(new Request(url), OPTIONS).accessKeyId, KEY_ID);
});

/** 65 KiB of `a` in chunks of 64 KiB, as both of AWS's streaming examples have it. */
async function upload(
  sizes: readonly [size: number, signature: string][],
  tail: string,
  headers: Record<string, string>,
  signature: string,
) {
  const wire =
    sizes.map(([size, chunkSignature]) =>
      `${size.toString(16)};chunk-signature=${chunkSignature}\r\n${"a".repeat(size)}` +
      (size > 0 ? "\r\n" : "")
    ).join("") + tail;
  const request = requestOf({
    method: "PUT",
    url: "https://s3.amazonaws.com/examplebucket/chunkObject.txt",
    headers: {
      host: "s3.amazonaws.com",
      "content-encoding": "aws-chunked",
      "x-amz-decoded-content-length": "66560",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      ...headers,
    },
    body: wire,
    signature,
  });
  const { payload } = authenticate(request, OPTIONS);
  assertEquals(await payload.text(100_000), "a".repeat(66_560));
  return { digest: payload.digest(), wireBytes: wire.length };
}

Deno.test("authenticate: AWS's example holds: an upload in signed chunks", async () => {
  const { wireBytes } = await upload(
    [
      [65_536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648"],
      [1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497"],
      [0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"],
    ],
    "\r\n",
    {
      "content-length": "66824",
      "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
    },
    "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
  );
  assertEquals(wireBytes, 66_824);
});

for (const lineEnd of ["\n\r\n", "\r\n"]) {
  const shown = JSON.stringify(lineEnd);
  Deno.test(`authenticate: AWS's example holds: signed chunks with a trailer and ${shown}`, async () => {
    const { digest } = await upload(
      [
        [65_536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2"],
        [1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7"],
        [0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"],
      ],
      `x-amz-checksum-crc32c:sOO8/Q==${lineEnd}x-amz-trailer-signature:` +
        "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
      {
        "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
        "x-amz-trailer": "x-amz-checksum-crc32c",
      },
      "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    );
    assertEquals(digest.checksum, { algorithm: "crc32c", value: "sOO8/Q==" });
  });
}
