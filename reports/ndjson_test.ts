// Tests of writing a result as events and reading it back.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UsageError } from "../lab/errors.ts";
import { labEventSchema } from "../lab/events.ts";
import { arbitraryResult } from "../lab/result_arbitrary.ts";
import { ndjson, NdjsonWriter, resultFromNdjson } from "./ndjson.ts";
import { BUG, EVERY_KIND, FIX, PLAIN, resultOf } from "./testdata.ts";

const linesOf = (text: string) => text.trimEnd().split("\n");

Deno.test("a result survives being written as events and read back", () => {
  fc.assert(fc.property(arbitraryResult, (result) => {
    assertEquals(resultFromNdjson(ndjson.render(result, PLAIN), "r.ndjson"), result);
  }));
});

Deno.test("each line is an event of ours, numbered from 0 without gaps", () => {
  fc.assert(fc.property(arbitraryResult, (result) => {
    for (const [index, line] of linesOf(ndjson.render(result, PLAIN)).entries()) {
      assertEquals(labEventSchema.parse(JSON.parse(line)).seq, index);
    }
  }));
});

Deno.test("each event but the first and the last carries its run's id", () => {
  const events = linesOf(ndjson.render(resultOf(BUG), PLAIN)).map((line) => JSON.parse(line));
  assertEquals(
    events.map(({ type }) => type).join(" ").replace(/(event )+/, "event… "),
    "start run-start event… run-end end",
  );
  assertEquals(events[0].runs, [BUG.id]);
  assertEquals(new Set(events.slice(1, -1).map(({ id }) => id)), new Set([BUG.id]));
  assertEquals("timeline" in events.at(-2).run, false);
});

Deno.test("runs that go on side by side are told apart and come back in the announced order", () => {
  const result = resultOf(BUG, FIX);
  const lines: string[] = [];
  const writer = new NdjsonWriter((line) => lines.push(line));
  const { tool, startedAt, speed } = result;
  writer.start({ tool, startedAt, speed, ids: [BUG.id, FIX.id] });
  writer.runStart(BUG.id);
  writer.runStart(FIX.id);
  for (let at = 0; at < BUG.timeline.length; at++) {
    // Live, an event can be told after one that happened later: the reader sorts by time.
    for (const run of [FIX, BUG]) {
      const event = run.timeline[BUG.timeline.length - 1 - at];
      if (event) writer.event(run.id, event);
    }
  }
  writer.runEnd(FIX);
  writer.runEnd(BUG);
  writer.end(result);
  assertEquals(resultFromNdjson(lines.join(""), "r.ndjson"), result);
});

Deno.test("a line is written at the moment of its event, its newline included", () => {
  const lines: string[] = [];
  const stream = ndjson.stream?.((text) => lines.push(text));
  stream?.runStart("a");
  assertEquals(lines, ['{"seq":0,"type":"run-start","id":"a"}\n']);
});

const WHOLE = linesOf(ndjson.render(EVERY_KIND, PLAIN));
const DAMAGED: Record<string, [lines: string[], message: string]> = {
  "nothing": [[], "line 1 is not a start event"],
  "a stream without its start": [[WHOLE[1]?.replace('"seq":1', '"seq":0') ?? ""], "line 1 is not"],
  "a stream that broke off": [WHOLE.slice(0, -1), "it breaks off before the end event"],
  "a line that was cut": [
    [...WHOLE.slice(0, 3), WHOLE[3]?.slice(0, 20) ?? ""],
    "line 4 is not JSON",
  ],
  "a line that is missing": [WHOLE.toSpliced(2, 1), "line 3: received seq 3, expected 2"],
  "an event that we do not know": [[WHOLE[0] ?? "", '{"seq":1,"type":"moon"}'], "line 2: type: "],
  "another schema version": [
    [WHOLE[0]?.replace("result@1", "result@2") ?? "", ...WHOLE.slice(1)],
    "line 1: schema: ",
  ],
};

for (const [what, [lines, message]] of Object.entries(DAMAGED)) {
  Deno.test(`${what} is refused in one line that names the place`, () => {
    const error = assertThrows(
      () => resultFromNdjson(lines.join("\n"), "r.ndjson"),
      UsageError,
      `Cannot read r.ndjson: ${message}`,
    );
    assertEquals(error.message.split("\n").length, 1);
  });
}
