// Tests of drawing a timeline in plain text.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { arbitraryRun } from "../lab/result_arbitrary.ts";
import { timelineOf } from "./testdata.ts";
import { textWidth } from "./text.ts";
import { drawTimeline } from "./timeline_text.ts";

Deno.test("with room each lane has a column", () => {
  assertEquals(drawTimeline(timelineOf(20, 222), { width: 100, mostRows: 100 }), [
    "   ms  writer                            origin               reader-1…20",
    "  0.0  request-sent path=/a1-disconnect",
    "  1.2  │                                 request-received",
    "  2.1  │                                 │                    request-sent ×20 (last at 4.0)",
    " 27.1  │                                 │                    fin-sent ×20 (last at 29.0)",
    "249.1  │                                 │                    server-closed ×20 (last at 251.0)",
    "       │                                 │                    bytes=0",
    "251.4  │                                 answered status=200",
    "252.3  answered status=200 bytes=1024",
  ]);
});

Deno.test("without room each line names its lane, beside or above the event", () => {
  const lines = drawTimeline(timelineOf(20, 222), { width: 40, mostRows: 100 });
  assertEquals(lines.slice(0, 5), [
    "   ms  lane",
    "  0.0  writer       request-sent",
    "                    path=/a1-disconnect",
    "  1.2  origin       request-received",
    "  2.1  reader-1…20  request-sent ×20",
  ]);
  const narrow = drawTimeline(timelineOf(20, 222), { width: 24, mostRows: 100 });
  assertEquals(narrow.slice(1, 3), ["  0.0  writer:", "       request-sent"]);
});

Deno.test("no line is wider than asked, whatever the events and the width", () => {
  fc.assert(fc.property(arbitraryRun, fc.integer({ min: 20, max: 160 }), (run, width) => {
    for (const line of drawTimeline(run.timeline, { width, mostRows: 8 })) {
      assert(textWidth(line) <= width, `${textWidth(line)} columns: '${line}'`);
    }
  }));
});

Deno.test("every event's name is in the drawing, as far as the lines go", () => {
  fc.assert(fc.property(fc.integer({ min: 20, max: 160 }), (width) => {
    const text = drawTimeline(timelineOf(3, 10), { width, mostRows: 100 })
      .join("").replaceAll(/[\s│]/g, "");
    for (const event of ["request-received", "fin-sent", "answered"]) {
      assert(width < 60 || text.includes(event), `${event} at ${width}: ${text}`);
    }
  }));
});

Deno.test("what is left out is counted", () => {
  const lines = drawTimeline(timelineOf(3, 10), { width: 80, mostRows: 2 });
  assertMatch(lines.at(-1) ?? "", /^… 5 later events left out/);
});

Deno.test("a run without events says so", () => {
  assertStringIncludes(drawTimeline([], { width: 80, mostRows: 2 }).join(), "no events");
});
