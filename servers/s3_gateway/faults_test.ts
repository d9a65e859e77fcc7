// Backends that fail, stall or talk something else.

import { assert, assertEquals } from "@std/assert";
import {
  CompleteMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetBucketAclCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { ask, headOf, readAnswer, writeAll } from "../../tests/store_raw.ts";
import { ManualClock } from "../../lab/clock.ts";
import { refusal } from "../object_store/testing_sdk.ts";
import { until } from "../object_store/testing_store.ts";
import type { GatewayConfig } from "./config.ts";
import { type GatewayFailure, UnreachableError } from "./outbound.ts";
import { RawBackend, writeText } from "./testing_backend.ts";
import { BUCKET, CLIENT_KEY as key, configFor, TestingGateway } from "./testing_gateway.ts";

const at = { Bucket: BUCKET, Key: "k" };
const page = "<!doctype html><html><body>Sign in</body></html>";
const answer = (status: string, body: string, type = "text/html") =>
  `HTTP/1.1 ${status}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;

/** What each kind of operation comes to before a backend that answers so. */
async function outcomes(
  serve: ConstructorParameters<typeof RawBackend>[0],
  limits: GatewayConfig["limits"] = {},
): Promise<string[]> {
  await using backend = new RawBackend(serve);
  await using gateway = await TestingGateway.start(configFor(backend.url, { limits }));
  const s3 = gateway.client();
  const found = [
    // Half of an object has a head.
    await s3.send(new GetObjectCommand(at)).then(({ Body }) => Body?.transformToString())
      .then(() => "200", (error) => `${error.$metadata?.httpStatusCode} ${error.name}`),
    await refusal(s3.send(new PutObjectCommand({ ...at, Body: "hello" }))),
    await refusal(s3.send(new ListObjectsV2Command({ Bucket: BUCKET }))),
    await refusal(
      s3.send(new DeleteObjectsCommand({ Bucket: BUCKET, Delete: { Objects: [{ Key: "k" }] } })),
    ),
    await refusal(
      s3.send(
        new CompleteMultipartUploadCommand({
          ...at,
          UploadId: "u",
          MultipartUpload: { Parts: [{ PartNumber: 1, ETag: "e" }] },
        }),
      ),
    ),
  ];
  await until(() => gateway.server.stats().upstreams === 0);
  assertEquals(gateway.server.stats().bufferedBytes, 0);
  assertEquals(gateway.errors, []);
  return found;
}

const all = (one: string) => Array.from({ length: 5 }, () => one);

Deno.test("an answer without content is what its status says, whatever it calls its type", async () => {
  const empty = (status: string, fields: string) =>
    `HTTP/1.1 ${status}\r\ncontent-type: text/html\r\n${fields}connection: close\r\n\r\n`;
  await using backend = new RawBackend(async (one) => {
    const isDelete = (await one.head)?.startsWith("DELETE ");
    const stored = empty(
      "200 OK",
      'etag: "5d41402abc4b2a76b9719d911017c592"\r\ncontent-length: 0\r\n',
    );
    await writeText(one, isDelete ? empty("204 No Content", "") : stored);
  });
  await using gateway = await TestingGateway.start(configFor(backend.url, {}));
  const s3 = gateway.client();
  const stored = await s3.send(new PutObjectCommand({ ...at, Body: "hello" }));
  const removed = await s3.send(new DeleteObjectCommand(at));
  assertEquals([stored, removed].map((one) => one.$metadata.httpStatusCode), [200, 204]);
});

Deno.test("web pages in the place of answers are 502", async () => {
  const found = await outcomes((one) => writeText(one, answer("200 OK", page)));
  assertEquals(found, all("502 BadGateway"));
  for (const status of ["403 Forbidden", "404 Not Found", "500 No", "302 Found"]) {
    assertEquals(
      await outcomes((one) => writeText(one, answer(status, page))),
      all("502 BadGateway"),
    );
  }
  for (
    const [status, code] of [["503 Busy", "ServiceUnavailable"], ["504 Late", "GatewayTimeout"]]
  ) {
    const seen = await outcomes((one) => writeText(one, answer(status ?? "", page)));
    assertEquals(seen, all(`${status?.slice(0, 3)} ${code}`));
  }
});

Deno.test("a web page that is stored is an object like any other", async () => {
  const stored = answer("200 OK", page).replace("content-type", 'etag: "e"\r\ncontent-type');
  await using backend = new RawBackend((one) => writeText(one, stored));
  await using gateway = await TestingGateway.start(configFor(backend.url));
  const { Body } = await gateway.client().send(new GetObjectCommand(at));
  assertEquals(await Body?.transformToString(), page);
});

Deno.test("an object that has not changed needs no ETag to say so", async () => {
  const head = "HTTP/1.1 304 Same\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n";
  await using backend = new RawBackend((one) => writeText(one, head));
  await using gateway = await TestingGateway.start(configFor(backend.url));
  for (const method of ["GET", "HEAD"]) {
    const answered = await ask(gateway.port, { method, target: `/${BUCKET}/k`, key });
    assertEquals(answered.status, 304);
  }
});

Deno.test("the head of a web page in the place of an object's is 502", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n";
  await using backend = new RawBackend((one) => writeText(one, head));
  await using gateway = await TestingGateway.start(configFor(backend.url));
  const answered = await ask(gateway.port, { method: "HEAD", target: `/${BUCKET}/k`, key });
  assertEquals(answered.status, 502);
});

Deno.test("a backend that sends its requests elsewhere is 502, and nobody is asked there", async () => {
  await using elsewhere = new RawBackend(() => {});
  const document = "<Error><Code>PermanentRedirect</Code><Message>m</Message></Error>";
  for (const status of ["301 Moved", "307 Moved"]) {
    const type = `application/xml\r\nlocation: ${elsewhere.url}/other/k`;
    const found = await outcomes((one) => writeText(one, answer(status, document, type)));
    assertEquals(found, all("502 BadGateway"));
  }
  assertEquals(elsewhere.connections.length, 0);
});

Deno.test("answers that are no HTTP, or break off, are 502", async () => {
  for (const text of ["hello\r\n\r\n", "HTTP/1.1 200 OK\r\nconte", "HTTP/1.1 99 Odd\r\n\r\n"]) {
    const found = await outcomes(async (one) => {
      await writeText(one, text);
      one.connection.close();
    });
    assertEquals(found, all("502 BadGateway"), text);
  }
  const half = `<?xml version="1.0"?><ListBucketResult><Name>`;
  const found = await outcomes(async (one) => {
    await writeText(
      one,
      answer("200 OK", half, "application/xml").replace(/length: \d+/, "length: 999"),
    );
    one.connection.close();
  });
  assertEquals(found[2], "502 BadGateway");
});

Deno.test("nobody at a backend's address is 503, a backend that says nothing 504", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${nobody.addr.port}`;
  nobody.close();
  const failures: GatewayFailure[] = [];
  const onFailure = (failure: GatewayFailure) => void failures.push(failure);
  await using gateway = await TestingGateway.start(configFor(url), { onFailure });
  const s3 = gateway.client();
  const put = new PutObjectCommand({ ...at, Key: "a\nb", Body: "x" });
  assertEquals(await refusal(s3.send(put)), "503 ServiceUnavailable");
  // Of a client's own mistakes, and of what is not there, its operator is told nothing.
  await refusal(s3.send(new HeadBucketCommand({ Bucket: "none" })));
  await refusal(s3.send(new GetBucketAclCommand({ Bucket: at.Bucket })));
  const [{ requestId, cause, ...failure } = {}, ...more] = failures;
  assertEquals([failure, more], [{
    asked: `PUT /${at.Bucket}/a%0Ab`,
    status: 503,
    code: "ServiceUnavailable",
    message: "The store behind this gateway cannot be reached; the request may be tried again.",
  }, []]);
  assertEquals([requestId?.length, cause instanceof UnreachableError], [12, true]);
  assertEquals(await outcomes(() => {}, { silenceMs: 100 }), all("504 GatewayTimeout"));
});

