// Ctrl-C, SIGTERM and a closed pipe: what is there is shown, everything is given back.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
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

Deno.test("an interrupted result is complete in the format and the file asked for", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/result.json`;
    const flags = ["--variant", "bug", "--concurrency", "1", "--format=json", "--output", file];
    await using child = new Running(["repro", "fake/healthy", "fake/endless", ...flags], {
      main: FAKE,
      permissions: [`--allow-write=${file}`],
    });
    await child.errorLine((line) => line === "began");
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.finished();
    assertEquals([code, stdout], [130, ""]);
    assertMatch(stderr, /interrupted: 1 of 2 runs were finished\n$/);
    const { runs } = JSON.parse(await Deno.readTextFile(file));
    assertEquals(runs.map((run: { verdict: string }) => run.verdict), ["pass", "inconclusive"]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("one press that arrives twice, as under a task runner, is one press", async () => {
  await using child = new Running([...REAL, "--variant", "fix"]);
  await child.line((line) => JSON.parse(line).type === "event");
  child.kill("SIGINT");
  child.kill("SIGTERM");
  const { code, stdout } = await child.finished();
  assertEquals(code, 130);
  assertEquals(JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "").type, "end");
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
