// Tests of which operation, bucket and key a request is about.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { S3Error } from "./error.ts";
import { type OperationRequest, resolveOperation } from "./operation.ts";

function resolve(
  method: string,
  url: string,
  options: { host?: string; headers?: Record<string, string>; virtualHosts?: string[] } = {},
) {
  const headers = new Headers({ host: options.host ?? "127.0.0.1:9000", ...options.headers });
  const { virtualHosts } = options;
  return resolveOperation({ method, url, headers, ...(virtualHosts && { virtualHosts }) });
}

function refusal(act: () => unknown): [code: string, status: number] {
  const { code, status } = assertThrows(act, S3Error);
  return [code, status];
}

const COPY = { "x-amz-copy-source": "/videos/a" };

const OPERATIONS: [method: string, target: string, operation: string, Record<string, string>?][] = [
  ["GET", "/", "ListBuckets"],
  ["GET", "/?max-buckets=1", "ListBuckets"],
  ["PUT", "/videos", "CreateBucket"],
  ["HEAD", "/videos/", "HeadBucket"],
  ["DELETE", "/videos", "DeleteBucket"],
  ["GET", "/videos?location", "GetBucketLocation"],
  ["GET", "/videos", "ListObjects"],
  ["GET", "/videos?list-type=1", "ListObjects"],
  ["GET", "/videos/?list-type=2&prefix=a", "ListObjectsV2"],
  ["GET", "/videos?uploads", "ListMultipartUploads"],
  ["POST", "/videos?delete=", "DeleteObjects"],
  ["GET", "/videos/a", "GetObject"],
  ["GET", "/videos/a?x-id=GetObject&X-Amz-Signature=0&unknown=1", "GetObject"],
  ["GET", "/videos/a?partNumber=2", "GetObject"],
  ["GET", "/videos/a?versionId=null", "GetObject"],
  ["HEAD", "/videos/a", "HeadObject"],
  ["PUT", "/videos/a?x-id=PutObject", "PutObject"],
  ["PUT", "/videos/a", "CopyObject", COPY],
  ["DELETE", "/videos/a", "DeleteObject"],
  ["POST", "/videos/a?uploads", "CreateMultipartUpload"],
  ["PUT", "/videos/a?partNumber=1&uploadId=u", "UploadPart"],
  ["PUT", "/videos/a?uploadId=u&partNumber=1", "UploadPartCopy", COPY],
  ["GET", "/videos/a?uploadId=u", "ListParts"],
  ["POST", "/videos/a?uploadId=u", "CompleteMultipartUpload"],
  ["DELETE", "/videos/a?uploadId=u", "AbortMultipartUpload"],
  ["GET", "/videos?versioning", "GetBucketVersioning"],
  ["GET", "/videos?policy", "GetBucketPolicy"],
  ["GET", "/videos?acl", "GetBucketAcl"],
  ["GET", "/videos?object-lock", "GetObjectLockConfiguration"],
  ["GET", "/videos/a?tagging", "GetObjectTagging"],
];

for (const [method, target, operation, headers = {}] of OPERATIONS) {
  Deno.test(`operation: ${method} ${target}${headers === COPY ? " of a source" : ""} is ${operation}`, () => {
    assertEquals(resolve(method, target, { headers }).operation, operation);
  });
}

const REFUSALS: [method: string, target: string, code: string, status: number][] = [
  ["PUT", "/videos?acl", "NotImplemented", 501],
  ["PUT", "/videos/a?acl", "NotImplemented", 501],
  ["PUT", "/videos/a?tagging", "NotImplemented", 501],
  ["DELETE", "/videos?policy", "NotImplemented", 501],
  ["DELETE", "/videos/a?tagging", "NotImplemented", 501],
  ["GET", "/videos?analytics", "NotImplemented", 501],
  ["GET", "/videos?versions", "NotImplemented", 501],
  ["POST", "/videos/a?select&select-type=2", "NotImplemented", 501],
  ["POST", "/videos", "NotImplemented", 501],
  ["POST", "/", "MethodNotAllowed", 405],
  ["POST", "/videos/a", "MethodNotAllowed", 405],
  ["PATCH", "/videos/a", "MethodNotAllowed", 405],
  ["constructor", "/videos/a", "MethodNotAllowed", 405],
  ["PUT", "/videos/a?partNumber=1", "InvalidArgument", 400],
  ["PUT", "/videos/a?uploadId=u", "InvalidArgument", 400],
  ["GET", "/videos?list-type=3", "InvalidArgument", 400],
  ["GET", "/videos/a?versionId=7", "InvalidArgument", 400],
  ["GET", "/videos?prefix=%ff", "InvalidArgument", 400],
  ["GET", "/videos?prefix=%", "InvalidArgument", 400],
  ["GET", "/videos/%ff", "InvalidURI", 400],
  ["GET", "/videos/%c0%af", "InvalidURI", 400],
  ["GET", "/videos/%ed%a0%80", "InvalidURI", 400],
  ["GET", "/videos/%zz", "InvalidURI", 400],
  ["GET", "/videos/\ud800", "InvalidURI", 400],
  ["GET", "/videos/a#b", "InvalidURI", 400],
  ["GET", "videos", "InvalidURI", 400],
  ["OPTIONS", "*", "InvalidURI", 400],
  ["GET", "//a", "InvalidBucketName", 400],
  ["GET", "/../a", "InvalidBucketName", 400],
  ["GET", "/a%2Fb/c", "InvalidBucketName", 400],
  ["GET", "/ab/a", "InvalidBucketName", 400],
  ["PUT", "/Videos", "InvalidBucketName", 400],
  ["PUT", "/a_b_c", "InvalidBucketName", 400],
  ["PUT", "/a..b", "InvalidBucketName", 400],
  ["PUT", "/-abc", "InvalidBucketName", 400],
  ["PUT", "/127.0.0.1", "InvalidBucketName", 400],
  ["PUT", "/xn--abc", "InvalidBucketName", 400],
  ["PUT", `/${"a".repeat(64)}`, "InvalidBucketName", 400],
  ["GET", `/videos/${"a".repeat(1025)}`, "KeyTooLongError", 400],
  ["GET", `/videos/${"%C3%A4".repeat(513)}`, "KeyTooLongError", 400],
];

