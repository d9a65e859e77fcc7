// Our Durable Object host against workerd, experiment by experiment: the same Worker on both.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { findEngine } from "../engines/find.ts";
import { workerd } from "../engines/workerd.ts";
import { deviations } from "./durable_objects_fidelity/compare.ts";
import { runExperiments } from "./durable_objects_fidelity/experiments.ts";
import { DIFFERENCES } from "./durable_objects_fidelity/known.ts";
import { startOrigin } from "./durable_objects_fidelity/origin.ts";
import { startHost, startWorkerd } from "./durable_objects_fidelity/sides.ts";

const PAGE = await Deno.readTextFile(new URL("../docs/fidelity.md", import.meta.url));

const found = await findEngine(workerd);
if (found === undefined) {
  const here = "tests/durable_objects_fidelity_test.ts";
  console.warn(`NOT TESTED: workerd is not installed (${workerd.install}), ${here}`);
}

Deno.test({
  name: found
    ? "the host does what workerd does, but for the differences that are known"
    : "NOT TESTED, workerd is not installed: the Durable Object host against workerd",
  ignore: found === undefined,
  async fn() {
    assert(found);
    await using scope = new AsyncDisposableStack();
    const origin = await startOrigin(scope);
    const sides = [await startHost(scope, origin), await startWorkerd(scope, origin, found)];
    const [host = {}, real = {}] = await Promise.all(sides.map(runExperiments));
    const lines = deviations(host, real, DIFFERENCES);
    assert(lines.length === 0, lines.join("\n"));
    const all = Object.keys(real).length;
    const differing = DIFFERENCES.flatMap(({ seen }) => Object.keys(seen)).length;
    assertStringIncludes(PAGE, `${all - differing} of ${all} experiments`);
  },
});

Deno.test("each known difference stands in the documentation, with its reason", () => {
  for (const { what, seen } of DIFFERENCES) {
    const row = PAGE.split("\n").find((line) => line.startsWith(`| ${what} `));
    assert(row, `docs/fidelity.md has no row for: ${what}`);
    const [experiments, why] = row.split("|").slice(2).map((cell) => cell.trim());
    assertEquals(Number(experiments), Object.keys(seen).length, row);
    assert(why, row);
  }
});

Deno.test("a difference that nobody knows of is told, and one that is none any more", () => {
  const known = [{ what: "b and c", seen: { b: ["1", "2"], c: ["1", "2"] } as const }];
  const host = { a: "1", b: "1", c: "1" };
  const real = { a: "1", b: "2", c: "2" };
  const told = (changed: { host?: object; real?: object }) =>
    deviations({ ...host, ...changed.host }, { ...real, ...changed.real }, known)
      .map((lines) => lines.split("\n")[0]);
  assertEquals(told({}), []);
  assertEquals(told({ host: { a: "2" } }), ["a"]);
  assertEquals(told({ host: { b: "2" } }), ["b"]);
  assertEquals(told({ host: { b: "3" } }), ["b"]);
  assertEquals(told({ real: { c: "3" } }), ["c"]);
  assertEquals(told({ host: { d: "1" } }), ["d"]);
  // Neither came to its end: that is no agreement.
  assertEquals(told({ host: { a: "failed: late" }, real: { a: "failed: late" } }), ["a"]);
});
