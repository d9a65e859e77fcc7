// Tests of the slow origin called in memory, on a clock that is moved by hand.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { ConnectionEnd, Server } from "../server.ts";
import { createSlowOrigin, type SlowOriginOptions } from "./slow_origin.ts";

function setUp(options: Partial<SlowOriginOptions> = {}) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const origin = createSlowOrigin({ delayMs: 0, clock, ...options });
  return { clock, origin };
}

async function ask(origin: Server, target: string, init?: RequestInit): Promise<Response> {
  return await origin.fetch(new Request(`http://origin.test${target}`, init));
}

/** Asks, moves the clock on by `ms`, and gives the answer. */
async function askFor(ms: number, origin: Server, clock: ManualClock, target: string) {
  const response = ask(origin, target);
  await clock.advance(ms);
  return await response;
}

async function outcomes(origin: Server, path: string): Promise<string[]> {
  const log = await (await ask(origin, `/_edge-repro/log?path=${path}`)).json();
  return log.requests.map(({ outcome }: { outcome: string }) => outcome);
}

Deno.test("slow origin: the head comes after the delay, or after x-set-sleep, and not before", async () => {
  const { clock, origin } = setUp({ delayMs: 5_000 });
  const order: string[] = [];
  const usual = ask(origin, "/usual").then(() => order.push(`usual ${clock.now() % 10_000}`));
  const quick = ask(origin, "/quick", { headers: { "x-set-sleep": "0.25" } })
    .then(() => order.push(`quick ${clock.now() % 10_000}`));
  await clock.advance(249);
  assertEquals(order, []);
  assertEquals(origin.stats().waiting, 2);
  await clock.advance(5_000);
  await Promise.all([usual, quick]);
  assertEquals(order, ["quick 250", "usual 5000"]);
  assertEquals(origin.stats().waiting, 0);
});

Deno.test("slow origin: an answer names its path and request, in its body and in a header", async () => {
  const { clock, origin } = setUp();
  await (await askFor(0, origin, clock, "/x")).text();
  const second = await askFor(0, origin, clock, "/x?other=1");
  assertEquals(second.headers.get("x-origin-request"), "2");
  assertEquals(second.headers.get("date"), "Thu, 01 Jan 2026 00:00:00 GMT");
  assertEquals(second.headers.get("cache-control"), "max-age=60");
  assertEquals(await second.text(), "slow-origin /x request 2\n");
  assertEquals((await askFor(0, origin, clock, "/y")).headers.get("x-origin-request"), "1");
});

Deno.test("slow origin: size, status and the cache's headers are as asked", async () => {
  const { clock, origin } = setUp();
  const query = "size=200000&status=404&cache-control=&vary=accept&etag=%22a%22";
  const response = await askFor(0, origin, clock, `/x?${query}`);
  assertEquals(response.status, 404);
  assertEquals(response.headers.get("content-length"), "200000");
  assertEquals(response.headers.get("cache-control"), null);
  assertEquals(response.headers.get("vary"), "accept");
  assertEquals(response.headers.get("etag"), '"a"');
  const text = await response.text();
  assertEquals(text.length, 200_000);
  assert(text.startsWith("slow-origin /x request 1\nslow-origin /x request 1\n"));
});

Deno.test("slow origin: an answer that varies is another one for each value of the header", async () => {
  const { clock, origin } = setUp();
  const get = async (language: string) => {
    const headers = { "accept-language": language, "x-set-vary": "Accept-Language" };
    const response = ask(origin, "/x?size=100", { headers });
    await clock.advance(0);
    return await (await response).text();
  };
  const line = "slow-origin /x request 1 accept-language=de\n";
  assertEquals(await get("de"), line.repeat(3).slice(0, 100));
  assert((await get("fr")).startsWith("slow-origin /x request 2 accept-language=fr\nslow-origin"));
});

Deno.test("slow origin: a condition that holds gets 304 without a body, a range 206, a bad one 416", async () => {
  const { clock, origin } = setUp();
  const get = async (target: string, headers: Record<string, string>) => {
    const response = ask(origin, target, { headers });
    await clock.advance(0);
    return await response;
  };
  const same = await get("/x?etag=%22a%22", { "if-none-match": '"a"' });
  assertEquals([same.status, same.body, same.headers.get("etag")], [304, null, '"a"']);
  const part = await get("/x?size=100", { range: "bytes=5-10" });
  assertEquals([part.status, part.headers.get("content-range")], [206, "bytes 5-10/100"]);
  assertEquals(await part.text(), "origin");
  const beyond = await get("/x?size=100", { range: "bytes=100-" });
  assertEquals([beyond.status, beyond.headers.get("content-range")], [416, "bytes */100"]);
});

