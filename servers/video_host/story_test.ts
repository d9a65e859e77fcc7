// Tests of the story's steps, in front of the object store in both variants, and of what they refuse.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { ManualClock, realClock } from "../../lab/clock.ts";
import { BUCKET, until } from "../object_store/testing_store.ts";
import { StepError } from "./step_error.ts";
import { refusal, startAnswering, TestingHost } from "./testing_host.ts";
import { createVideoHost } from "./video_host.ts";

const KEY = /^edge-repro-clip-[0-9a-f-]{36}\.mp4$/;

Deno.test("upload: a clip under a name of its own, whole, in the place of the one before", async () => {
  await using testing = await TestingHost.start("fix");
  const { host } = testing;
  await host.story.upload();
  const [first = ""] = testing.keys();
  assertMatch(first, KEY);
  const record = testing.store.storage.object(BUCKET, first);
  assertEquals(record?.sizeBytes, 16 << 20);
  assertEquals(record?.headers["content-type"], "video/mp4");
  await host.story.upload();
  const [second = "", ...others] = testing.keys();
  assertMatch(second, KEY);
  assert(second !== first);
  assertEquals(others, []);
});

Deno.test("abandon: the store stays in the middle of a body that nobody reads", async () => {
  await using testing = await TestingHost.start("fix");
  const { host, store } = testing;
  await host.story.upload();
  await host.story.abandon();
  await until(() => (store.reads()[0]?.sentBytes ?? 0) > 0);
  // Time enough for another to read all of it.
  const { url } = await (await testing.fetch("/api/video-url")).json();
  assertEquals((await (await fetch(url)).arrayBuffer()).byteLength, 16 << 20);
  await until(() => store.reads().length === 1);
  const [read] = store.reads();
  assert(read !== undefined && read.sentBytes < read.sizeBytes);
  assertEquals((await host.state()).reads.open.map(({ unread }) => unread), [true]);
  await host.story.closeRead();
  await until(() => store.reads().length === 0);
});

for (const variant of ["bug", "fix"] as const) {
  Deno.test(`tell: in '${variant}' another read ${variant === "bug" ? "waits" : "is served"}`, async () => {
    await using testing = await TestingHost.start(variant);
    const { host, store } = testing;
    const line = await host.onEnter.run();
    assertMatch(line, /is uploaded .*nobody reads it. No page is open; .*$/);
    const { url } = await (await testing.fetch("/api/video-url")).json();
    const order: string[] = [];
    const answered = fetch(url).then(async (response) => {
      order.push(`answered ${response.status}`);
      await response.body?.cancel();
    });
    if (variant === "bug") await until(() => store.store.stats().waiting === 1);
    else await answered;
    order.push("closed");
    await host.story.closeRead();
    await answered;
    const expected = ["answered 200", "closed"];
    assertEquals(order, variant === "bug" ? expected.toReversed() : expected);
  });
}

Deno.test("closeBody: the body is closed at once, and nobody waits", async () => {
  await using testing = await TestingHost.start("bug", { closeBody: true });
  const { host, store } = testing;
  assertMatch(await host.story.tell(), /its body closed/);
  assertEquals(host.story.state().unread?.phase, "closed");
  const { url } = await (await testing.fetch("/api/video-url")).json();
  const response = await fetch(url, { headers: { range: "bytes=0-9" } });
  assertEquals((await response.arrayBuffer()).byteLength, 10);
  await until(() => store.reads().length === 0);
});

Deno.test("steps: out of their order they are refused, and say what is missing", async () => {
  await using testing = await TestingHost.start("fix");
  const { story } = testing.host;
  const refused = async (step: () => Promise<string>, message: string) => {
    assertEquals((await assertRejects(step, StepError, message)).status, 409);
  };
  for (const step of [() => story.abandon(), () => story.play(), () => story.deleteClip()]) {
    await refused(step, "expected a clip in the store, and there is none");
  }
  await refused(() => story.closeRead(), "none is open");
  const uploading = story.upload();
  await refused(() => story.tell(), "Cannot tell the story now: the clip is being uploaded");
  await refused(() => story.upload(), "The clip is being uploaded already");
  await uploading;
  await story.abandon();
  await refused(() => story.abandon(), "one is open already");
});

Deno.test("closeRead: ends a GET that the store has not answered yet", async () => {
  await using testing = await TestingHost.start("bug");
  const { host, store } = testing;
  await host.story.upload();
  const { url } = await (await testing.fetch("/api/video-url")).json();
  const holder = await fetch(url);
  const abandoning = host.story.abandon();
  await until(() => store.store.stats().waiting === 1);
  assertEquals(host.story.state().unread?.phase, "asked");
  await host.story.closeRead();
  await abandoning;
  assertEquals(host.story.state().unread?.phase, "closed");
  await until(() => store.store.stats().waiting === 0);
  await holder.body?.cancel();
});

Deno.test("close: nothing is left, neither of the clip nor of the read", async () => {
  await using testing = await TestingHost.start("bug");
  const { host, store } = testing;
  await host.story.tell();
  const [key] = testing.keys();
  await host.close();
  assertEquals(testing.keys(), []);
  await until(() => store.reads().length === 0);
  assertEquals([testing.warnings, testing.notices], [[], [`deleted ${key}`]]);
  assertEquals((await assertRejects(() => host.story.upload(), StepError)).status, 503);
});

Deno.test("close: in the middle of the story it ends it, and deletes what it uploaded", async () => {
  const clock = new ManualClock(realClock.now());
  await using testing = await TestingHost.start("fix", { clock });
  const telling = assertRejects(() => testing.host.story.tell(), StepError, "closing");
  await until(() => testing.keys().length === 1);
  await testing.host.close();
  await telling;
  assertEquals(testing.keys(), []);
  assertEquals(clock.pending, 0);
});

