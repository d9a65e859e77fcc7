// Tests of the slow origin's log: counts, waits, and its bound.

import { assertEquals } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import { RequestLog } from "./log.ts";

const request = new Request("http://origin.test/", {
  headers: { "user-agent": "tester", "range": "bytes=0-1", "accept": "*/*" },
});

Deno.test("log: an entry has the times, the outcome and the kept headers of its request", async () => {
  const clock = new ManualClock(1_000);
  const log = new RequestLog(clock);
  const arrival = log.arrive("/x", "/x?v=1", request);
  await clock.advance(5);
  arrival.head();
  await clock.advance(5);
  arrival.end("aborted");
  arrival.end("answered");
  assertEquals(log.read("/x"), {
    schema: "edge-repro/origin-log@1",
    path: "/x",
    nowMs: 1_010,
    requests: [{
      n: 1,
      method: "GET",
      url: "/x?v=1",
      arrivedAtMs: 1_000,
      headersAtMs: 1_005,
      endedAtMs: 1_010,
      outcome: "aborted",
      headers: { "user-agent": "tester", "range": "bytes=0-1" },
    }],
  });
  assertEquals(log.totals, { requests: 1, answered: 0, aborted: 1, fault: 0 });
});

Deno.test("log: past its bound the oldest finished requests are forgotten and open ones kept", () => {
  const log = new RequestLog(new ManualClock(), 3);
  const stays = log.arrive("/a", "/a", request);
  log.arrive("/gone", "/gone", request).end("answered");
  for (let i = 0; i < 4; i++) log.arrive("/a", "/a", request).end("answered");
  assertEquals(log.read("/a").requests.map(({ n }) => n), [1, 4, 5]);
  assertEquals(log.paths().paths, { "/a": 5 });
  const arrives = log.arrive("/a", "/a", request);
  assertEquals(log.read("/a").requests.map(({ n }) => n), [1, 5, 6]);
  arrives.end("answered");
  stays.end("answered");
  assertEquals(log.totals.requests, 7);
});

Deno.test("log: forgetting a path starts its numbers again, and late ends do not come back", () => {
  const log = new RequestLog(new ManualClock(), 3);
  const late = log.arrive("/a", "/a", request);
  log.arrive("/b", "/b", request);
  log.forget("/a");
  late.end("answered");
  assertEquals(log.paths().paths, { "/b": 1 });
  assertEquals(log.arrive("/a", "/a", request).n, 1);
  for (let i = 0; i < 5; i++) log.arrive("/c", "/c", request).end("answered");
  assertEquals(log.read("/c").requests.map(({ n }) => n), [5]);
  log.forget();
  assertEquals(log.paths().paths, {});
});

Deno.test("log: a wait ends with the arrivals and ends it is for, and leaves no timer", async () => {
  const clock = new ManualClock();
  const log = new RequestLog(clock);
  const steps: string[] = [];
  const { signal } = new AbortController();
  const arrived = log.waitFor("/x", { min: 2, done: 0 }, 1_000, signal).then(() =>
    steps.push("min")
  );
  const over = log.waitFor("/x", { min: 0, done: 1 }, 1_000, signal).then(() => steps.push("done"));
  const first = log.arrive("/x", "/x", request);
  log.arrive("/y", "/y", request);
  await clock.advance(10);
  assertEquals(steps, []);
  log.arrive("/x", "/x", request);
  await arrived;
  assertEquals(steps, ["min"]);
  first.end("answered");
  await over;
  assertEquals(clock.pending, 0);
});

Deno.test("log: a wait ends when its time is over and when its signal aborts", async () => {
  const clock = new ManualClock();
  const log = new RequestLog(clock);
  const leaving = new AbortController();
  const steps: string[] = [];
  const late = log.waitFor("/x", { min: 1, done: 0 }, 500, new AbortController().signal)
    .then(() => steps.push(`late ${clock.now()}`));
  const left = log.waitFor("/x", { min: 1, done: 0 }, 500, leaving.signal)
    .then(() => steps.push(`left ${clock.now()}`));
  await clock.advance(100);
  leaving.abort();
  await left;
  assertEquals(clock.pending, 1);
  await clock.advance(400);
  await late;
  assertEquals(steps, ["left 100", "late 500"]);
});