Deno.test("slow origin: HEAD has the headers of GET, POST is read and answered, others get 405", async () => {
  const { clock, origin } = setUp();
  const send = async (method: string, body?: string) => {
    const response = ask(origin, "/x?size=50", { method, ...(body !== undefined && { body }) });
    await clock.advance(0);
    return await response;
  };
  const head = await send("HEAD");
  assertEquals([head.headers.get("content-length"), head.body], ["50", null]);
  assertEquals((await (await send("POST", "anything")).text()).length, 50);
  const refused = await send("DELETE");
  assertEquals([refused.status, refused.headers.get("allow")], [405, "GET, HEAD, POST, PUT"]);
  assertEquals(await outcomes(origin, "/x"), ["answered", "answered", "answered"]);
});

Deno.test("slow origin: a bad control gets 400 with one line, at once, and is logged", async () => {
  const { origin } = setUp({ delayMs: 5_000 });
  const response = await ask(origin, "/x?status=999");
  assertEquals(response.status, 400);
  assertEquals(
    await response.text(),
    "Cannot use status: received '999', expected a whole number from 200 to 599\n",
  );
  assertEquals(await outcomes(origin, "/x"), ["answered"]);
});

Deno.test("slow origin: a client that leaves during the delay is logged, and its timer is gone", async () => {
  const { clock, origin } = setUp({ delayMs: 5_000 });
  for (const target of ["/x", "/x?fault=hang", "/x?sleep=1"]) {
    const leaving = new AbortController();
    const response = ask(origin, target, { signal: leaving.signal });
    await clock.advance(10);
    assertEquals([origin.stats().waiting, origin.stats().open], [1, 1]);
    leaving.abort();
    await response;
    assertEquals([origin.stats().waiting, origin.stats().open, clock.pending], [0, 0, 0]);
  }
  assertEquals(await outcomes(origin, "/x"), ["aborted", "aborted", "aborted"]);
});

Deno.test("slow origin: a trickled body comes in its chunks, one a pause", async () => {
  const { clock, origin } = setUp();
  const response = await askFor(0, origin, clock, "/x?size=10&pace=2&chunks=4&framing=chunked");
  assertEquals(response.headers.get("content-length"), null);
  const start = clock.now();
  const seen: [number, number][] = [];
  const reading = (async () => {
    for await (const chunk of response.body ?? []) seen.push([clock.now() - start, chunk.length]);
  })();
  await clock.advance(6_000);
  await reading;
  assertEquals(seen, [[0, 2], [2_000, 3], [4_000, 2], [6_000, 3]]);
});

Deno.test("slow origin: a body that its client drops is aborted, one that is read is answered", async () => {
  const { clock, origin } = setUp();
  const dropped = await askFor(0, origin, clock, "/x?size=1000000");
  await dropped.body?.cancel();
  const trickle = await askFor(0, origin, clock, "/x?size=10&chunks=2&pace=5");
  const reader = trickle.body?.getReader();
  await reader?.read();
  const pending = reader?.read();
  await clock.advance(1);
  await reader?.cancel();
  await pending;
  assertEquals(clock.pending, 0);
  await (await askFor(0, origin, clock, "/x?size=1000000")).bytes();
  assertEquals(await outcomes(origin, "/x"), ["aborted", "aborted", "answered"]);
});

Deno.test("slow origin: without connection control close and reset are answered 501", async () => {
  const { origin } = setUp();
  for (const fault of ["close", "reset"]) {
    const response = await ask(origin, `/x?fault=${fault}`);
    assertEquals(response.status, 501);
    assertStringIncludes(await response.text(), `fault=${fault}`);
  }
});

Deno.test("slow origin: with connection control close and reset end it after the delay", async () => {
  const { clock, origin } = setUp();
  const ends: [ConnectionEnd, number][] = [];
  const start = clock.now();
  for (const fault of ["close", "reset"]) {
    const answer = origin.fetch(new Request(`http://origin.test/x?sleep=1&fault=${fault}`), {
      abortConnection: (how) => void ends.push([how, clock.now() - start]),
    });
    await clock.advance(1_000);
    await answer;
  }
  assertEquals(ends, [["fin", 1_000], ["reset", 2_000]]);
  assertEquals(await outcomes(origin, "/x"), ["fault", "fault"]);
});

Deno.test("slow origin: the log answers a long poll when the requests are there", async () => {
  const { clock, origin } = setUp({ delayMs: 100 });
  const polls = ["min=1", "min=1&done=1", "min=2&wait=0.5"].map(async (query) => {
    const separator = query.includes("wait") ? "" : "&wait=60";
    const response = await ask(origin, `/_edge-repro/log?path=/x&${query}${separator}`);
    const { nowMs, requests } = await response.json();
    return [nowMs - Date.UTC(2026, 0, 1), requests.length, requests[0]?.outcome];
  });
  await clock.advance(50);
  const request = ask(origin, "/x").then((response) => response.text());
  await clock.advance(500);
  await request;
  assertEquals(await Promise.all(polls), [[50, 1, "open"], [150, 1, "answered"], [
    500,
    1,
    "answered",
  ]]);
  assertEquals(clock.pending, 0);
});

