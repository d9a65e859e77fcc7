// Tests of the site in memory: what it escapes, links and refuses, and how it ends what takes long.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { ManualClock, realClock } from "../lab/clock.ts";
import type { Result } from "../lab/result.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import { listen } from "../servers/listen.ts";
import { slowOriginDefinition } from "../servers/slow_origin/definition.ts";
import { defineSite } from "./definition.ts";
import { savedResult } from "./saved_result.ts";
import { createSite, type SiteOptions } from "./site.ts";

function setUp(options: Partial<SiteOptions> = {}) {
  const clock = new ManualClock();
  const site = createSite({ clock, scenarios, result: savedResult(), version: "9.9", ...options });
  const ask = async (path: string, init?: RequestInit) =>
    await site.fetch(new Request(`http://site.test${path}`, init));
  /** Asks for what the slow origin answers at once, which takes a turn of the clock all the same. */
  const askAtOnce = async (path: string, init?: RequestInit) => {
    const answer = ask(path, init);
    await clock.advance(0);
    return await answer;
  };
  return { clock, site, ask, askAtOnce };
}

/** The saved result with something done to each run. */
function changed(change: Partial<Result["runs"][number]>): Result {
  const result = savedResult();
  return { ...result, runs: result.runs.map((run) => ({ ...run, ...change })) };
}

Deno.test("site: every case of every scenario has a row with both variants", async () => {
  const { ask } = setUp();
  const text = await (await ask("/")).text();
  for (const { cases } of scenarios) {
    for (const { id } of cases) assertMatch(text, new RegExp(`<th [^>]*><code>${id}</code>`));
  }
  assert(!text.includes("not in this result"));
  const rows = text.match(/<tr role="row">\s*<th role="rowheader"[^]*?<\/tr>/g) ?? [];
  for (const row of rows.filter((one) => one.includes("provokes the bug"))) {
    assertMatch(row, /✗<\/span>\s*fail[^]*✓<\/span>\s*pass/);
  }
});

Deno.test("site: a run that is other than declared, untold or absent is shown as such", async () => {
  const unexpected = changed({ verdict: "pass", expected: "fail", asExpected: false });
  assertStringIncludes(
    await (await setUp({ result: unexpected }).ask("/")).text(),
    "declared fail",
  );
  const untold = changed({ verdict: "inconclusive", asExpected: false });
  assertStringIncludes(await (await setUp({ result: untold }).ask("/")).text(), "cannot tell");
  const unmet = changed({ verdict: "inconclusive", asExpected: false, unmet: ["figures"] });
  assertStringIncludes(await (await setUp({ result: unmet }).ask("/")).text(), "needs figures");
  const none = { ...savedResult(), runs: [] };
  const text = await (await setUp({ result: none }).ask("/")).text();
  assertStringIncludes(text, "not in this result");
  assert(!text.includes('<svg class="timeline"'));
});

Deno.test("site: what comes from a result, a link or a client is escaped", async () => {
  const evil = `<img src=x onerror="1">'`;
  const { ask } = setUp({ result: changed({ reason: evil }), links: [{ name: evil, url: evil }] });
  const text = await (await ask("/")).text();
  assertStringIncludes(text, "&lt;img");
  assert(!text.includes("<img"), "a tag got through");
  assert(!text.includes(`onerror="`), "a quote got through");
});

Deno.test("site: command lines carry the address that the client used", async () => {
  const { ask } = setUp();
  assertStringIncludes(await (await ask("/")).text(), "http://site.test/origin/");
  const headers = { "x-forwarded-proto": "https" };
  assertStringIncludes(await (await ask("/", { headers })).text(), "https://site.test/origin/");
});

Deno.test("site: a page that the client has is not sent again", async () => {
  const { ask } = setUp();
  const etag = (await ask("/")).headers.get("etag") ?? "";
  const again = await ask("/", { headers: { "if-none-match": etag } });
  assertEquals([again.status, await again.text()], [304, ""]);
  assertEquals((await ask("/", { headers: { "if-none-match": '"other"' } })).status, 200);
});

