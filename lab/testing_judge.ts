// What must hold of every judge of every scenario, whatever was observed: one set of tests for all.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import type { Params } from "./params.ts";
import type { Judgement, Verdict } from "./verdict.ts";

/** An observation as plain data. */
export type Data = Record<string, unknown>;

/** One observation with what its judge says of it, and of copies of it that a test has changed. */
export interface Sample<P extends Params = Params> {
  /** What it is judged by. */
  params: P;
  /** The observation. */
  seen: Data;
  /** The judge. */
  judge(seen: Data, params: P): Judgement;
}

/** A judge with what it is tested with. */
export interface JudgeProperties<P extends Params = Params> {
  /** Observations of all kinds: at least 2 of 100 for each verdict. */
  samples: fc.Arbitrary<Sample<P>>;
  /** Changes, each of which takes away a proof that a pass needs. */
  unproven: fc.Arbitrary<(seen: Data) => Data>;
  /** The lists that have an entry a reader, in one order. */
  perReader: readonly string[];
}

/** Mostly the first, which is healthy, and now and then another. */
export const mostly = <T>(healthy: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(healthy), weight: 10 }, {
    arbitrary: fc.constantFrom<T>(healthy, ...others),
    weight: 1,
  });

/** Small whole numbers, so that a time scaled by a power of two is still exact. */
export const ms = (max: number, min = 0): fc.Arbitrary<number> => fc.integer({ min, max });

/** Pairs a judge with the observations that it is to see. */
export const sampleOf = <S extends object, P extends Params>(
  params: P,
  seen: S,
  judge: (seen: S, params: P) => Judgement,
): Sample<P> => ({
  params,
  seen: Object.fromEntries(Object.entries(seen)),
  // What a test has changed in it is still of the same shape.
  judge: (changed, params) => judge(changed as S, params),
});

/** The same data with every number of milliseconds in it multiplied. */
function scaled(data: unknown, factor: number, name = ""): unknown {
  if (typeof data === "number") return name.endsWith("Ms") ? data * factor : data;
  if (Array.isArray(data)) return data.map((one) => scaled(one, factor, name));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, scaled(value, factor, key)]),
  );
}

/** The same observation with its readers in the order of `keys`. */
function reordered(seen: Data, perReader: readonly string[], keys: readonly number[]): Data {
  const inOrder = (list: readonly unknown[]) =>
    list.map((one, index) => ({ one, key: keys[index] ?? 0 }))
      .toSorted((a, b) => a.key - b.key).map(({ one }) => one);
  return Object.fromEntries(
    Object.entries(seen).map(([name, value]) => [
      name,
      perReader.includes(name) && Array.isArray(value) ? inOrder(value) : value,
    ]),
  );
}

/** Registers the tests of one judge. */
export function testJudge<P extends Params>(
  name: string,
  { samples, unproven, perReader }: JudgeProperties<P>,
): void {
  const holds = (property: fc.IProperty<unknown>) => fc.assert(property, { numRuns: 500 });

  Deno.test(`${name} gives a verdict with one line of reason, whatever was observed`, () => {
    holds(fc.property(samples, ({ seen, params, judge }) => {
      const judgement = judge(seen, params);
      const { verdict, reason, unmet } = judgement;
      assert(["pass", "fail", "inconclusive"].includes(verdict));
      assert(reason.length > 10 && !reason.includes("\n"), reason);
      assert(!/NaN|Infinity|undefined|null|\[object/.test(reason), reason);
      assert(unmet === undefined || verdict === "inconclusive" && unmet.length > 0);
      assertEquals(judge(seen, params), judgement, "it is a pure function");
    }));
  });

  Deno.test(`${name} never passes what was not proved`, () => {
    holds(fc.property(samples, unproven, ({ seen, params, judge }, without) => {
      const { verdict, reason } = judge(without(seen), params);
      assertNotEquals<Verdict>(verdict, "pass", reason);
    }));
  });

  Deno.test(`${name} does not depend on the order of the readers`, () => {
    const keys = fc.array(fc.nat(), { minLength: 5, maxLength: 5 });
    holds(fc.property(samples, keys, ({ seen, params, judge }, keys) => {
      const { verdict } = judge(reordered(seen, perReader, keys), params);
      assertEquals(verdict, judge(seen, params).verdict);
    }));
  });

  Deno.test(`${name} says the same when all times are longer or shorter by one factor`, () => {
    const factors = fc.constantFrom(1 / 64, 1 / 2, 4, 1_024);
    holds(fc.property(samples, factors, ({ seen, params, judge }, factor) => {
      const paced = scaled(params, factor) as P;
      const { verdict } = judge(scaled(seen, factor) as Data, paced);
      assertEquals(verdict, judge(seen, params).verdict);
    }));
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
