// Tests of what the host answers: its page, the clip's URL, its state, and who may press its buttons.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { figuresSchema } from "../../lab/figures.ts";
import { clipBytes } from "./clip.ts";
import { TestingHost } from "./testing_host.ts";
import { PUBLIC_LIMITS } from "./limits.ts";
import { createVideoHost } from "./video_host.ts";

const ASK_JSON = { headers: { accept: "application/json" } };

/** The first event of a stream that holds. */
async function firstState(
  response: Response,
  holds: (state: { clip: unknown; busy: unknown }) => boolean,
): Promise<void> {
  let text = "";
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const events = text.split("\n\n").slice(0, -1);
    if (events.some((event) => holds(JSON.parse(event.replace(/^data: /, ""))))) return;
  }
  throw new Error(`the stream ended: ${text}`);
}

Deno.test("page: whole, without anything inline or of another host, under a strict policy", async () => {
  await using testing = await TestingHost.start("fix");
  const response = await testing.fetch("/");
  const html = await response.text();
  assertEquals(response.headers.get("content-type"), "text/html; charset=UTF-8");
  const policy = response.headers.get("content-security-policy") ?? "";
  assert(!policy.includes("unsafe"), policy);
  assertMatch(policy, /default-src 'none'/);
  assert(policy.includes(`media-src 'self' ${testing.store.url};`), policy);
  assert(!/\sstyle=|\son\w+=|<style|<script>|https?:\/\//.test(html));
  const files = [...html.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, path]) => path);
  assertEquals(files.toSorted(), ["app.js", "favicon.svg", "style.css"]);
  const imports = await Promise.all(files.map(async (path) => {
    const file = await testing.fetch(`/${path}`);
    assertEquals([path, file.status], [path, 200]);
    return [...(await file.text()).matchAll(/from "\.\/([^"]+)"/g)].map(([, name]) => name);
  }));
  for (const name of imports.flat()) {
    const file = await testing.fetch(`/${name}`);
    assertEquals(file.headers.get("content-type"), "text/javascript; charset=utf-8");
    await file.body?.cancel();
  }
});

Deno.test("video-url: presigned where the bucket is not public, and the redirect leads there", async () => {
  await using testing = await TestingHost.start("fix");
  for (const path of ["/api/video-url", "/video.mp4"]) {
    const nothing = await testing.fetch(path);
    assertEquals(nothing.status, 404);
    assertEquals(await nothing.json(), { error: "There is no clip in the store" });
  }
  await testing.host.story.upload();
  const { url } = await (await testing.fetch("/api/video-url")).json();
  assertMatch(url, /[?&]X-Amz-Signature=[0-9a-f]{64}/);
  const clip = clipBytes();
  const range = { headers: { range: `bytes=0-${clip.length - 1}` } };
  const read = await fetch(url, range);
  assertEquals([read.status, new Uint8Array(await read.arrayBuffer())], [206, clip]);
  const redirect = await testing.fetch("/video.mp4");
  assertEquals(redirect.status, 302);
  await redirect.body?.cancel();
  const there = await fetch(redirect.headers.get("location") ?? "", range);
  assertEquals((await there.arrayBuffer()).byteLength, clip.length);
});

Deno.test("video-url: below the public URL where there is one", async () => {
  await using testing = await TestingHost.start("fix", { publicUrl: "https://cdn.test/base/" });
  await testing.host.story.upload();
  const { url } = await (await testing.fetch("/api/video-url")).json();
  assertEquals(url, `https://cdn.test/base/${testing.keys()[0]}`);
  const policy = (await testing.fetch("/", { method: "HEAD" })).headers;
  assertMatch(policy.get("content-security-policy") ?? "", /media-src 'self' https:\/\/cdn.test;/);
});

Deno.test("state: told as it changes, and it names no secret", async () => {
  await using testing = await TestingHost.start("fix");
  const stream = await testing.fetch("/api/state");
  assertEquals(stream.headers.get("content-type"), "text/event-stream");
  assertEquals(testing.host.stats()["watching"], 1);
  const uploaded = firstState(stream, ({ clip, busy }) => clip !== null && busy === null);
  await testing.host.story.upload();
  await uploaded;
  const once = await testing.fetch("/api/state", ASK_JSON);
  const text = await once.text();
  assert(!/tests alone|Signature|AKTESTING/.test(text), text);
  const { clip, reads, store } = JSON.parse(text);
  assertEquals(clip.key, testing.keys()[0]);
  assertEquals(reads, { from: "store", waiting: 0, open: [] });
  assertEquals(store.host, new URL(testing.store.url).host);
});

