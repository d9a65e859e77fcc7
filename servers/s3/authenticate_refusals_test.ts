// Tests of what is refused before a signature is even compared, and with which of S3's codes.

import { assertEquals, assertThrows } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { ManualClock } from "../../lab/clock.ts";
import { authenticate } from "./authenticate.ts";
import { S3Error } from "./error.ts";
import { examine, TEST_KEY, testOptions } from "./testing_authenticator.ts";

const NOW = Date.UTC(2026, 10, 21, 10);
const URL_ = "http://store.test/b/k";
const AUTHORIZATION =
  `AWS4-HMAC-SHA256 Credential=${TEST_KEY.accessKeyId}/20261121/auto/s3/aws4_request,` +
  `SignedHeaders=host;x-amz-date,Signature=${"0".repeat(64)}`;

function refusal(request: Request): S3Error {
  const options = testOptions({ clock: new ManualClock(NOW) });
  return assertThrows(() => authenticate(request, options), S3Error);
}

function headerRefusal(headers: Record<string, string>, url = URL_): string {
  const { code, status } = refusal(
    new Request(url, {
      headers: {
        "x-amz-date": "20261121T100000Z",
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        authorization: AUTHORIZATION,
        ...headers,
      },
    }),
  );
  return `${code} ${status}`;
}

const MALFORMED = "AuthorizationHeaderMalformed 400";

const HEADER_CASES: [name: string, headers: Record<string, string>, expected: string][] = [
  ["a wrong signature", {}, "SignatureDoesNotMatch 403"],
  ["another scheme", { authorization: "Bearer abc" }, "InvalidArgument 400"],
  ["signature version 2", { authorization: "AWS key:signature" }, "InvalidRequest 400"],
  ["no fields", { authorization: "AWS4-HMAC-SHA256" }, MALFORMED],
  ["a field without a value", {
    authorization: AUTHORIZATION.replace(/Signature=.*/, "Signature="),
  }, MALFORMED],
  ["a field twice", { authorization: `${AUTHORIZATION},Signature=1` }, MALFORMED],
  ["no credential", { authorization: AUTHORIZATION.replace("Credential", "Other") }, MALFORMED],
  ["a short credential", {
    authorization: AUTHORIZATION.replace("/auto", "").replace("AKIDEXAMPLE/1", "K"),
  }, MALFORMED],
  ["another service", { authorization: AUTHORIZATION.replace("/s3/", "/sts/") }, MALFORMED],
  ["another region", { authorization: AUTHORIZATION.replace("/auto/", "/mars/") }, MALFORMED],
  ["another terminator", { authorization: AUTHORIZATION.replace("aws4_request", "x") }, MALFORMED],
  ["another day", { authorization: AUTHORIZATION.replace("20261121", "20261120") }, MALFORMED],
  [
    "header names that are none",
    { authorization: AUTHORIZATION.replace("host;", "ho(st;") },
    MALFORMED,
  ],
  [
    "an unknown key",
    { authorization: AUTHORIZATION.replace("/1/", "/2/") },
    "InvalidAccessKeyId 403",
  ],
  ["an unsigned host", { authorization: AUTHORIZATION.replace("host;", "") }, "AccessDenied 403"],
  ["an unsigned x-amz- field", { "x-amz-acl": "private" }, "AccessDenied 403"],
  ["a date that is none", { "x-amz-date": "today" }, "AccessDenied 403"],
  [
    "a clock 15 minutes and a second behind",
    { "x-amz-date": "20261121T094459Z" },
    "RequestTimeTooSkewed 403",
  ],
  [
    "a clock 15 minutes and a second ahead",
    { "x-amz-date": "20261121T101501Z" },
    "RequestTimeTooSkewed 403",
  ],
];

for (const [name, headers, expected] of HEADER_CASES) {
  Deno.test(`authenticate: a header with ${name} is refused with ${expected}`, () => {
    assertEquals(headerRefusal(headers), expected);
  });
}

