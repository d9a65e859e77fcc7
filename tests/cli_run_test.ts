// `repro`, `probe` and `report` end to end: where results go, in which format, and the exit codes.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseResult } from "../lab/result.ts";
import { FAKE, REPRO, run, START } from "./cli_process.ts";
import { sideBySide } from "./side_by_side.ts";

const WRITE = [...REPRO, "--allow-read", "--allow-write"];

/** That `repro` runs each scenario's headline case on both variants with these permissions. */
async function runsHeadlines(permissions: readonly string[], hasSdk: boolean): Promise<void> {
  const { code, stdout, stderr } = await run(["repro", "--format", "json"], { permissions });
  const result = parseResult(stdout, "repro");
  assertEquals(result.runs.map((one) => [one.id, one.verdict]), [
    ["cache-lock/disconnect@bug#1", "fail"],
    ["cache-lock/disconnect@fix#1", "pass"],
    ["stale-read/abandoned-get@bug#1", "fail"],
    ["stale-read/abandoned-get@fix#1", "pass"],
    ["ws-hibernation/reply-after-wake@bug#1", "fail"],
    ["ws-hibernation/reply-after-wake@fix#1", "pass"],
    ["body-io/multipart-burst@bug#1", hasSdk ? "fail" : "inconclusive"],
    ["body-io/multipart-burst@fix#1", hasSdk ? "pass" : "inconclusive"],
  ]);
  assertEquals([code, stderr, result.speed], [0, "", 20]);
  assertEquals(result.summary.unmet, hasSdk ? 0 : 2);
  for (const { metrics } of result.runs.slice(2, 4)) {
    assertEquals(
      Object.keys(metrics).filter((one) => /^readers/.test(one)).length,
      hasSdk ? 3 : 2,
    );
  }
}

