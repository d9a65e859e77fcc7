// Tests what is said of stores that refuse, of what is no store, and of what is not there.

import { assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { InconclusiveError } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import { startPeer } from "../testing_peer.ts";
import { StoreClient } from "./store_client.ts";

const SECRET = "never-to-be-shown";
const signal = new AbortController().signal;

function clientFor(url: URL, key = true): StoreClient {
  const access: Access = {
    url,
    headers: {},
    insecure: false,
    store: {
      region: "us-east-1",
      ...(key && { credentials: { accessKeyId: "AKEXAMPLE", secretAccessKey: SECRET } }),
    },
  };
  return StoreClient.for(access, { clock: realClock, signal });
}

const xml = (code: string, message = "", more = "") =>
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  `<Error><Code>${code}</Code><Message>${message}</Message>${more}<RequestId>1</RequestId></Error>`;

interface Fake {
  answer: [status: number, headers: Record<string, string>, text: string];
  act: (client: StoreClient) => Promise<unknown>;
  key?: boolean;
  says: string;
}

const AMZ = { "x-amz-request-id": "1", "content-type": "application/xml" };
const HTML = { "content-type": "text/html; charset=utf-8" };
const list = (client: StoreClient) => client.list("b", "");
const head = (client: StoreClient) => client.head("b", "k");

const FAKES: Record<string, Fake> = {
  "an unknown key": {
    answer: [403, AMZ, xml("InvalidAccessKeyId", "The Access Key Id you provided does not exist")],
    act: list,
    says: "list bucket 'b': the store does not know the access key id: check AWS_ACCESS_KEY_ID " +
      "(or R2_ACCESS_KEY_ID), and that the key is one of this store (InvalidAccessKeyId)",
  },
  "a wrong secret": {
    answer: [
      403,
      AMZ,
      xml("SignatureDoesNotMatch", "no", `<StringToSign>${SECRET}</StringToSign>`),
    ],
    act: list,
    says:
      "list bucket 'b': the signature does not match: check the secret access key first, then " +
      "the region (signed for 'us-east-1') and whether something on the way changes path or Host " +
      "(SignatureDoesNotMatch)",
  },
  "AWS's word for a wrong region": {
    answer: [
      400,
      AMZ,
      xml(
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region 'us-east-1' is wrong; expecting " +
          "'eu-west-1'",
        "<Region>eu-west-1</Region>",
      ),
    ],
    act: list,
    says: "list bucket 'b': the request was for region 'us-east-1', expected 'eu-west-1': give " +
      "--region eu-west-1 (AuthorizationHeaderMalformed)",
  },
  "MinIO's word for a wrong region": {
    answer: [
      400,
      AMZ,
      xml(
        "AuthorizationHeaderMalformed",
        "The authorization header is malformed; the region is wrong; expecting 'eu-south-9'.",
      ),
    ],
    act: list,
    says: "list bucket 'b': the request was for region 'us-east-1', expected 'eu-south-9': give " +
      "--region eu-south-9 (AuthorizationHeaderMalformed)",
  },
  "R2's word for a wrong region": {
    answer: [
      400,
      { "content-type": "application/xml" },
      xml(
        "InvalidRegionName",
        "The region name 'us-east-1' is not valid. Must be one of: wnam, auto",
      ),
    ],
    act: list,
    says: "list bucket 'b': the store refuses region 'us-east-1': The region name 'us-east-1' is " +
      "not valid. Must be one of: wnam, auto (InvalidRegionName)",
  },
  "a bucket elsewhere": {
    answer: [
      301,
      { ...AMZ, "x-amz-bucket-region": "eu-west-2" },
      xml("PermanentRedirect", "no", "<Endpoint>b.s3.eu-west-2.amazonaws.com</Endpoint>"),
    ],
    act: list,
    says: "list bucket 'b': the bucket is in region 'eu-west-2', not 'us-east-1': give --region " +
      "eu-west-2 and that region's endpoint as --target (PermanentRedirect)",
  },
  "a bucket elsewhere, asked for with HEAD": {
    answer: [301, { ...AMZ, "x-amz-bucket-region": "eu-west-2" }, ""],
    act: head,
    says: "look at 'k' of bucket 'b': the bucket is in region 'eu-west-2', not 'us-east-1': give " +
      "--region eu-west-2 and that region's endpoint as --target (301)",
  },
  "a website that redirects": {
    answer: [307, { location: "https://store.example/login?token=1" }, ""],
    act: list,
    says: "list bucket 'b': the store redirects to https://store.example: give that as --target " +
      "(307)",
  },
  "no bucket": {
    answer: [404, AMZ, xml("NoSuchBucket", "The specified bucket does not exist")],
    act: list,
    says: "list bucket 'b': there is no bucket 'b': make it, or name another with --bucket " +
      "(NoSuchBucket)",
  },
  "no permission": {
    answer: [403, AMZ, xml("AccessDenied", "Access Denied")],
    act: (client) => client.remove("b", "k"),
    says: "delete 'k' of bucket 'b': access denied: the key needs the permission s3:DeleteObject " +
      "(AccessDenied)",
  },
  "no permission, asked for with HEAD": {
    answer: [403, AMZ, ""],
    act: head,
    says:
      "look at 'k' of bucket 'b': access denied: the key needs the permission s3:GetObject (403)",
  },
  "no key": {
    answer: [403, AMZ, xml("AccessDenied", "Access Denied")],
    act: (client) => client.createBucket("b"),
    key: false,
    says: "create bucket 'b': access denied, and the request was not signed: set " +
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (or R2_*), or name a profile with --profile " +
      "(AccessDenied)",
  },
  "a bucket of someone else": {
    answer: [409, AMZ, xml("BucketAlreadyExists", "taken")],
    act: (client) => client.createBucket("b"),
    says: "create bucket 'b': the bucket name 'b' is someone else's: name a bucket of yours with " +
      "--bucket (BucketAlreadyExists)",
  },
  "a bucket that is not empty": {
    answer: [409, AMZ, xml("BucketNotEmpty", "no")],
    act: (client) => client.deleteBucket("b"),
    says: "delete bucket 'b': bucket 'b' is not empty: remove its objects first (BucketNotEmpty)",
  },
  "a code that is not known, with the secret in its sentence": {
    answer: [400, AMZ, xml("Strange", `you sent ${SECRET}\n&lt;really&gt;.`)],
    act: list,
    says: "list bucket 'b': you sent *** <really> (Strange)",
  },
  "nginx's page": {
    answer: [404, HTML, "<html><head><title>404 Not Found</title></head></html>"],
    act: list,
    says: "list bucket 'b': it answers, but not as S3: received 404 with 'text/html', expected " +
      "S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "a website that answers everything with its page": {
    answer: [200, HTML, "<!doctype html><title>Console</title>"],
    act: (client) => client.createBucket("b"),
    says: "create bucket 'b': it answers, but not as S3: received 200 with 'text/html', expected " +
      "S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "a listing in JSON": {
    answer: [200, { "content-type": "application/json" }, "{}"],
    act: list,
    says: "list bucket 'b': it answers, but not as S3: received 200 with 'application/json', " +
      "expected S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
  "an error of entities": {
    answer: [
      400,
      AMZ,
      `<!DOCTYPE x [<!ENTITY a "${"b".repeat(100)}">]><Error><Code>&a;&a;</Code></Error>`,
    ],
    act: list,
    says: "list bucket 'b': it answers, but not as S3: received 400 with 'application/xml', " +
      "expected S3's XML; give the S3 endpoint as --target, not a console or a website",
  },
};

for (const [what, { answer: [status, headers, text], act, key, says }] of Object.entries(FAKES)) {
  Deno.test(`said in one line: ${what}`, async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) =>
        new Response(request.method === "HEAD" ? null : text, {
          status,
          headers: { ...headers, connection: "close" },
        }),
    );
    const url = new URL(`http://127.0.0.1:${server.addr.port}`);
    const error = await assertRejects(() => act(clientFor(url, key)), InconclusiveError);
    assertEquals(error.message, `Cannot ${says.replace(":", ` at ${url.origin}:`)}`);
    assertEquals(error.message.includes(SECRET), false);
  });
}