Deno.test("authenticate: a signature without date, without hash, or beside another is refused", () => {
  const plain = { authorization: AUTHORIZATION, "x-amz-date": "20261121T100000Z" };
  const { "x-amz-date": _, ...dateless } = plain;
  assertEquals(refusal(new Request(URL_, { headers: dateless })).code, "AccessDenied");
  assertEquals(refusal(new Request(URL_, { headers: plain })).code, "InvalidRequest");
  assertEquals(headerRefusal({}, `${URL_}?X-Amz-Signature=1`), "InvalidArgument 400");
});

Deno.test("authenticate: who names a wrong region is told the right one", () => {
  const headers = {
    "x-amz-date": "20261121T100000Z",
    "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    authorization: AUTHORIZATION.replace("/auto/", "/mars/"),
  };
  assertEquals(refusal(new Request(URL_, { headers })).details, { Region: "auto" });
});

const QUERY = {
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Credential": `${TEST_KEY.accessKeyId}/20261121/auto/s3/aws4_request`,
  "X-Amz-Date": "20261121T100000Z",
  "X-Amz-Expires": "60",
  "X-Amz-SignedHeaders": "host",
  "X-Amz-Signature": "0".repeat(64),
};
const BAD_QUERY = "AuthorizationQueryParametersError";

const QUERY_CASES: [name: string, query: Record<string, string>, expected: string][] = [
  ["a wrong signature", {}, "SignatureDoesNotMatch"],
  ["another algorithm", { "X-Amz-Algorithm": "AWS4-ECDSA-P256-SHA256" }, BAD_QUERY],
  ["no signature", { "X-Amz-Signature": "" }, BAD_QUERY],
  [
    "another region",
    { "X-Amz-Credential": QUERY["X-Amz-Credential"].replace("auto", "x") },
    BAD_QUERY,
  ],
  ["a date that is none", { "X-Amz-Date": "20261321T100000Z" }, BAD_QUERY],
  ["a date in another form", { "X-Amz-Date": "Sat, 21 Nov 2026 10:00:00 GMT" }, BAD_QUERY],
  ["another day", { "X-Amz-Date": "20261120T100000Z" }, BAD_QUERY],
  ["an expiry of 0 s", { "X-Amz-Expires": "0" }, BAD_QUERY],
  ["an expiry of more than a week", { "X-Amz-Expires": "604801" }, BAD_QUERY],
  ["an expiry that is no number", { "X-Amz-Expires": "1e3" }, BAD_QUERY],
  ["a time to come", { "X-Amz-Date": "20261121T101501Z" }, "AccessDenied"],
  ["a time that is over", { "X-Amz-Date": "20261121T095859Z" }, "AccessDenied"],
  ["an unsigned host", { "X-Amz-SignedHeaders": "range" }, "AccessDenied"],
];

for (const [name, query, expected] of QUERY_CASES) {
  Deno.test(`authenticate: a presigned URL with ${name} is refused with ${expected}`, () => {
    const url = `${URL_}?${new URLSearchParams({ ...QUERY, ...query })}`;
    assertEquals(refusal(new Request(url)).code, expected);
  });
}

Deno.test("authenticate: a presigned URL of version 2 is refused, and no signature is nobody's", () => {
  assertEquals(
    refusal(new Request(`${URL_}?AWSAccessKeyId=a&Signature=b&Expires=1`)).code,
    "InvalidRequest",
  );
  assertEquals(authenticate(new Request(URL_), testOptions()).accessKeyId, null);
});

Deno.test("authenticate: a presigned URL holds for its time to the second, and not longer", async () => {
  const client = new AwsClient({ ...TEST_KEY, service: "s3", region: "auto" });
  const { url } = await client.sign(`${URL_}?X-Amz-Expires=60`, {
    aws: { signQuery: true, datetime: "20261121T100000Z" },
  });
  const codeAfter = async (ms: number) =>
    (await examine(new Request(url), testOptions({ clock: new ManualClock(NOW + ms) }))).code;
  assertEquals(
    [
      await codeAfter(-900_000),
      await codeAfter(0),
      await codeAfter(60_000),
      await codeAfter(60_001),
    ],
    ["", "", "", "AccessDenied"],
  );
});
