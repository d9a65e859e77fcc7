// In which order held readers came back, counted.

import { assertEquals } from "@std/assert";
import { answered, open, reader } from "../judge_examples.ts";
import { orderMetrics } from "./many_readers.ts";

const count = (value: number) => ({ unit: "count", value });

Deno.test("orderMetrics counts the pairs that were answered against the order of sending", () => {
  // Sent at 1, 2, 3 and 4 s, answered at 9, 8, 10 and 7 s.
  const readers = [[8_000, 1_000], [6_000, 2_000], [7_000, 3_000], [3_000, 4_000]] as const;
  const metrics = orderMetrics(readers.map(([took, sentAt]) => reader(answered(took, sentAt))));
  assertEquals(metrics, {
    inversions: count(4),
    pairs: count(6),
    spreadMs: { unit: "ms", value: 3_000 },
  });
});

Deno.test("orderMetrics finds nothing out of order among those sent at once", () => {
  const metrics = orderMetrics([reader(answered(9)), reader(answered(3)), reader(open)]);
  assertEquals(metrics.inversions, count(0));
  assertEquals(metrics.pairs, count(1));
});

Deno.test("orderMetrics says nothing of fewer than two answers", () => {
  assertEquals(orderMetrics([reader(answered(3)), reader(open)]), {});
});
