// The model of an isolate beside workerd: the same Worker, the same experiments, the same outcomes.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { testEach } from "../engines/testing_installed.ts";
import { workerd } from "../engines/workerd.ts";
import { CROSS_REQUEST } from "../servers/isolate/cross_request.ts";
import { deviations } from "./isolate_fidelity/compare.ts";
import { makeAll, type Outcomes } from "./isolate_fidelity/experiments.ts";
import { known } from "./isolate_fidelity/known.ts";
import { Origin } from "./isolate_fidelity/origin.ts";
import { MEASURED, recorded } from "./isolate_fidelity/record.ts";
import { onModel, onWorkerd } from "./isolate_fidelity/sides.ts";

function assertNone(deviations: readonly string[]): void {
  assert(deviations.length === 0, `\n${deviations.join("\n")}`);
}

Deno.test("a difference that is not known, or is none any more, or a row of one side only, is told", () => {
  const known = { k: { model: "1", workerd: "2" } };
  const same = { a: "1", b: "2" };
  assertEquals(deviations({ ...same, k: "1" }, { ...same, k: "2" }, known), []);
  assertEquals(deviations({ ...same, k: "2" }, { ...same, b: "3", c: "4", k: "2" }, known), [
    "b\n  model    2\n  workerd  3",
    "k\n  model    2\n  workerd  2",
    "c\n  model    not made\n  workerd  4",
  ]);
  assertEquals(deviations({}, {}, known).length, 1);
});

Deno.test("each behaviour that is said to be workerd's was measured", () => {
  const measured = Object.entries(CROSS_REQUEST).filter(([, { source }]) => source === "workerd");
  assertEquals(measured.map(([name]) => name), [...MEASURED]);
});

/** Enough that a Worker which answers the same to everything does not pass. */
function assertTelling(outcomes: Outcomes): void {
  const all = Object.values(outcomes);
  assert(all.length > 170, `${all.length} experiments`);
  for (
    const told of [
      ...["I/O type: ReadableStreamSource", "I/O type: Canceler", "200 gives", "500 "],
      ...["Body has already been used", "locked to a reader", "is disturbed"],
    ]
  ) {
    assert(all.some((outcome) => outcome.includes(told)), told);
  }
}

for (const crossRequest of MEASURED) {
  Deno.test(`the model does across requests what workerd did (${crossRequest})`, async () => {
    await using scope = new AsyncDisposableStack();
    const origin = scope.use(new Origin());
    const ask = onModel(crossRequest, origin.url, scope);
    const outcomes = await makeAll({ ask, origin, hungAtOnce: false, run: crossRequest });
    assertTelling(recorded.outcomes[crossRequest]);
    assertNone(deviations(outcomes, recorded.outcomes[crossRequest], known[crossRequest]));
  });

  await testEach(
    `does across requests what is written down of it (${crossRequest})`,
    "websocket-server",
    async ({ engine, found }) => {
      assertStrictEquals(engine, workerd);
      await using scope = new AsyncDisposableStack();
      const origin = scope.use(new Origin());
      const ask = await onWorkerd(crossRequest, origin.url, scope, found);
      const outcomes = await makeAll({ ask, origin, hungAtOnce: true, run: crossRequest });
      // What is written down stands for the model here.
      assertNone(deviations(recorded.outcomes[crossRequest], outcomes, {}));
    },
  );
}
