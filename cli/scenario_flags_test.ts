// Tests of parameters as flags, and of flags as parameters.

import { assertEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { UsageError } from "../lab/errors.ts";
import { countParam, durationParam } from "../lab/params.ts";
import { nominalParams } from "../lab/run_spec.ts";
import type { Case, Scenario } from "../lab/scenario.ts";
import { type Args, readArgs } from "./flags.ts";
import { checkParamFlags, flagsFor, givenParams, paramFlags } from "./scenario_flags.ts";

const count = (flag: string, initial: number) =>
  countParam({ flag, description: "How many", default: initial, min: 0, max: 99_999 });

const one: Case = {
  id: "one",
  control: false,
  claim: "",
  provokes: "",
  figure: "",
  meaning: "",
  rule: "",
  source: "",
  needs: [],
  defaults: { readers: 20 },
  run: () => Promise.reject(new Error("not run here")),
};

const queue: Scenario = {
  id: "queue",
  title: "",
  summary: "",
  role: "caching-proxy",
  source: "",
  params: z.object({
    readers: count("num-readers", 3),
    delayMs: durationParam({ flag: "delay", description: "x", defaultMs: 5_000, bareUnit: "s" }),
    proxyPort: count("proxy-port", 0),
  }),
  headline: "one",
  cases: [one],
  ports: { proxyPort: "target" },
  embed: () => Promise.reject(new Error("not run here")),
  missing: () => Promise.resolve(undefined),
  limitMs: () => 1_000,
};

const other: Scenario = {
  ...queue,
  id: "other",
  params: z.object({ readers: count("num-readers", 3), size: count("size", 1) }),
};

function args(...given: string[]): Promise<Args> {
  const flags = paramFlags([queue, other], true);
  return readArgs(given, { command: "go", flags, positionals: { name: "X", min: 0, max: 0 } });
}

Deno.test("each parameter is a flag once, ports only where a probe goes somewhere", () => {
  const names = (withPorts: boolean) =>
    paramFlags([queue, other], withPorts).map(({ name }) => name);
  assertEquals(names(true), ["num-readers", "delay", "proxy-port", "size"]);
  assertEquals(names(false), ["num-readers", "delay", "size"]);
  assertEquals(paramFlags([queue], false)[1], {
    name: "delay",
    kind: "string",
    placeholder: "DURATION",
    description: "x",
    default: "5 s",
  });
});

Deno.test("the flag wins over the case, and the case over the scenario", async () => {
  const nothing = givenParams(queue, await args());
  assertEquals(nominalParams(queue, one, nothing), { readers: 20, delayMs: 5_000 });
  const given = givenParams(queue, await args("--num-readers", "4", "--delay", "2"));
  assertEquals(nominalParams(queue, one, given), { readers: 4, delayMs: 2_000 });
});

Deno.test("a parameter of a scenario that is not selected is refused", async () => {
  const given = await args("--size", "5", "--num-readers", "4");
  checkParamFlags(given, [queue, other], [queue, other]);
  assertThrows(
    () => checkParamFlags(given, [queue], [queue, other]),
    UsageError,
    "--size belongs to other, which is not selected",
  );
  checkParamFlags(await args("--num-readers", "4"), [queue], [queue, other]);
});

Deno.test("flagsFor names what differs from the case's own values, and gives it again", async () => {
  assertEquals(flagsFor(queue, one, nominalParams(queue, one, {})), []);
  const nominal = nominalParams(queue, one, { readers: 3, delayMs: 1_500.5 });
  const flags = flagsFor(queue, one, nominal);
  assertEquals(flags, ["--num-readers", "3", "--delay", "1500.5ms"]);
  assertEquals(nominalParams(queue, one, givenParams(queue, await args(...flags))), nominal);
});

Deno.test("a flag that several scenarios have says what it is for each, once where they agree", () => {
  const third: Scenario = {
    ...queue,
    id: "third",
    params: z.object({
      readers: count("num-readers", 50),
      delayMs: queue.params.shape["delayMs"] as never,
    }),
  };
  const flags = paramFlags([queue, other, third], false);
  const readers = flags.find(({ name }) => name === "num-readers");
  assertEquals(readers?.default, "queue, other: 3; third: 50");
  assertEquals(readers?.description, "how many");
  assertEquals(flags.find(({ name }) => name === "delay")?.default, "5 s");
});
