// The log of a tap: what it tells, what it keeps to itself, and how the backend is stopped.

import { assert, assertEquals } from "@std/assert";
import { backendLogSchema } from "../../lab/backend_log.ts";
import { listen } from "../listen.ts";
import { until } from "../object_store/testing_store.ts";
import { STATS_PATH } from "../server.ts";
import { createTapLog } from "./log_server.ts";
import { StallableServer } from "./stallable.ts";
import { startTap } from "./tap.ts";
import { TappedRequests } from "./tapped_requests.ts";

const SECRET = "AKSECRET-token-signature";

/** A backend that can be stopped, a tap in front of it, and its log. */
async function start() {
  const scope = new AsyncDisposableStack();
  const bodies: string[] = [];
  const stallable = new StallableServer({
    async fetch(request) {
      bodies.push(await request.text());
      return new Response("done");
    },
  });
  const backend = scope.use(await listen(stallable));
  const tap = scope.use(await startTap({ backend: backend.url, digest: true }));
  const server = createTapLog(tap, stallable);
  const ask = async (path: string, method = "GET") =>
    await server.fetch(new Request(`http://log.test${path}`, { method }));
  const read = async (path = "/") => backendLogSchema.parse(await (await ask(path)).json());
  return { scope, tap, stallable, ask, read, bodies, server };
}

Deno.test("a request is told as it came: framing, fields, hash; and nothing that is secret", async () => {
  const { scope, tap, ask, read, server } = await start();
  await using _ = scope;
  const signed =
    `AWS4-HMAC-SHA256 Credential=${SECRET}/x, SignedHeaders=host;x-amz-date, Signature=${SECRET}`;
  const answer = await fetch(
    `${tap.url}/b/k?partNumber=1&X-Amz-Signature=${SECRET}&X-Amz-Security-Token=${SECRET}`,
    {
      method: "PUT",
      body: "hello",
      headers: {
        authorization: signed,
        cookie: SECRET,
        "x-amz-security-token": SECRET,
        "x-amz-server-side-encryption-customer-key": SECRET,
        "x-amz-checksum-crc32": "NhCmhg==",
      },
    },
  );
  assertEquals(await answer.text(), "done");
  await (await fetch(`${tap.url}/other`)).text();
  const { requests, stalled } = await read("/?contains=partNumber");
  assertEquals([requests.length, stalled], [1, false]);
  const [one] = requests;
  assertEquals([one?.method, one?.path], ["PUT", "/b/k?partNumber=1"]);
  assertEquals([one?.framing, one?.contentLength], ["content-length", 5]);
  assertEquals([one?.bodyBytes, one?.ended], [5, "complete"]);
  assertEquals(one?.sha256?.slice(0, 8), "2cf24dba");
  assertEquals(one?.fields["x-amz-checksum-crc32"], "NhCmhg==");
  assertEquals(one?.signedFields, ["host", "x-amz-date"]);
  assert(!(await (await ask("/")).text()).includes(SECRET));
  assertEquals((await read()).requests.length, 2);
  assertEquals((await (await ask(STATS_PATH)).json()).seen, 2);
  assertEquals((await ask("/", "DELETE")).status, 200);
  assertEquals((await read()).requests, []);
  await server.close();
});

const QUERIES: [sent: string, shown: string][] = [
  ["?uploads=", "?uploads="],
  ["?list-type=2&prefix=a%2Fb&max-keys=3", "?list-type=2&prefix=a%2Fb&max-keys=3"],
  [`?X-Amz-Signature=${SECRET}&X-Amz-Date=1&delete`, "?delete"],
  [`?x%2Damz-signature=${SECRET}`, ""],
  [`?X-Amz-Sign%61ture=${SECRET}&uploads`, "?uploads"],
  [`?AWSAccessKeyId=${SECRET}&Signature=${SECRET}&Expires=1`, ""],
  [`?token=${SECRET}&versionId=7`, "?token=...&versionId=7"],
  [`?${SECRET}${"a".repeat(40)}`, ""],
  [`?=${SECRET}&&?b=${SECRET}`, ""],
];

Deno.test("a query is told as far as it names what is asked for, and no value of another parameter", async () => {
  for (const [sent, shown] of QUERIES) {
    const requests = new TappedRequests();
    const head = `GET /b/k${sent} HTTP/1.1\r\nHost: a\r\n\r\n`;
    requests.open().push(new TextEncoder().encode(head));
    const log = createTapLog({ requests: requests.all, clear: () => {} });
    assertEquals(log.stats().seen, 1, sent);
    const { requests: [one] } = await (await log.fetch(new Request("http://log.test/"))).json();
    assertEquals(one.path, `/b/k${shown}`);
  }
});

Deno.test("a backend that is stopped answers nobody; who waited then gets 503, later ones an answer", async () => {
  const { scope, tap, stallable, ask, bodies } = await start();
  await using _ = scope;
  assertEquals((await ask("/?stalled=true", "PUT")).status, 200);
  assertEquals(stallable.stalled, true);
  const waiting = fetch(`${tap.url}/a`, { method: "PUT", body: "stuck" });
  const leaving = new AbortController();
  const left = fetch(`${tap.url}/b`, { method: "PUT", body: "left", signal: leaving.signal });
  await until(() => stallable.waiting === 2);
  leaving.abort();
  await left.catch(() => {});
  await until(() => stallable.waiting === 1);
  await ask("/?stalled=false", "PUT");
  const answer = await waiting;
  await answer.body?.cancel();
  assertEquals([answer.status, bodies], [503, []]);
  assertEquals(await (await fetch(`${tap.url}/c`, { method: "PUT", body: "on" })).text(), "done");
  assertEquals(bodies, ["on"]);
});

Deno.test("what cannot be done is refused", async () => {
  const { scope, tap, ask } = await start();
  await using _ = scope;
  const statuses = [
    (await ask("/nothing")).status,
    (await ask("/", "POST")).status,
    (await ask("/?stalled=perhaps", "PUT")).status,
  ];
  assertEquals(statuses, [404, 405, 400]);
  const put = new Request("http://log.test/?stalled=true", { method: "PUT" });
  const alone = createTapLog(tap);
  assertEquals((await alone.fetch(put)).status, 400);
  assertEquals((await alone.fetch(new Request("http://log.test/"))).status, 200);
});