Deno.test("a backend's refusal of the gateway's own signature is told without what it says", async () => {
  const secret = "AKTESTING-or-a-session-token";
  const document = (code: string) =>
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>m ${
      code === "AccessDenied" ? "" : secret
    }</Message>` +
    `<AWSAccessKeyId>${secret}</AWSAccessKeyId><StringToSign>${secret}</StringToSign></Error>`;
  for (
    const [code, expected] of [
      ["AccessDenied", "403 AccessDenied"],
      ["SignatureDoesNotMatch", "502 BadGateway"],
      ["InvalidAccessKeyId", "502 BadGateway"],
      ["ExpiredToken", "503 ServiceUnavailable"],
    ] as const
  ) {
    await using backend = new RawBackend((one) =>
      writeText(one, answer("403 Forbidden", document(code), "application/xml"))
    );
    await using gateway = await TestingGateway.start(configFor(backend.url));
    const { head } = headOf({ method: "GET", target: `/${BUCKET}/k`, key });
    using connection = await Deno.connect({ hostname: "127.0.0.1", port: gateway.port });
    await writeAll(connection, head);
    const got = await readAnswer(connection);
    assertEquals(`${got.status} ${got.code}`, expected);
    assert(!(got.head + new TextDecoder().decode(got.body)).includes(secret));
  }
});

Deno.test("an error inside of a 200, as a long completion may end, is an error", async () => {
  const error = "<Error><Code>InternalError</Code><Message>again</Message></Error>";
  const found = await outcomes((one) =>
    writeText(one, answer("200 OK", `  ${error}`, "application/xml"))
  );
  assertEquals(found.slice(2), all("500 InternalError").slice(2));
});

Deno.test("a store that is long in answering, and shows that it is there, is waited for", async () => {
  const root = "<CompleteMultipartUploadResult><Key>k</Key></CompleteMultipartUploadResult>";
  const head = `HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n`;
  const clock = new ManualClock(0);
  await using backend = new RawBackend(async (one) => {
    await writeText(one, head);
    // As S3 does while it puts an object together, which may take minutes.
    for (let n = 0; n < 4; n++) {
      const before = held();
      await writeText(one, " ");
      await until(() => isOver || held() === before + 1);
      await clock.advance(40_000);
    }
    await writeText(one, root);
    one.connection.close();
  });
  let isOver = false;
  const held = () => gateway.server.stats().bufferedBytes;
  await using gateway = await TestingGateway.start(configFor(backend.url), {
    clock,
    wallClock: { now: () => Date.now() },
  });
  const done = await gateway.client().send(
    new CompleteMultipartUploadCommand({
      ...at,
      UploadId: "u",
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: "e" }] },
    }),
  ).finally(() => isOver = true);
  assertEquals([done.Key, held()], ["k", 0]);
});

Deno.test("a refusal says when to try again, where the store does, and not who the gateway is to it", async () => {
  const arn = "arn:aws:sts::123456789012:assumed-role/writer/s3-gateway";
  const refusals = [
    ["503 Busy", "SlowDown", "Please wait", "503 SlowDown"],
    ["403 No", "AccessDenied", `User: ${arn} may not s3:GetObject`, "403 AccessDenied"],
  ] as const;
  for (const [status, code, message, expected] of refusals) {
    const document = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
    const text = answer(status, document, "application/xml\r\nretry-after: 7");
    await using backend = new RawBackend((one) => writeText(one, text));
    await using gateway = await TestingGateway.start(configFor(backend.url));
    const got = await ask(gateway.port, { method: "GET", target: `/${BUCKET}/k`, key });
    assertEquals(`${got.status} ${got.code}`, expected);
    assertEquals(/retry-after: (\d+)/.exec(got.head)?.[1], "7");
    assert(!new TextDecoder().decode(got.body).includes("arn:"));
  }
});

Deno.test("a GET that stops in the middle is cut for the client too", async () => {
  await using backend = new RawBackend((one) =>
    writeText(one, 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\netag: "e"\r\n\r\nbegun')
  );
  const limits = { silenceMs: 1_000 };
  await using gateway = await TestingGateway.start(configFor(backend.url, { limits }));
  const { Body } = await gateway.client().send(new GetObjectCommand(at));
  const failed = await Body?.transformToString().then(() => false, () => true);
  assertEquals(failed, true);
  await until(() => gateway.server.stats().upstreams === 0);
});

Deno.test("a HEAD is refused by its status alone", async () => {
  await using backend = new RawBackend((one) =>
    writeText(
      one,
      "HTTP/1.1 404 Not Found\r\ncontent-type: application/xml\r\ncontent-length: 0\r\n\r\n",
    )
  );
  await using gateway = await TestingGateway.start(configFor(backend.url));
  assertEquals(
    await refusal(gateway.client().send(new HeadObjectCommand(at))),
    "404 NotFound",
  );
});
