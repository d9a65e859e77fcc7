// What must hold of every judge, whatever was observed, and of some of them more.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Verdict } from "../../lab/verdict.ts";
import { type Data, testJudge } from "../../lab/testing_judge.ts";
import { changed, NOT_QUEUED } from "./judge_properties.ts";
import { SAMPLES } from "./observation_arbitrary.ts";

const PER_READER = ["leaves", "readers", "sentAtMs", "readersSentAtMs"];

const withoutProof = (seen: Data, missing: Data): Data => ({
  ...changed(seen, { queue: missing }),
  // Where the queue's requests are not known, the log as a whole is not.
  ...(missing.originRequests === null && "origin" in seen && { origin: null }),
  ...(missing.originRequests === null && "arrivedAtMs" in seen && { arrivedAtMs: [] }),
  // A request that was seen then is still in the log at the end.
  ...(Number(missing.originRequests) > 1 && Array.isArray(seen.origin) && {
    origin: [
      ...seen.origin,
      ...Array(9).fill({ arrivedAtMs: 1, endedAtMs: 2, outcome: "answered" }),
    ],
  }),
  ...(missing.originRequests === 0 && "origin" in seen && { origin: [] }),
});

const unproven = fc.constantFrom(...NOT_QUEUED)
  .map((missing) => (seen: Data) => withoutProof(seen, missing));

for (const [name, samples] of Object.entries(SAMPLES)) {
  testJudge(name, { samples, unproven, perReader: PER_READER });
}

Deno.test("holding a reader longer never turns a fail into anything else, and nothing into a pass", () => {
  const { judgeRelease: samples } = SAMPLES;
  assert(samples);
  const longer = fc.record({
    which: fc.nat(),
    byMs: fc.integer({ min: 1, max: 500 }),
    never: fc.boolean(),
  });
  fc.assert(
    fc.property(samples, longer, ({ seen, params, judge }, { which, byMs, never }) => {
      const leaves = seen.leaves as { leftAtMs: number; releasedAtMs: number | null }[];
      fc.pre(leaves.length > 0);
      // Letting go of one before it leaves is not holding it for a shorter time: it proves nothing.
      fc.pre(leaves.every(({ leftAtMs, releasedAtMs }) => (releasedAtMs ?? leftAtMs) >= leftAtMs));
      const index = which % leaves.length;
      const held = leaves.map((leave, at) =>
        at !== index || leave.releasedAtMs === null ? leave : {
          ...leave,
          releasedAtMs: never ? null : leave.releasedAtMs + byMs,
        }
      );
      const watchedUntilMs = Number(seen.watchedUntilMs) + byMs;
      const before = judge(seen, params).verdict;
      const after = judge({ ...seen, leaves: held, watchedUntilMs }, params).verdict;
      if (before === "fail") assertEquals(after, "fail");
      if (before !== "pass") assertNotEquals<Verdict>(after, "pass");
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("answering a reader later never turns a fail into a pass", () => {
  const later = fc.record({ which: fc.nat(), byMs: fc.integer({ min: 1, max: 2_000 }) });
  for (const name of ["judgeWriterLeft", "judgeOriginFails", "judgeUncacheable"]) {
    const samples = SAMPLES[name];
    assert(samples);
    fc.assert(
      fc.property(samples, later, ({ seen, params, judge }, { which, byMs }) => {
        const readers = seen.readers as Data[];
        fc.pre(readers.length > 0 && judge(seen, params).verdict === "fail");
        const changed = readers.map((one, index) =>
          index === which % readers.length && typeof one.completedAtMs === "number"
            ? { ...one, completedAtMs: one.completedAtMs + byMs }
            : one
        );
        assertNotEquals<Verdict>(judge({ ...seen, readers: changed }, params).verdict, "pass");
      }),
    );
  }
});

Deno.test("letting go of the writer as well, or of nobody who can be proved, is never a pass", () => {
  const { judgeRelease: samples } = SAMPLES;
  assert(samples);
  const lost = fc.constantFrom<Data>(
    { writerLost: "it was closed" },
    { provesHoldsOnly: { reason: "a closed one proves nothing" } },
  );
  fc.assert(
    fc.property(samples, lost, ({ seen, params, judge }, lost) => {
      const { verdict } = judge(seen, params);
      const after = judge({ ...seen, ...lost }, params).verdict;
      assertNotEquals<Verdict>(after, "pass");
      if (verdict === "fail") assertEquals(after, "fail", "a hold that was seen is a hold");
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("readers that stay away from the origin for longer than the threshold never pass late", () => {
  const { judgeUncacheable: samples } = SAMPLES;
  assert(samples);
  fc.assert(
    fc.property(samples, fc.integer({ min: 1, max: 900 }), ({ seen, params, judge }, idleMs) => {
      const readers = seen.readers as Data[];
      const writer = seen.writer as Data;
      fc.pre(readers.length > 0 && typeof writer.completedAtMs === "number");
      const arrivedAtMs = Number(writer.completedAtMs) + params.thresholdMs + idleMs;
      const completedAtMs = arrivedAtMs + params.originDelayMs;
      const request = { arrivedAtMs, endedAtMs: completedAtMs, outcome: "answered" };
      const origin = Array.isArray(seen.origin) && [seen.origin[0], ...readers.map(() => request)];
      const late = readers.map((one) => ({ ...one, completedAtMs }));
      const idle = { ...seen, readers: late, ...(origin && { origin }) };
      assertNotEquals<Verdict>(judge(idle, params).verdict, "pass");
    }),
    { numRuns: 1_000 },
  );
});
