// Tests of drawing alike lanes together.

import { assertEquals } from "@std/assert";
import { collapseLanes } from "./lanes.ts";
import { timelineOf } from "./testdata.ts";
import type { TimelineEvent } from "../lab/timeline.ts";

const at = (atMs: number, lane: string, event: string, detail = {}): TimelineEvent => ({
  atMs,
  lane,
  event,
  detail,
});

Deno.test("twenty readers that did the same are one lane, with the first and the last time", () => {
  const lanes = collapseLanes(timelineOf(20, 222));
  assertEquals(lanes.map(({ label, count }) => [label, count]), [
    ["writer", 1],
    ["origin", 1],
    ["reader-1…20", 20],
  ]);
  assertEquals(lanes[2]?.moments[1], {
    fromMs: 27.1,
    toMs: 29,
    event: "fin-sent",
    detail: "",
  });
});

Deno.test("a reader to which something else happened has a lane of its own", () => {
  const odd = [...timelineOf(4, 222), at(300, "reader-3", "answered")];
  assertEquals(collapseLanes(odd).map(({ label }) => label), [
    "writer",
    "origin",
    "reader-1…2,4",
    "reader-3",
  ]);
});

Deno.test("lanes of different names stay apart, also when they did the same", () => {
  const events = [at(0, "a", "x"), at(0, "b", "x"), at(0, "h2-1", "x"), at(0, "tcp-1", "x")];
  assertEquals(collapseLanes(events).map(({ label }) => label), ["a", "b", "h2-1", "tcp-1"]);
});

Deno.test("details that differ are shown as a range or as their values", () => {
  const events = [1, 2, 3].map((n) =>
    at(n, `reader-${n}`, "closed", { bytes: n * 10, by: n === 2 ? "rst" : "fin", status: 200 })
  );
  assertEquals(
    collapseLanes(events)[0]?.moments[0]?.detail,
    "bytes=10…30 by=fin/rst status=200",
  );
});