Deno.test("slow origin: a long poll whose client leaves leaves no timer", async () => {
  const { clock, origin } = setUp();
  const leaving = new AbortController();
  const poll = ask(origin, "/_edge-repro/log?path=/x&min=1&wait=9", { signal: leaving.signal });
  await clock.advance(10);
  assertEquals(clock.pending, 1);
  leaving.abort();
  await poll;
  assertEquals(clock.pending, 0);
});

Deno.test("slow origin: the log lists paths, forgets them, and says what it cannot read", async () => {
  const { clock, origin } = setUp();
  const paths = async () => (await (await ask(origin, "/_edge-repro/log")).json()).paths;
  for (const path of ["/a", "/a", "/b"]) await askFor(0, origin, clock, path);
  assertEquals(await paths(), { "/a": 2, "/b": 1 });
  const forget = await ask(origin, "/_edge-repro/log?path=/a", { method: "DELETE" });
  assertEquals([forget.status, await paths()], [204, { "/b": 1 }]);
  await ask(origin, "/_edge-repro/log", { method: "DELETE" });
  assertEquals(await paths(), {});
  for (const query of ["path=x", "path=/x&min=-1", "path=/x&done=a", "path=/x&wait=61"]) {
    assertEquals((await ask(origin, `/_edge-repro/log?${query}`)).status, 400, query);
  }
  assertEquals((await ask(origin, "/_edge-repro/log", { method: "POST" })).status, 405);
  assertEquals((await ask(origin, "/_edge-repro/else")).status, 404);
});

Deno.test("slow origin: its figures count what waits, what is open and how requests ended", async () => {
  const { clock, origin } = setUp({ delayMs: 100 });
  const answered = ask(origin, "/x");
  const unread = ask(origin, "/x?sleep=0&size=1000000");
  await clock.advance(0);
  await unread;
  const figures = await (await ask(origin, "/_edge-repro/stats")).json();
  assertEquals(figures, {
    schema: "edge-repro/stats@1",
    waiting: 1,
    locks: 0,
    upstreams: 0,
    open: 1,
    unfinished: 2,
    requests: 2,
    answered: 0,
    aborted: 0,
    fault: 0,
  });
  await clock.advance(100);
  await (await answered).text();
  await (await unread).body?.cancel();
  const { unfinished, answered: whole, aborted } = origin.stats();
  assertEquals([unfinished, whole, aborted], [0, 1, 1]);
});

Deno.test("slow origin: limits refuse what is over them and end hangs and stalls", async () => {
  const limits = { maxDelayMs: 1_000, maxBodyBytes: 100, maxOpen: 2 };
  const { clock, origin } = setUp({ limits, log: false });
  assertEquals((await ask(origin, "/x?sleep=2")).status, 400);
  assertEquals((await ask(origin, "/x?size=101")).status, 400);
  assertEquals((await ask(origin, "/x", { method: "POST", body: "x".repeat(101) })).status, 413);
  assertEquals((await ask(origin, "/_edge-repro/log")).status, 404);

  const hang = ask(origin, "/x?fault=hang");
  const stall = ask(origin, "/x?fault=stall-mid-body").then((response) =>
    response.text().catch(() => `ended at ${clock.now() - Date.UTC(2026, 0, 1)}`)
  );
  await clock.advance(10);
  const over = await ask(origin, "/x");
  assertEquals([over.status, over.headers.get("retry-after")], [503, "1"]);
  await clock.advance(1_000);
  assertEquals((await hang).status, 504);
  assertEquals(await stall, "ended at 1000");
  assertEquals([origin.stats().unfinished, clock.pending], [0, 0]);
});

Deno.test("slow origin: close ends what is open, and later requests get 503", async () => {
  const { clock, origin } = setUp({ delayMs: 5_000 });
  const waiting = ["/x", "/x?fault=hang", "/_edge-repro/log?path=/y&min=1&wait=9"]
    .map((target) => ask(origin, target));
  const stalled = await askFor(0, origin, clock, "/x?sleep=0&fault=stall-mid-body");
  const text = stalled.text().catch(() => "ended");
  await clock.advance(1);
  await origin.close();
  await Promise.all(waiting);
  assertEquals(await text, "ended");
  assertEquals(clock.pending, 0);
  assertEquals((await ask(origin, "/x")).status, 503);
});

Deno.test("slow origin: a delay that is negative, endless or over the limit is refused", () => {
  const clock = new ManualClock();
  for (const options of [{ delayMs: -1 }, { delayMs: Infinity }, { limits: { maxDelayMs: 10 } }]) {
    assertThrows(() => createSlowOrigin({ clock, ...options }), RangeError, "Cannot create");
  }
});
