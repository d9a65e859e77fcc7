// Ctrl-C, SIGTERM and a closed pipe: what is there is shown, everything is given back.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { FAKE, Running } from "./cli_process.ts";

const REAL = ["repro", "cache-lock/hang", "--realtime", "--format", "ndjson"];

/** The port of a run's server is in no event: the result's target names it. */
function portsOf(lines: readonly string[]): number[] {
  return lines.map((line) => JSON.parse(line))
    .filter(({ type }) => type === "run-end")
    .map(({ run }) => Number(new URL(run.target.url).port));
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test(`${signal} ends runs early, shows what there is and stops the servers`, async () => {
    await using child = new Running(REAL);
    // Servers run from the first event of each of the two runs on.
    const seen = new Set<string>();
    await child.line((line) => {
      const { type, id } = JSON.parse(line);
      return type === "event" && seen.add(id).size === 2;
    });
    child.kill(signal);
    const { code, stdout, stderr } = await child.finished();
    assertEquals(code, 130);
    assertMatch(stderr, /^interrupted: 0 of 2 runs were finished\n$/);
    const lines = stdout.trimEnd().split("\n");
    assertEquals(JSON.parse(lines.at(-1) ?? "").summary.inconclusive, 2);
    const ports = portsOf(lines);
    assertEquals(ports.length, 2);
    for (const port of ports) {
      await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port }));
    }
  });
}

Deno.test("an interrupted result is complete in the format that was asked for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const args = ["repro", "fake/healthy", "fake/endless", "--concurrency", "3"];
    const file = `${folder}/result.json`;
    await using child = new Running([...args, "--format=json", "--output", file], {
      main: FAKE,
      permissions: ["--allow-write"],
    });
    // Nothing is on standard output to wait for: retry until the listener is there.
    const finished = child.finished();
    const ticking = setInterval(() => child.kill("SIGINT"), 200);
    const { code } = await finished.finally(() => clearInterval(ticking));
    assert(code === 130);
    const left = await Array.fromAsync(Deno.readDir(folder));
    // A signal before the program was up leaves nothing, a later one the whole result.
    if (left.length > 0) JSON.parse(await Deno.readTextFile(file));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a second Ctrl-C ends at once what a first one cannot", async () => {
  const args = ["repro", "fake/clinging", "--variant", "bug", "--format", "ndjson"];
  await using child = new Running(args, { main: FAKE });
  await child.line((line) => JSON.parse(line).type === "event");
  child.kill("SIGINT");
  const finished = child.finished();
  // One press arrives twice under a task runner: the program takes what comes at once for one.
  const ticking = setInterval(() => child.kill("SIGINT"), 100);
  const { code } = await finished.finally(() => clearInterval(ticking));
  assertEquals(code, 130);
});

Deno.test("a reader that goes away ends the command quietly", async () => {
  await using child = new Running(REAL);
  await child.line((line) => JSON.parse(line).type === "start");
  await child.closeOutput();
  const { code, stderr } = await child.finished();
  assertEquals(code, 130);
  assertEquals(stderr, "interrupted: 0 of 2 runs were finished\n");
});

Deno.test("a reader that takes the first line of a listing alone makes no noise", async () => {
  const main = new URL("../main.ts", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", '"$0" run --no-prompt "$1" list | head -1', Deno.execPath(), main],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertMatch(text(stdout), /^cache-lock: [^\n]*\n$/);
  assertEquals(text(stderr), "");
});
