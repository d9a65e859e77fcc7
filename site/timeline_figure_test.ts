// Tests of the timelines: what counts as a connection, and that two are drawn at one scale.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { scenarios } from "../scenarios/scenarios.ts";
import { savedResult } from "./saved_result.ts";
import { comparePair, spansOf } from "./timeline_figure.ts";

const event = (atMs: number, lane: string, name: string) => ({
  atMs,
  lane,
  event: name,
  detail: {},
});

Deno.test("timeline: a span runs from the request to its answer, its close, or the run's end", () => {
  const timeline = [
    event(1, "writer", "request-sent"),
    event(2, "origin", "writer-arrived"),
    event(3, "reader-1", "request-sent"),
    event(4, "reader-2", "request-sent"),
    event(5, "reader-1", "fin-sent"),
    event(9, "reader-1", "server-closed"),
    event(11, "writer", "answer-complete"),
    event(12, "probe", "done"),
  ];
  assertEquals(spansOf({ timeline }), [
    { lane: "writer", fromMs: 1, leftMs: undefined, toMs: 11, over: true },
    { lane: "reader-1", fromMs: 3, leftMs: 5, toMs: 9, over: true },
    { lane: "reader-2", fromMs: 4, leftMs: undefined, toMs: 12, over: false },
  ]);
});

Deno.test("timeline: bug and fix have one scale, and the held part of bug is longer", async () => {
  const [scenario] = scenarios;
  assert(scenario);
  const figure = String(await comparePair(scenario, savedResult()));
  const drawings = figure.split("<figure>").slice(1);
  assertEquals(drawings.length, 2);
  const held = drawings.map((drawing) =>
    [...drawing.matchAll(/class="held-ground"\s+x="[^"]*"\s+width="([\d.]+)%"/g)].map(([, w]) =>
      Number(w)
    )
  );
  const [bug = [], fix = []] = held;
  assert(bug.length > 0 && bug.length === fix.length, figure);
  assert(Math.min(...bug) > 3 * Math.max(...fix), JSON.stringify(held));
  const ticks = drawings.map((drawing) =>
    drawing.match(/class="tick"[^>]*>[^<]*/g)?.map((tick) => tick.split(">")[1])
  );
  assertEquals(ticks[0], ticks[1]);
  for (const drawing of drawings) assertStringIncludes(drawing, 'role="img"');
});

Deno.test("timeline: without both variants there is no figure", () => {
  const [scenario] = scenarios;
  assert(scenario);
  const result = savedResult();
  const runs = result.runs.filter((run) => run.variant === "bug");
  assertEquals(comparePair(scenario, { ...result, runs }), undefined);
});
