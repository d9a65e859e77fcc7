// Tests of collecting a run's events.

import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ManualClock } from "./clock.ts";
import { Timeline, type TimelineEvent } from "./timeline.ts";

Deno.test("an event's time counts from the beginning of its timeline", async () => {
  const clock = new ManualClock(1_000_000);
  const timeline = new Timeline(clock);
  timeline.add("writer", "request-sent", { path: "/a" });
  await clock.advance(12.34);
  timeline.add("writer", "answered");
  assertEquals(timeline.events(), [
    { atMs: 0, lane: "writer", event: "request-sent", detail: { path: "/a" } },
    { atMs: 12.3, lane: "writer", event: "answered", detail: {} },
  ]);
});

Deno.test("an event can be added later with the time at which it happened", async () => {
  const clock = new ManualClock(500);
  const timeline = new Timeline(clock);
  await clock.advance(10);
  timeline.add("reader-1", "fin-sent");
  timeline.add("origin", "request-received", {}, 503);
  assertEquals(timeline.events().map(({ event, atMs }) => [event, atMs]), [
    ["request-received", 3],
    ["fin-sent", 10],
  ]);
});

Deno.test("an event from before the beginning counts as its first moment", () => {
  const timeline = new Timeline(new ManualClock(500));
  timeline.add("origin", "started", {}, 400);
  assertEquals(timeline.events()[0]?.atMs, 0);
});

Deno.test("events of one moment keep the order in which they were added", () => {
  fc.assert(fc.property(fc.array(fc.nat(3)), (times) => {
    const timeline = new Timeline(new ManualClock());
    for (const [index, at] of times.entries()) timeline.add("a", `e${index}`, { index }, at);
    const events = timeline.events();
    assertEquals(events.length, times.length);
    for (const [index, event] of events.entries()) {
      const next = events[index + 1];
      if (next === undefined) continue;
      assert(
        event.atMs < next.atMs ||
          event.atMs === next.atMs && Number(event.detail.index) < Number(next.detail.index),
      );
    }
  }));
});

Deno.test("each event is handed on at once, in the order of adding", () => {
  const seen: TimelineEvent[] = [];
  const timeline = new Timeline(new ManualClock(100), (event) => seen.push(event));
  timeline.add("a", "second", {}, 109);
  assertEquals(seen.map(({ event }) => event), ["second"]);
  timeline.add("a", "first", {}, 101);
  assertEquals(seen.map(({ event }) => event), ["second", "first"]);
  assertEquals(timeline.events(), [...seen].reverse());
});

Deno.test("what was handed out does not change with what is added later", () => {
  const timeline = new Timeline(new ManualClock());
  timeline.add("a", "one");
  const events = timeline.events();
  timeline.add("a", "two");
  assertEquals(events.length, 1);
});