Deno.test("a clock that is wrong is said with how much it is wrong", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () =>
      new Response(xml("RequestTimeTooSkewed"), {
        status: 403,
        headers: { ...AMZ, date: new Date(1_000_000).toUTCString(), connection: "close" },
      }),
  );
  const url = new URL(`http://127.0.0.1:${server.addr.port}`);
  const at = (now: number) =>
    StoreClient.for(clientFor(url).access, {
      ...{ clock: realClock, signal, signingClock: { now: () => now } },
    });
  for (const [now, words] of [[3_000_000, "2000 s ahead of"], [0, "1000 s behind"]] as const) {
    const error = await assertRejects(() => at(now).list("b", ""), InconclusiveError);
    const why = `this machine's clock is ${words} the store's: set it right`;
    assertEquals(
      error.message,
      `Cannot list bucket 'b' at ${url.origin}: ${why} (RequestTimeTooSkewed)`,
    );
  }
});

Deno.test("what is not there, is not HTTP, is cut or says nothing is said as such", async () => {
  const message = async (act: () => Promise<unknown>) =>
    (await assertRejects(act, InconclusiveError)).message;
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = new URL(`http://127.0.0.1:${closed.addr.port}`);
  closed.close();
  assertEquals(
    await message(() => clientFor(url).list("b", "")),
    `Cannot connect to ${url.host}: the connection was refused, expected a server listening ` +
      "there; start the store, or check --target",
  );
  await using ssh = await startPeer({ answer: "SSH-2.0-OpenSSH_9.2\r\n" });
  const begin = (peer: { url: URL }) => `Cannot list bucket 'b' at ${peer.url.origin}:`;
  assertEquals(
    await message(() => clientFor(ssh.url).list("b", "")),
    `${begin(ssh)} it answers, but not with HTTP: expected the endpoint of an S3 API`,
  );
  await using half = await startPeer({ answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc" });
  const cut = message(() => clientFor(half.url).list("b", ""));
  const connection = await half.next();
  await connection.received("\r\n\r\n");
  connection.socket.resetAndDestroy();
  assertEquals(
    await cut,
    `${begin(half)} the connection was cut before the answer was complete`,
  );
  await using silent = await startPeer();
  const request = { method: "GET", bucket: "b" };
  assertEquals(
    await message(() => clientFor(silent.url).call(request, { limitMs: 50 })),
    `${begin(silent)} no progress for 0.05 s`,
  );
});

Deno.test("an Authorization header of the user's is refused beside a key", () => {
  const url = new URL("http://127.0.0.1:1");
  const access = { ...clientFor(url).access, headers: { authorization: "Basic x" } };
  let message = "";
  try {
    StoreClient.for(access, { clock: realClock, signal });
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(
    message,
    "--header: received 'authorization', expected none beside a key: it signs every request",
  );
});
