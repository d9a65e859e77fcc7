// What must hold of every judge, whatever was observed.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Verdict } from "../../lab/verdict.ts";
import { SAMPLES } from "./observation_arbitrary.ts";

type Data = Record<string, unknown>;

/** The same data with every number of milliseconds in it multiplied. */
function scaled(data: unknown, factor: number, name = ""): unknown {
  if (typeof data === "number") return name.endsWith("Ms") ? data * factor : data;
  if (Array.isArray(data)) return data.map((one) => scaled(one, factor, name));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, scaled(value, factor, key)]),
  );
}

const PER_READER = ["leaves", "readers", "sentAtMs", "readersSentAtMs"];

/** The same observation with its readers in the order of `keys`. */
function reordered(seen: Data, keys: readonly number[]): Data {
  return Object.fromEntries(
    Object.entries(seen).map(([name, value]) => [
      name,
      PER_READER.includes(name) && Array.isArray(value)
        ? value.map((one, index) => ({ one, key: keys[index] ?? 0 }))
          .toSorted((a, b) => a.key - b.key).map(({ one }) => one)
        : value,
    ]),
  );
}

/** What is no proof that the readers queued behind one writer. */
const unproven = fc.constantFrom<Data>(
  { originRequests: null },
  { originRequests: 0 },
  { originRequests: 2 },
  { originRequests: 9 },
  { answered: 1 },
  { writerAnswered: true },
  { waiting: 0 },
);

const withoutProof = (seen: Data, missing: Data): Data => ({
  ...seen,
  queue: { ...(seen.queue as Data), ...missing },
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

for (const [name, samples] of Object.entries(SAMPLES)) {
  Deno.test(`${name} gives a verdict with one line of reason, whatever was observed`, () => {
    fc.assert(
      fc.property(samples, ({ seen, params, judge }) => {
        const { verdict, reason } = judge(seen, params);
        assert(["pass", "fail", "inconclusive"].includes(verdict));
        assert(reason.length > 10 && !reason.includes("\n"), reason);
        assert(!/NaN|Infinity|undefined|null|\[object/.test(reason), reason);
        assertEquals(judge(seen, params), { verdict, reason }, "it is a pure function");
      }),
      { numRuns: 500 },
    );
  });

  Deno.test(`${name} never passes what was not proved to have queued`, () => {
    fc.assert(
      fc.property(samples, unproven, ({ seen, params, judge }, missing) => {
        // That the origin saw one request for several clients proves by itself that they queued.
        fc.pre(name !== "judgeCollapse" || missing.waiting !== 0);
        const { verdict, reason } = judge(withoutProof(seen, missing), params);
        assertNotEquals<Verdict>(verdict, "pass", reason);
      }),
      { numRuns: 500 },
    );
  });

  Deno.test(`${name} does not depend on the order of the readers`, () => {
    const keys = fc.array(fc.nat(), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(samples, keys, ({ seen, params, judge }, keys) => {
        assertEquals(judge(reordered(seen, keys), params).verdict, judge(seen, params).verdict);
      }),
      { numRuns: 500 },
    );
  });

  Deno.test(`${name} says the same when all times are longer or shorter by one factor`, () => {
    const factors = fc.constantFrom(1 / 64, 1 / 2, 4, 1_024);
    fc.assert(
      fc.property(samples, factors, ({ seen, params, judge }, factor) => {
        const paced = scaled(params, factor) as typeof params;
        assertEquals(
          judge(scaled(seen, factor) as Data, paced).verdict,
          judge(seen, params).verdict,
        );
      }),
      { numRuns: 500 },
    );
  });

  Deno.test(`${name} has samples of every verdict to be tested with`, () => {
    const verdicts = fc.sample(samples, { numRuns: 1_000, seed: 1 })
      .map(({ seen, params, judge }) => judge(seen, params).verdict);
    for (const verdict of ["pass", "fail", "inconclusive"] as const) {
      const share = verdicts.filter((one) => one === verdict).length;
      assert(share >= 20, `${share} of 1000 samples are '${verdict}'`);
    }
  });
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