for (const [method, target, code, status] of REFUSALS) {
  Deno.test(`operation: ${method} ${target.slice(0, 40)} is ${code}`, () => {
    assertEquals(refusal(() => resolve(method, target)), [code, status]);
  });
}

const KEYS: [path: string, key: string][] = [
  ["a/../b", "a/../b"],
  ["../b", "../b"],
  ["./", "./"],
  ["/x", "/x"],
  ["/", "/"],
  ["a/", "a/"],
  ["a%2Fb", "a/b"],
  ["a%252Fb", "a%2Fb"],
  ["%00", "\0"],
  ["a+b%20c%2Bd", "a+b c+d"],
  ["%C3%A4%F0%9F%98%80", "\u00e4\u{1f600}"],
  ["\u00e4", "\u00e4"],
  ["%0D%0A", "\r\n"],
  ["a%3Fb%23c", "a?b#c"],
  ["a".repeat(1024), "a".repeat(1024)],
  ["%C3%A4".repeat(512), "\u00e4".repeat(512)],
];

for (const [path, key] of KEYS) {
  Deno.test(`keys: /videos/${path.slice(0, 24)} is that key, in each form of address`, () => {
    const forms = [
      resolve("GET", `/videos/${path}?x=1`),
      resolve("GET", `http://127.0.0.1:9000/videos/${path}`),
      resolve("GET", `http://videos.localhost:9000/${path}`, { host: "videos.localhost:9000" }),
    ];
    for (const form of forms) assertEquals([form.bucket, form.key], ["videos", key]);
  });
}

const HOSTS: [
  host: string,
  target: string,
  bucket: string,
  key: string,
  virtualHosts?: string[],
][] = [
  ["videos.localhost:9000", "/", "videos", ""],
  ["VIDEOS.Localhost.", "/a", "videos", "a"],
  ["a.b.localhost", "/c/d", "a.b", "c/d"],
  ["localhost:9000", "/videos/a", "videos", "a"],
  ["127.0.0.1:9000", "/videos/a", "videos", "a"],
  ["[::1]:9000", "/videos/a", "videos", "a"],
  ["videos.example.com", "/other/a", "other", "a"],
  ["videos.s3.example.com", "/a", "videos", "a", ["example.com", "s3.example.com"]],
  ["s3.example.com", "/other/a", "other", "a", ["example.com", "s3.example.com"]],
  ["videos.127.0.0.1", "/other/a", "other", "a", ["127.0.0.1"]],
];

for (const [host, target, bucket, key, virtualHosts = ["localhost"]] of HOSTS) {
  Deno.test(`hosts: ${target} at ${host} is '${bucket}', '${key}'`, () => {
    const found = resolve("GET", target, { host, virtualHosts });
    assertEquals([found.bucket, found.key], [bucket, key]);
  });
}

Deno.test("hosts: without a Host field the authority of the URL counts", () => {
  const headers = new Headers();
  const found = resolveOperation({ method: "GET", url: "http://videos.localhost/a", headers });
  assertEquals([found.bucket, found.key], ["videos", "a"]);
});

Deno.test("hosts: what stands before the server's name must be a bucket's", () => {
  assertEquals(refusal(() => resolve("GET", "/", { host: "x.localhost" })), [
    "InvalidBucketName",
    400,
  ]);
});

Deno.test("query: a plus is a space, and a second question mark belongs to it", () => {
  const { query } = resolve("GET", "/videos??prefix=a+b&delimiter=%2B");
  assertEquals([...query], [["?prefix", "a b"], ["delimiter", "+"]]);
});

/** Pieces of targets that mean something, and ones that should not. */
const piece = fc.oneof(
  fc.constantFrom(
    ..."/ // ? & = # % %2F %00 %ff + . .. : @ [ ] * videos http:// uploads".split(" "),
  ),
  fc.constantFrom("partNumber", "uploadId", "versionId", "list-type", "delete", "__proto__"),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.string({ unit: "grapheme", maxLength: 6 }),
);

Deno.test("operation: whatever the target, nothing but an S3Error is thrown", () => {
  const method = fc.oneof(
    fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE", "toString"),
    fc.string(),
  );
  const target = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
  const host = fc.constantFrom(
    "localhost",
    "videos.localhost",
    "127.0.0.1:9000",
    "..localhost",
    "",
  );
  fc.assert(
    fc.property(method, fc.tuple(fc.constantFrom("", "/", "/videos/"), target), host, (...args) => {
      const [method, [start, rest], host] = args;
      const request: OperationRequest = {
        method,
        url: start + rest,
        headers: new Headers({ host }),
      };
      try {
        resolveOperation(request);
      } catch (error) {
        if (!(error instanceof S3Error)) throw error;
      }
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("keys: any key comes back from its percent-encoded form", () => {
  const key = fc.string({ unit: "binary", minLength: 1, maxLength: 200 })
    .filter((text) => text.isWellFormed());
  fc.assert(fc.property(key, fc.boolean(), (key, keepSlashes) => {
    const encoded = encodeURIComponent(key);
    const path = keepSlashes ? encoded.replaceAll("%2F", "/") : encoded;
    assertEquals(resolve("PUT", `/videos/${path}`).key, key);
  }));
});