/** That a result, saved and read again, is in every format what it was at once. */
async function rendersSaved(t: Deno.TestContext): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const file = `${folder}/result.json`;
    const saved = await run(["repro", "--format", "json", "--output", file], {
      permissions: WRITE,
    });
    assertEquals([saved.code, saved.stdout], [0, ""]);
    assertMatch(saved.stderr, /^result written to [^\n]*\n$/);
    const formats = ["pretty", "json", "ndjson", "junit", "tap", "markdown", "vendor"];
    await sideBySide(
      t,
      2,
      formats.map((format) => ({
        name: format,
        async fn() {
          const { code, stdout, stderr } = await run(["report", file, "--format", format], {
            permissions: WRITE,
          });
          assertEquals([code, stderr], [0, ""]);
          assertStringIncludes(stdout, "disconnect");
          if (format === "json") assertEquals(stdout, await Deno.readTextFile(file));
          if (format === "tap") assertMatch(stdout, /^TAP version 1[34]\n/);
          if (format !== "ndjson") return;
          const again = await run(["report", "-", "--format", "json"], { stdin: stdout });
          assertEquals(again.stdout, await Deno.readTextFile(file));
        },
      })),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

// Each is a process of its own that mostly waits: two at once have a processor each.
Deno.test("all headline cases come out as declared, whoever may what and wherever it is told", (t) =>
  sideBySide(t, 2, [
    {
      name: "repro runs them when it may use the network on 127.0.0.1 and a WebSocket library",
      fn: () => runsHeadlines(["--allow-net=127.0.0.1", "--allow-env=WS_NO_*"], false),
    },
    {
      name: "repro runs them when it may also use the AWS SDK, as its task may",
      fn: () => runsHeadlines(REPRO, true),
    },
    { name: "a saved result renders in every format as it did at once", fn: rendersSaved },
    {
      name: "the permissions of the task start are enough; and piped there is no colour",
      async fn() {
        const { code, stdout } = await run(["repro", "--verbose"], {
          permissions: START,
          env: { FORCE_COLOR: "1" },
        });
        assertEquals(code, 0);
        assert(!stdout.includes("\x1b"), stdout);
      },
    },
  ]));

Deno.test("a run that comes out other than declared is exit code 1", async () => {
  const args = ["repro", "fake/ill", "fake/healthy", "fake/defect"];
  const { code, stdout } = await run(args, { main: FAKE });
  assertStringIncludes(stdout, "expected pass");
  assertEquals(code, 1);
});

Deno.test("flags override the case's values, and these the scenario's", async () => {
  const args = ["repro", "cache-lock/many", "--variant=fix", "--format=json"];
  const nominal = (stdout: string) => JSON.parse(stdout).runs[0].nominal;
  const usual = nominal((await run(args)).stdout);
  assertEquals(usual.numReaders, 20);
  const given = nominal((await run([...args, "--num-readers", "4"])).stdout);
  assertEquals(given, { ...usual, numReaders: 4 });
});

Deno.test("repeats, one variant and the pace are taken", async () => {
  const args = ["repro", "--variant", "fix", "--repeat=2", "--speed", "40", "--format", "json"];
  const result = JSON.parse((await run(args)).stdout);
  assertEquals(result.speed, 40);
  assertEquals(result.runs.map((one: { id: string }) => one.id), [
    "cache-lock/disconnect@fix#1",
    "cache-lock/disconnect@fix#2",
    "stale-read/abandoned-get@fix#1",
    "stale-read/abandoned-get@fix#2",
    "ws-hibernation/reply-after-wake@fix#1",
    "ws-hibernation/reply-after-wake@fix#2",
    "body-io/multipart-burst@fix#1",
    "body-io/multipart-burst@fix#2",
  ]);
});

Deno.test("an output that cannot be written is refused before anything runs", async (t) => {
  const folder = await Deno.makeTempDir();
  const outputs: [string, string[], RegExp][] = [
    ["no permission", [`${folder}/a`], /--allow-write=[^\n]*deno task start/],
    ["no folder", [`${folder}/none/a`, ...WRITE], /folder does not exist/],
    ["a folder", [folder, ...WRITE], /it is a folder/],
  ];
  try {
    for (const [name, [file = "", ...permissions], expected] of outputs) {
      await t.step(name, async () => {
        const args = ["repro", "fake/endless", "--output", file];
        const { code, stdout, stderr } = await run(args, { permissions, main: FAKE });
        assertEquals([code, stdout], [2, ""]);
        assertMatch(stderr, /^error: Cannot write [^\n]*\n$/);
        assertMatch(stderr, expected);
      });
    }
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("a result that cannot be written after all is not lost", async () => {
  const args = ["repro", "--format", "json", "--output", "/dev/full"];
  const { code, stdout, stderr } = await run(args, { permissions: ["--allow-all"], main: FAKE });
  assertEquals([code, JSON.parse(stdout).runs.length], [2, 2]);
  assertMatch(stderr, /^error: Cannot write \/dev\/full: [^\n]*\n$/);
});

Deno.test("ndjson tells of runs as they happen, and counts its lines", async () => {
  const { code, stdout } = await run(["repro", "cache-lock", "stale-read", "--format", "ndjson"]);
  const events = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(events.map(({ seq }) => seq), events.map((_, index) => index));
  assertEquals([events[0].type, events.at(-1).type, code], ["start", "end", 0]);
});

Deno.test("a case whose need is not there warns, and counts only when strict", async () => {
  const lax = await run(["repro", "fake/unmet"], { main: FAKE });
  assertEquals(lax.code, 0);
  assertMatch(lax.stderr, /^warning: no run could be judged[^\n]*\n$/);
  const quiet = await run(["repro", "fake/unmet", "--quiet"], { main: FAKE });
  assertEquals([quiet.code, quiet.stderr], [0, ""]);
  const strict = await run(["repro", "fake/unmet", "--strict"], { main: FAKE });
  assertEquals(strict.code, 3);
});

Deno.test("a probe is judged by its verdict: 0, 1, 3", async () => {
  const probe = async (name: string, ...flags: string[]) =>
    (await run(["probe", `fake/${name}`, "--target", "http://127.0.0.1:1", ...flags], {
      main: FAKE,
    })).code;
  assertEquals(await probe("healthy"), 0);
  assertEquals(await probe("ill"), 1);
  assertEquals(await probe("endless", "--timeout", "50ms"), 3);
});

Deno.test("a target that refuses is inconclusive, in one line", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const args = ["probe", "cache-lock", "--target", `http://127.0.0.1:${port}`];
  const { code, stdout } = await run(args);
  assertEquals(code, 3);
  assertMatch(stdout, /inconclusive: [^\n]*/);
  assert(!stdout.includes("    at "), stdout);
});

Deno.test("a scenario whose seed names no ports must be given a target", async () => {
  const { code, stderr } = await run(["probe", "fake"], { main: FAKE });
  assertEquals([code, stderr], [
    2,
    "error: probe needs a target: expected --target URL or --target engine:NAME\n",
  ]);
});

Deno.test("what a target echoes of secrets is not shown in any format", async (t) => {
  const secret = "hunter2hunter2";
  const flags = ["--header", `x-token: ${secret}`, "--target", `http://me:${secret}@127.0.0.1:1`];
  const formats = ["pretty", "json", "ndjson", "junit", "tap", "markdown", "vendor"];
  const steps = formats.map((format) => ({
    name: format,
    async fn() {
      const args = ["probe", "fake/echo", ...flags, "--format", format, "--verbose"];
      const { code, stdout, stderr } = await run(args, { main: FAKE });
      assertEquals([code, stderr], [1, ""]);
      assertMatch(stdout, /secret/);
      for (const one of [secret, btoa(`me:${secret}`)]) assert(!stdout.includes(one), stdout);
    },
  }));
  await sideBySide(t, 2, steps);
});

Deno.test("a defect is told in a line, with its stack only when verbose, and is no verdict", async () => {
  const plain = await run(["repro", "fake/defect", "--variant", "bug"], { main: FAKE });
  assertEquals(plain.code, 3);
  assertMatch(plain.stderr, /^error: fake\/defect@bug#1: a nut came loose\n$/);
  const verbose = await run(["repro", "fake/defect", "--verbose"], { main: FAKE });
  assertMatch(verbose.stderr, /a nut came loose\n.*\n\s+at /);
  const stray = await run(["repro", "fake/stray"], { main: FAKE });
  assertEquals(stray.code, 3);
  assertMatch(stray.stderr, /^error: a stray nut [^\n]*--verbose[^\n]*\n$/);
});

Deno.test("a permission that a run lacks is named with its flag", async () => {
  const { code, stderr } = await run(["repro", "fake/denied", "fake/endless"], { main: FAKE });
  assertEquals(code, 2);
  assertMatch(stderr, /^error: Missing permission: read access .*--allow-read=.*\n$/m);
});

Deno.test("a result on a full disk is an error", async () => {
  const status = await new Deno.Command("sh", {
    args: ["-c", '"$0" run --no-prompt "$1" list > /dev/full', Deno.execPath(), FAKE],
    stderr: "piped",
  }).output();
  assertEquals(status.code, 2);
  assertMatch(new TextDecoder().decode(status.stderr), /^error: Cannot write to standard output/);
});
