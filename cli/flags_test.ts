// Tests of reading arguments by the flags' data.

import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../lab/errors.ts";
import { type Args, type Flag, readArgs } from "./flags.ts";

const FLAGS: Flag[] = [
  { name: "speed", kind: "string", placeholder: "N", description: "how fast" },
  { name: "header", kind: "list", placeholder: "TEXT", description: "sent along" },
  { name: "no-color", kind: "boolean", description: "plain" },
];

function read(args: string[], max = 2): Promise<Args> {
  return readArgs(args, {
    command: "go",
    flags: FLAGS,
    positionals: { name: "THING", min: 0, max },
    explain: (name) => Promise.resolve(name === "theirs" ? "it belongs to stop" : undefined),
  });
}

async function refused(args: string[], message: string): Promise<void> {
  await assertRejects(() => read(args), UsageError, message);
}

Deno.test("readArgs takes a value after a space and after an equals sign", async () => {
  assertEquals((await read(["--speed", "5"])).value("speed"), "5");
  assertEquals((await read(["--speed=5"])).value("speed"), "5");
  assertEquals((await read(["--speed=a=b"])).value("speed"), "a=b");
});

Deno.test("readArgs takes a value that begins with a dash", async () => {
  assertEquals((await read(["--speed", "-5"])).value("speed"), "-5");
  assertEquals((await read(["--speed=--5"])).value("speed"), "--5");
});

Deno.test("readArgs mixes flags and positionals, and ends flags at --", async () => {
  const args = await read(["a", "--speed", "5", "b"]);
  assertEquals([args.positionals, args.names()], [["a", "b"], ["speed"]]);
  assertEquals((await read(["--", "--speed"])).positionals, ["--speed"]);
});

Deno.test("readArgs collects a list, and only a list", async () => {
  const args = await read(["--header", "a: 1", "--header=b: 2", "--no-color", "--no-color"]);
  assertEquals(args.list("header"), ["a: 1", "b: 2"]);
  assertEquals([args.has("no-color"), args.has("speed")], [true, false]);
  await refused(["--speed", "5", "--speed", "5"], "--speed was given twice");
});

Deno.test("readArgs misses values, also where the next flag follows", async () => {
  await refused(["--speed"], "--speed needs a value: expected --speed N");
  await refused(["--speed", "--no-color"], "--speed needs a value");
  await refused(["--speed="], "--speed needs a value");
  await refused(["--no-color=yes"], "--no-color takes no value: received 'yes'");
});

Deno.test("readArgs names an unknown flag with the nearest one, or whose it is", async () => {
  await refused(["--sped", "5"], "Unknown flag '--sped'");
  await refused(["--sped", "5"], "did you mean '--speed'?");
  await refused(["-s"], "Unknown flag '-s'");
  await refused(["--color"], "Unknown flag '--color'");
  await refused(["--theirs"], "Unknown flag '--theirs' for go: it belongs to stop");
});

Deno.test("readArgs counts positionals", async () => {
  await refused(["a", "b", "c"], "Unexpected argument 'c'");
  await assertRejects(() => read(["a"], 0), UsageError, "go takes no arguments");
});
