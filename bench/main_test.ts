// What the benchmark says of itself, and to a name that it does not know.

import { assertEquals, assertMatch } from "@std/assert";
import { measurements } from "./measurements.ts";

/** Runs it without any permission: it must not begin to measure. */
async function bench(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const main = new URL("main.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", main, ...args],
    stdin: "null",
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("--help lists what can be measured, whatever else is given", async () => {
  const { code, out, err } = await bench("--help");
  assertEquals([code, err], [0, ""]);
  assertMatch(out, /^Usage: deno task bench /);
  const [, listed = ""] = out.split("\nMeasurements:\n");
  assertEquals(listed.trim().split(/\s+/), measurements.map(({ id }) => id));
  assertEquals((await bench("nothing", "-h")).out, out);
});

Deno.test("an unknown name gets one line with what there is and the nearest", async () => {
  const { code, out, err } = await bench("comands");
  assertEquals([code, out], [2, ""]);
  assertMatch(err, /^Cannot measure: received 'comands', expected [^\n]*; [^\n]*\n$/);
  assertMatch(err, /did you mean 'commands'\?\n$/);
  assertMatch((await bench("--sav")).err, /did you mean '--save'\?\n$/);
});