Deno.test("site: pages take GET and HEAD only", async () => {
  const { ask } = setUp();
  for (const path of ["/", "/healthz", "/robots.txt", "/_edge-repro/stats"]) {
    const refused = await ask(path, { method: "POST", body: "x" });
    assertEquals([refused.status, refused.headers.get("allow")], [405, "GET, HEAD"], path);
  }
});

Deno.test("site: the slow origin takes a body, and its answers are no pages", async () => {
  const { ask, askAtOnce } = setUp();
  const put = await askAtOnce("/origin/a/b?sleep=0", { method: "PUT", body: "hello" });
  assertEquals(await put.text(), "slow-origin /a/b request 1\n");
  assertEquals(put.headers.get("x-content-type-options"), "nosniff");
  assertEquals(await (await askAtOnce("/origin?sleep=0")).text(), "slow-origin / request 1\n");
  assertEquals((await ask("/originals")).status, 404);
});

Deno.test("site: an upload that does not end is refused at the deadline, and its place is free", async () => {
  const { clock, site, ask } = setUp();
  const body = new ReadableStream<Uint8Array>({ start: (it) => it.enqueue(new Uint8Array(1)) });
  const answer = ask("/origin/x", { method: "POST", body });
  await clock.advance(29_000);
  assertEquals(site.stats().unfinished, 1);
  await clock.advance(1_001);
  const late = await answer;
  assertEquals(late.status, 408);
  assertStringIncludes(await late.text(), "30 s (the limit here)");
  assertEquals([site.stats().unfinished, clock.pending], [0, 0]);
});

Deno.test("site: a body that nobody reads loses its place at the deadline", async () => {
  const { clock, site, askAtOnce } = setUp();
  const unread = await askAtOnce("/origin/x?sleep=0&size=1000000");
  assertEquals(site.stats().unfinished, 1);
  await clock.advance(30_001);
  assertEquals([site.stats().unfinished, clock.pending], [0, 0]);
  await unread.body?.cancel().catch(() => {});
});

Deno.test("site: an answer without a body is over at once, and its deadline with it", async () => {
  const { clock, askAtOnce } = setUp();
  await askAtOnce("/origin/x?sleep=0", { method: "HEAD" });
  assertEquals(clock.pending, 0);
});

Deno.test("site: close ends what waits and gives every timer back", async () => {
  const { clock, site, ask, askAtOnce } = setUp();
  const waiting = ask("/origin/x?sleep=9");
  const unread = await askAtOnce("/origin/y?sleep=0&size=1000000");
  await clock.advance(1);
  await site.close();
  await waiting;
  await unread.body?.cancel().catch(() => {});
  assertEquals([site.stats().unfinished, clock.pending], [0, 0]);
});

Deno.test("site: a client that leaves is seen through the prefix, and its deadline ends", async () => {
  const site = createSite({ clock: realClock, scenarios, result: savedResult(), version: "1" });
  await using listening = await listen(site);
  const leave = new AbortController();
  const waiting = fetch(`${listening.url}/origin/x?sleep=9`, { signal: leave.signal })
    .then(() => "answered", () => "left");
  const until = async (unfinished: number) => {
    while (site.stats().unfinished !== unfinished) {
      await (await fetch(`${listening.url}/healthz`)).body?.cancel();
    }
  };
  await until(1);
  leave.abort();
  assertEquals(await waiting, "left");
  await until(0);
  assertEquals(site.stats().aborted, 1);
  await site.close();
});

Deno.test("site: as serve offers it, it links the servers that it is wired to", async () => {
  const definition = defineSite([slowOriginDefinition]);
  assertEquals(Object.values(definition.wiring), [{ server: "slow-origin" }]);
  const [param = ""] = Object.keys(definition.wiring);
  const show = async (url: string) => {
    const site = await definition.create({ [param]: url }, {
      clock: new ManualClock(),
      warn: () => {},
    });
    const page = await site.fetch(new Request("http://site.test/"));
    await site.close();
    return await page.text();
  };
  const linked = await show("http://127.0.0.1:8000");
  assertStringIncludes(linked, `<a href="http://127.0.0.1:8000">`);
  assert(!(await show("")).includes("Running beside this page"));
});