Deno.test("close: what the store does not let us delete is named", async () => {
  await using server = await startAnswering(async (request) => {
    await request.body?.pipeTo(new WritableStream());
    return request.method === "DELETE" ? refusal(403, "AccessDenied") : new Response(null);
  });
  const warnings: string[] = [];
  const host = createVideoHost({
    clock: realClock,
    endpoint: server.url,
    bucket: "videos",
    credentials: { accessKeyId: "id", secretAccessKey: "TOPSECRET" },
    sizeBytes: 1 << 20,
    warn: (message) => warnings.push(message),
  });
  await host.story.upload();
  const { key = "" } = host.story.clip ?? {};
  await assertRejects(() => host.story.deleteClip(), StepError, "AccessDenied");
  assertEquals(host.story.clip?.key, key);
  // The next clip is not kept waiting by what cannot be deleted.
  await host.story.upload();
  const { key: second = "" } = host.story.clip ?? {};
  await host.close();
  assertEquals(warnings.map((text) => text.includes(key)), [true, false]);
  assertMatch(
    warnings[1] ?? "",
    /^Cannot delete \S+: \S+ answered 403 AccessDenied; .*may be left in bucket videos$/,
  );
  assert(warnings[1]?.includes(second));
});

Deno.test("close: of uploads that were refused, or never sent, nothing is said to be left", async () => {
  const messages: string[] = [];
  const left = async (endpoint: string) => {
    messages.length = 0;
    const host = createVideoHost({
      clock: realClock,
      endpoint,
      bucket: "videos",
      credentials: { accessKeyId: "id", secretAccessKey: "secret" },
      sizeBytes: 1 << 20,
      warn: (message) => messages.push(message),
      notice: (message) => messages.push(message),
    });
    await assertRejects(() => host.story.upload(), StepError);
    await host.close();
    return messages.length;
  };
  const answers: readonly [left: number, answer: () => Response][] = [
    [0, () => refusal(403, "AccessDenied")],
    [0, () => new Response("<html>", { status: 405 })],
    [0, () => refusal(503, "SlowDown")],
    // These may have stored it before they failed.
    [1, () => refusal(500, "InternalError")],
    [1, () => new Response("a gateway gave up", { status: 504 })],
  ];
  for (const [expected, answer] of answers) {
    await using server = await startAnswering(async (request) => {
      await request.body?.pipeTo(new WritableStream());
      return answer();
    });
    assertEquals([answer().status, await left(server.url)], [answer().status, expected]);
  }
  assertMatch(messages[0] ?? "", /may be left in bucket videos$/);
  const gone = await startAnswering(() => new Response());
  await gone.close();
  for (const url of [gone.url, "http://127.0.0.1:1"]) {
    assertEquals([url, await left(url)], [url, 0]);
  }
});

Deno.test("close: an upload that broke is deleted, without a word that it was there", async () => {
  await using server = await startAnswering(async (request) => {
    await request.body?.pipeTo(new WritableStream());
    return new Response(null, { status: request.method === "DELETE" ? 204 : 500 });
  });
  const notices: string[] = [];
  const host = createVideoHost({
    clock: realClock,
    endpoint: server.url,
    bucket: "videos",
    credentials: { accessKeyId: "id", secretAccessKey: "secret" },
    sizeBytes: 1 << 20,
    notice: (message) => notices.push(message),
  });
  await assertRejects(() => host.story.upload(), StepError);
  await host.close();
  assertMatch(notices.join(), /^deleted edge-repro-clip-\S+\.mp4, if it had arrived$/);
});

Deno.test("upload: a refusal is told with the store's code, and nothing is left to delete", async () => {
  const methods: string[] = [];
  await using server = await startAnswering(async (request) => {
    methods.push(request.method);
    await request.body?.pipeTo(new WritableStream());
    return refusal(404, "NoSuchBucket");
  });
  const host = createVideoHost({
    clock: realClock,
    endpoint: server.url,
    bucket: "videos",
    credentials: { accessKeyId: "id", secretAccessKey: "TOPSECRET" },
  });
  const error = await assertRejects(() => host.story.upload(), StepError, "404 NoSuchBucket");
  assertEquals(error.status, 502);
  assertEquals(host.story.state().last, { text: error.message, failed: true });
  assertEquals(await host.onEnter.run(), host.story.state().last.text);
  await host.close();
  assertEquals(methods, ["PUT", "PUT"]);
});

Deno.test("limits: uploads a minute are counted, and a clip is deleted by itself", async () => {
  const clock = new ManualClock(realClock.now());
  const limits = { uploadsPerMinute: 2, deleteAfterMs: 120_000, watchers: 1 };
  await using testing = await TestingHost.start("fix", { clock, limits });
  const { story } = testing.host;
  await story.upload();
  await clock.advance(10_000);
  await story.upload();
  const error = await assertRejects(() => story.upload(), StepError, "can begin in 50 s");
  assertEquals(error.status, 429);
  assertEquals(testing.keys().length, 1);
  await clock.advance(50_000);
  await story.upload();
  await story.abandon();
  assertEquals(story.state().deletesInMs, 120_000);
  await clock.advance(119_999);
  assertEquals(testing.keys().length, 1);
  await clock.advance(1);
  await until(() => story.state().busy === null);
  assertEquals([testing.keys(), story.state().unread?.phase], [[], "closed"]);
  assertEquals(story.state().deletesInMs, null);
});
