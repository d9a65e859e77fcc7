// The client of a backend's log: what it reads, waits for, and says of what is none.

import { assertEquals, assertRejects } from "@std/assert";
import { BACKEND_LOG_SCHEMA, type BackendLog, type BackendRequest } from "../lab/backend_log.ts";
import { realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { listen } from "../servers/listen.ts";
import { BackendLogClient } from "./backend_log.ts";

const request: BackendRequest = {
  ...{ connection: 1, method: "PUT", path: "/b/k", framing: "chunked", contentLength: null },
  ...{ fields: {}, signedFields: [], bodyBytes: 5, sha256: null, ended: null },
};

const clientOf = (url: string) =>
  new BackendLogClient({
    ...{ url: new URL(url), clock: realClock, signal: new AbortController().signal },
  });

Deno.test("it waits until the requests are as wanted, or the time is over", async () => {
  let asked = 0;
  const urls: string[] = [];
  await using server = await listen({
    fetch({ url, method }) {
      asked++;
      urls.push(`${method} ${new URL(url).search}`);
      const requests = asked < 3 ? [] : [request];
      const log: BackendLog = { schema: BACKEND_LOG_SCHEMA, requests, stalled: false };
      return Response.json(log);
    },
  });
  const client = clientOf(server.url);
  const found = await client.waitFor("k 1", (all) => all.length > 0, 10_000);
  assertEquals([found.length, asked], [1, 3]);
  assertEquals(urls[0], "GET ?contains=k+1");
  assertEquals((await client.waitFor("k", () => false, 0)).length, 1);
  await client.stall(true);
  assertEquals(urls.at(-1), "PUT ?stalled=true");
});

Deno.test("what is no such log is named, with the flag", async () => {
  await using server = await listen({ fetch: () => Response.json({ schema: "other" }) });
  await assertRejects(() => clientOf(server.url).read("k"), InconclusiveError, "--backend-log");
});
