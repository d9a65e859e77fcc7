// Tests that no signed part of a request can change without a refusal.

import { assert, assertEquals } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { createHash } from "node:crypto";
import { examine, TEST_KEY, testOptions } from "./testing_authenticator.ts";

const BODY = "content";
const client = new AwsClient({ ...TEST_KEY, service: "s3", region: "auto", retries: 0 });

/** A request in parts, each of which can be changed. */
interface Parts {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

async function signed(signQuery: boolean): Promise<Parts> {
  const headers = {
    host: "store.test:9000",
    "content-type": "text/plain",
    "x-amz-meta-a": "one two",
    "x-amz-meta-b": "à",
    "x-amz-content-sha256": createHash("sha256").update(BODY).digest("hex"),
  };
  const url = "http://store.test:9000/b/a%20key/%C3%BC?partNumber=1&uploadId=x%2By&flag";
  const request = await client.sign(url, {
    method: "PUT",
    headers,
    body: BODY,
    aws: { signQuery, allHeaders: true },
  });
  return {
    method: request.method,
    url: request.url,
    headers: {
      ...Object.fromEntries(request.headers),
      host: "store.test:9000",
      // UTF-8, one byte a character, as it was signed and as a client other than fetch sends it.
      "x-amz-meta-b": "\u00c3\u00a0",
    },
    body: BODY,
  };
}

async function codeOf({ method, url, headers, body }: Parts): Promise<string> {
  return (await examine(new Request(url, { method, headers, body }), testOptions())).code;
}

/** A change of each part, by a name for it. */
function* mutations(parts: Parts): Generator<[string, Parts]> {
  yield ["method", { ...parts, method: "POST" }];
  yield ["body", { ...parts, body: "contenT" }];
  const url = parts.url;
  yield ["path", { ...parts, url: url.replace("a%20key", "a%20kez") }];
  yield ["an escape in the path", { ...parts, url: url.replace("a%20key", "a%2520key") }];
  yield ["a plus for a space in the path", { ...parts, url: url.replace("a%20key", "a+key") }];
  yield ["a slash more", { ...parts, url: url.replace("/b/", "/b//") }];
  yield ["a query parameter more", { ...parts, url: `${url}&acl` }];
  const [path = "", query = ""] = url.split("?");
  const pairs = query.split("&");
  for (const [i, pair] of pairs.entries()) {
    const others = pairs.toSpliced(i, 1);
    yield [`without ${pair}`, { ...parts, url: `${path}?${others.join("&")}` }];
    yield [`twice ${pair}`, { ...parts, url: `${path}?${[...pairs, pair].join("&")}` }];
    const changed = pair.endsWith("1")
      ? `${pair.slice(0, -1)}2`
      : `${pair}${pair.includes("=") ? "" : "="}1`;
    yield [`other ${pair}`, { ...parts, url: `${path}?${[...others, changed].join("&")}` }];
  }
  for (const [name, value] of Object.entries(parts.headers)) {
    const { [name]: _, ...others } = parts.headers;
    const headers = { ...others, [name]: value.replace(/.$/, (end) => end === "1" ? "2" : "1") };
    yield [`other ${name}`, { ...parts, headers }];
    // Without a Host the URL's is taken, and without Authorization nobody has signed.
    if (name !== "host" && name !== "authorization") {
      yield [`without ${name}`, { ...parts, headers: others }];
    }
  }
  yield ["an unsigned field", { ...parts, headers: { ...parts.headers, "x-amz-acl": "private" } }];
  const authorization = parts.headers["authorization"];
  if (authorization === undefined) return;
  for (
    const piece of [
      TEST_KEY.accessKeyId,
      "/auto/",
      "/s3/",
      "aws4_request",
      "host;",
      ";x-amz-date",
      "=",
    ]
  ) {
    const other: string = authorization.replace(piece, piece === "/auto/" ? "/us-east-1/" : "");
    assert(other !== authorization);
    yield [`without ${piece}`, { ...parts, headers: { ...parts.headers, authorization: other } }];
  }
}

for (const signQuery of [false, true]) {
  const where = signQuery ? "query" : "header";
  Deno.test(`authenticate: any change of what is signed in the ${where} is refused`, async () => {
    const parts = await signed(signQuery);
    assertEquals(await codeOf(parts), "");
    const accepted: string[] = [];
    for (const [name, mutated] of mutations(parts)) {
      if (await codeOf(mutated) === "") accepted.push(name);
    }
    assertEquals(accepted, []);
  });
}

Deno.test("authenticate: what a client percent-encodes makes no difference", async () => {
  const parts = await signed(false);
  const same = [
    parts.url.replace("a%20key", "%61%20%6bey"),
    parts.url.replace("%C3%BC", "%c3%bc"),
    parts.url.replace("/b/", "/b%2F"),
    parts.url.replace("partNumber=1&uploadId=x%2By", "uploadId=x%2by&partNumber=%31"),
    parts.url.replace("&flag", "&flag="),
  ];
  for (const url of same) assertEquals([url, await codeOf({ ...parts, url })], [url, ""]);
});