Deno.test("state: without figures it tells of the host's own read", async () => {
  const statsUrl = "http://127.0.0.1:1/nothing";
  await using testing = await TestingHost.start("fix", { statsUrl });
  await testing.host.story.tell();
  const { reads } = await (await testing.fetch("/api/state", ASK_JSON)).json();
  assertEquals([reads.from, reads.waiting, reads.open.length], ["host", null, 1]);
  assertEquals(reads.open[0].sentBytes, null);
  assertEquals(
    figuresSchema.parse(await (await testing.fetch("/_edge-repro/stats")).json())
      .upstreams,
    1,
  );
});

Deno.test("steps: by POST from the host's own page or from no browser, and in no other way", async () => {
  await using testing = await TestingHost.start("fix");
  const { url } = testing.listening;
  const post = async (step: string, headers: Record<string, string> = {}) => {
    const response = await testing.fetch(`/api/${step}`, { method: "POST", headers });
    return [response.status, await response.text()];
  };
  for (
    const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:1" },
      { origin: "https://elsewhere.test" },
      { origin: "null" },
    ]
  ) {
    const [status, text] = await post("upload", headers);
    assertEquals([status, testing.keys()], [403, []]);
    assertMatch(String(text), /another site/);
  }
  assertEquals((await post("upload", { "sec-fetch-site": "same-origin", origin: url }))[0], 200);
  assertEquals((await post("upload", { origin: url }))[0], 200);
  const [second] = testing.keys();
  const [status, text] = await post("delete");
  assertEquals(status, 200);
  assertMatch(String(text), /^\{"done":"edge-repro-clip-.* is deleted"\}$/);
  const told = testing.notices.map((line) => line.replace(/edge-repro-clip-[\w-]+/, "clip"));
  const uploaded = "clip.mp4 is uploaded (16 MiB)";
  assertEquals(told, [uploaded, "deleted clip.mp4", uploaded, "deleted clip.mp4"]);
  assertEquals(testing.notices.at(-1), `deleted ${second}`);
  assertEquals(await post("delete"), [
    409,
    '{"error":"Cannot delete: expected a clip in the store, and there is none"}',
  ]);
  for (const [path, method] of [["/api/nothing", "POST"], ["/api/upload", "GET"], ["/x", "GET"]]) {
    const response = await testing.fetch(path ?? "", { method: method ?? "" });
    await response.body?.cancel();
    assertEquals([path, response.status], [path, 404]);
  }
});

Deno.test("story: what plays is what is open, and the order and limits are the store's own", async () => {
  await using testing = await TestingHost.start("fix");
  assertMatch(await testing.host.story.tell(), /No page is open; one that is opened now plays/);
  const stream = await testing.fetch("/api/state");
  assertEquals(await testing.host.story.play(), "The open page asks for the clip");
  await stream.body?.cancel();
  const html = (await (await testing.fetch("/")).text()).replaceAll(/\s+/g, " ");
  assertMatch(
    html,
    /uploads a clip .* A second later it sends a GET .* Right after that this page/,
  );
  const [lead = "", explanation = ""] = html.split("What you see here");
  assert(!lead.includes("60 seconds"), lead);
  assertEquals(explanation.match(/[^,.]*60 seconds[^,.]*/g), [
    " or for up to 60 seconds as reported",
  ]);
});

Deno.test("basePath: everything is below it, and nothing beside it", async () => {
  const basePath = "/demo/stale-read";
  await using testing = await TestingHost.start("fix", { basePath, limits: PUBLIC_LIMITS });
  const redirect = await testing.fetch(basePath);
  assertEquals([redirect.status, redirect.headers.get("location")], [308, `${basePath}/`]);
  await redirect.body?.cancel();
  const html = await (await testing.fetch(`${basePath}/`)).text();
  assertMatch(html, /6 uploads a\s+minute, and a clip is deleted after 120 s/);
  assertEquals((await testing.fetch(`${basePath}/app.js`, { method: "HEAD" })).status, 200);
  for (const path of ["/", "/app.js", "/api/state"]) {
    assertEquals((await testing.fetch(path, { method: "HEAD" })).status, 404);
  }
  const upload = await testing.fetch(`${basePath}/api/upload`, { method: "POST" });
  assertMatch((await upload.json()).done, /is uploaded/);
});

Deno.test("createVideoHost: an address that is none, and a size without room, are refused", () => {
  const good = {
    clock: realClock,
    endpoint: "http://store.test",
    bucket: "videos",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
  };
  assertThrows(() => createVideoHost({ ...good, endpoint: "store" }), TypeError);
  assertThrows(() => createVideoHost({ ...good, publicUrl: "cdn" }), TypeError);
  assertThrows(() => createVideoHost({ ...good, sizeBytes: 100 }), RangeError);
});
