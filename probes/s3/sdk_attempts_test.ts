// The SDK's attempts as they are written down: retries, refusals, broken connections, and what is under way.

import { assert, assertEquals } from "@std/assert";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { realClock } from "../../lab/clock.ts";
import type { Access } from "../../lab/scenario.ts";
import { listen } from "../../servers/listen.ts";
import { type SdkAttempt, sdkWriter, type SdkWriterOptions } from "./sdk_attempts.ts";

const CREATED =
  "<InitiateMultipartUploadResult><UploadId>up</UploadId></InitiateMultipartUploadResult>";
const FAILED = "<Error><Code>InternalError</Code><Message>m</Message></Error>";

const accessTo = (url: string): Access => ({
  ...{ url: new URL(url), headers: { "x-of-the-target": "yes" }, insecure: false },
  store: { region: "auto", credentials: { accessKeyId: "AK", secretAccessKey: "secret-of-tests" } },
});

async function attemptsOf(
  fetch: (request: Request) => Response | Promise<Response>,
  use: (client: Awaited<ReturnType<typeof sdkWriter>>) => Promise<unknown>,
  more: Partial<SdkWriterOptions> = {},
): Promise<SdkAttempt[]> {
  await using server = await listen({ fetch }, { onError: () => {} });
  const attempts: SdkAttempt[] = [];
  const client = await sdkWriter(accessTo(server.url), {
    ...{ clock: realClock, inFlightBytes: 1 << 20, stuck: new AbortController().signal },
    onAttempt: (attempt) => void attempts.push(attempt),
    ...more,
  });
  await use(client).catch(() => {});
  client.destroy();
  return attempts;
}

const at = { Bucket: "b", Key: "k" };
const shown = (attempts: SdkAttempt[]) =>
  attempts.map(({ operation, attempt, end, status, why }) =>
    [operation, attempt, end, status, why].join(" ")
  );

Deno.test("each attempt is told, with the answer's code, and the upload that came of it", async () => {
  let asked = 0;
  const uploads: string[] = [];
  const own: (string | null)[] = [];
  const attempts = await attemptsOf(
    ({ headers }) => {
      own.push(headers.get("x-of-the-target"));
      return ++asked === 1 ? new Response(FAILED, { status: 500 }) : new Response(CREATED);
    },
    (client) => client.send(new CreateMultipartUploadCommand(at)),
    { onUploadId: (key, uploadId) => void uploads.push(`${key} ${uploadId}`) },
  );
  assertEquals(shown(attempts), [
    "CreateMultipartUpload 1 answered 500 InternalError",
    "CreateMultipartUpload 2 answered 200 ",
  ]);
  assertEquals([uploads, own], [["k up"], ["yes", "yes"]]);
  assert(attempts.every(({ sentAtMs, endedAtMs, key }) => endedAtMs >= sentAtMs && key === "k"));
});

Deno.test("an upload that is begun without an id is told once, and nothing comes of it", async () => {
  const uploads: string[] = [];
  let failed: unknown;
  const attempts = await attemptsOf(
    () => new Response("<html>hello</html>"),
    (client) =>
      client.send(new CreateMultipartUploadCommand(at)).catch((error) => void (failed = error)),
    { onUploadId: (key, uploadId) => void uploads.push(`${key} ${uploadId}`) },
  );
  assertEquals(shown(attempts), ["CreateMultipartUpload 1 answered 200 without an upload's id"]);
  assertEquals(uploads, []);
  assert(failed instanceof Error);
});

Deno.test("a connection that nobody takes is broken, an attempt that is given up stalled", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = nobody.addr.port;
  nobody.close();
  const attempts: SdkAttempt[] = [];
  const client = await sdkWriter(accessTo(`http://127.0.0.1:${port}`), {
    ...{ clock: realClock, inFlightBytes: 1, onAttempt: (one) => void attempts.push(one) },
    stuck: new AbortController().signal,
  });
  await client.send(new PutObjectCommand({ ...at, Body: "x" })).catch(() => {});
  client.destroy();
  assertEquals(attempts[0]?.end, "broken");
  assertEquals(attempts[0]?.why, "ECONNREFUSED");
  const given = new AbortController();
  const open = Promise.withResolvers<void>();
  const stuck = await attemptsOf(
    async ({ signal }) => {
      open.resolve();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      return new Response();
    },
    async (client) => {
      const sent = client.send(new PutObjectCommand({ ...at, Body: "x" }));
      await open.promise;
      given.abort();
      await sent;
    },
    { stuck: given.signal },
  );
  assertEquals(shown(stuck).map((one) => one.split(" ").slice(0, 3).join(" ")), [
    "PutObject 1 stalled",
  ]);
});

Deno.test("of all parts no more are under way than was said, and each is sent as it is", async () => {
  let open = 0;
  let most = 0;
  const hashes = new Set<string | null>();
  const attempts = await attemptsOf(
    async (request) => {
      hashes.add(request.headers.get("x-amz-content-sha256"));
      most = Math.max(most, ++open);
      await request.arrayBuffer();
      open--;
      return new Response(null, { headers: { etag: '"e"' } });
    },
    (client) =>
      Promise.all([1, 2, 3, 4, 5].map((PartNumber) => {
        const Body = new Uint8Array(40_000);
        return client.send(new UploadPartCommand({ ...at, UploadId: "up", PartNumber, Body }));
      })),
    { inFlightBytes: 80_000 },
  );
  assertEquals(attempts.length, 5);
  assert(most <= 2, `${most} at once`);
  assertEquals([...hashes], ["UNSIGNED-PAYLOAD"]);
});

Deno.test("an upload that is completed or aborted is told, and nothing is sent once all is to end", async () => {
  const ended: string[] = [];
  const begun: string[] = [];
  const ending = new AbortController();
  const under = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  let asked = 0;
  const attempts = await attemptsOf(
    async ({ method }) => {
      if (method === "DELETE") return new Response(null, { status: 204 });
      if (++asked === 1) return new Response("<CompleteMultipartUploadResult/>");
      under.resolve();
      await answer.promise;
      return new Response(CREATED);
    },
    async (client) => {
      await client.send(new CompleteMultipartUploadCommand({ ...at, UploadId: "completed" }));
      await client.send(new AbortMultipartUploadCommand({ ...at, UploadId: "aborted" }));
      const sent = client.send(new CreateMultipartUploadCommand(at));
      await under.promise;
      ending.abort();
      await client.send(new CreateMultipartUploadCommand(at)).catch(() => {});
      answer.resolve();
      await sent;
    },
    {
      ending: ending.signal,
      onBegin: ({ operation, key }) => void begun.push(`${operation} ${key}`),
      onUploadEnd: (uploadId) => void ended.push(uploadId),
    },
  );
  assertEquals(ended, ["completed", "aborted"]);
  assertEquals(shown(attempts), [
    "CompleteMultipartUpload 1 answered 200 ",
    "AbortMultipartUpload 1 answered 204 ",
    "CreateMultipartUpload 1 answered 200 ",
  ]);
  assertEquals(begun[2], "CreateMultipartUpload k");
});
