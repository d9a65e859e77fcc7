// Engines on the command line: listed, probed, compared, served, and gone afterwards.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { engines } from "../engines/engines.ts";
import { findEngine } from "../engines/find.ts";
import { folderPrefix } from "../engines/folder.ts";
import { nginx } from "../engines/nginx.ts";
import { assertGone, assertRefused, foldersOf, isRunning } from "../engines/testing_engine.ts";
import { resultSchema } from "../lab/result.ts";
import { MATRIX, run, Running } from "./cli_process.ts";

/** The permissions of the task `engines`. */
const ENGINES = ["--allow-run=sh", "--allow-write=/tmp"];

const installed = await findEngine(nginx);
if (installed === undefined) {
  console.warn(
    "NOT TESTED: nginx is not installed (apt-get install nginx), tests/cli_engines_test.ts",
  );
}

/** A test that needs a real engine. */
function withNginx(name: string, fn: () => Promise<void>): void {
  const skipped = installed === undefined;
  Deno.test({
    name: skipped ? `NOT TESTED, nginx is not installed: ${name}` : name,
    ignore: skipped,
    fn,
  });
}

/** Stands for nginx, and dies in the middle of a run. */
const DYING = new URL("../engines/testing_dying.ts", import.meta.url).pathname;

/** A program in place of nginx that knows its version and otherwise does what `script` says. */
async function impostor(
  script: string,
): Promise<AsyncDisposable & { env: Record<string, string> }> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/nginx`;
  const text = `#!/bin/sh\n[ "$1" = -v ] && { echo nginx/0.0.1 >&2; exit; }\n${script}\n`;
  await Deno.writeTextFile(path, text, { mode: 0o755 });
  return {
    env: { EDGE_REPRO_NGINX: path },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

Deno.test("engines: every one is listed, with where it is or how to install it", async () => {
  const env = { EDGE_REPRO_NGINX: "/nowhere/nginx" };
  const { code, stdout } = await run(["engines"], { permissions: ENGINES, env });
  assertEquals(code, 0);
  for (const { name } of engines) assertMatch(stdout, new RegExp(`^${name} `, "m"));
  assertMatch(stdout, /^nginx +- +caching-proxy\s+apt-get install nginx/m);

  const listed = await run(["engines", "--format", "json"], { permissions: ENGINES, env });
  const rows: { name: string; version: string | null; roles: string[] }[] = JSON.parse(
    listed.stdout,
  );
  assertEquals(rows.map(({ name }) => name), engines.map(({ name }) => name));
  assertEquals(rows.find(({ name }) => name === "nginx")?.version, null);
});

Deno.test("engines install: without the tool that builds it, says what to install", async () => {
  const tools = await Deno.makeTempDir();
  for (const name of ["id", "nice", "rm", "setsid", "sh", "sleep"]) {
    await Deno.symlink(`/usr/bin/${name}`, `${tools}/${name}`);
  }
  const env = { PATH: tools, CARGO_HOME: "/nowhere", EDGE_REPRO_PINGORA: "/nowhere" };
  const { code, stdout, stderr, pid } = await run(["engines", "install", "pingora"], {
    permissions: ENGINES,
    env,
  });
  await Deno.remove(tools, { recursive: true });
  assertEquals([code, stdout], [2, ""]);
  assertMatch(
    stderr,
    /^error: Cannot build Pingora: no cargo here; install Rust 1\.85 or later.*\n$/,
  );
  assertEquals(await foldersOf("build-pingora", pid), []);
});

Deno.test("an engine whose variable names no program is inconclusive, and the variable is named", async () => {
  const { code, stdout } = await run(
    ["probe", "cache-lock", "--target", "engine:nginx", "--format", "json"],
    { permissions: MATRIX, env: { EDGE_REPRO_NGINX: "/nowhere/nginx" } },
  );
  assertEquals(code, 3);
  const [one] = resultSchema.parse(JSON.parse(stdout)).runs;
  assertEquals([one?.verdict, one?.unmet], ["inconclusive", undefined]);
  assertMatch(
    one?.reason ?? "",
    /^Cannot find nginx: EDGE_REPRO_NGINX names '\/nowhere\/nginx', expected a program; left unset/,
  );
});

Deno.test("an engine that dies at its start is inconclusive, with the end of its log; the matrix is incomplete", async () => {
  await using fake = await impostor("echo 'unknown directive \"colour\"' >&2; exit 1");
  const { code, stdout } = await run(
    ["matrix", "cache-lock/collapse", "--engines", "nginx", "--format", "json"],
    { permissions: MATRIX, env: fake.env },
  );
  assertEquals(code, 3);
  const result = resultSchema.parse(JSON.parse(stdout));
  assertEquals(result.runs.map(({ verdict }) => verdict), ["pass", "pass", "inconclusive"]);
  assertMatch(
    result.runs[2]?.reason ?? "",
    /nginx ended with exit code 1: unknown directive "colour"$/,
  );
});

for (
  const [dies, why] of [
    ["writer", "when it is asked, which no reader could be blamed for"],
    ["reader", "when a reader leaves, which looks as if it had let go of all of them"],
  ] as const
) {
  Deno.test(`an engine that dies in mid-run is inconclusive: ${why}`, async (t) => {
    // Its last argument but two is the configuration: `-p FOLDER -c CONFIG -e stderr`.
    await using fake = await impostor(
      `exec '${Deno.execPath()}' run -A --quiet '${DYING}' "$4" ${dies}`,
    );
    const commands = [
      ["probe", "cache-lock/disconnect", "--target", "engine:nginx"],
      ["matrix", "cache-lock/disconnect", "--engines", "nginx"],
    ];
    for (const command of commands) {
      await t.step(command.join(" "), async () => {
        const { code, stdout, stderr, pid } = await run([...command, "--format", "json"], {
          permissions: MATRIX,
          env: fake.env,
        });
        assertEquals(code, 3, stderr);
        const { runs } = resultSchema.parse(JSON.parse(stdout));
        const [one, ...others] = runs.filter(({ target }) => target.kind === "engine");
        assertEquals(others, []);
        assertEquals([one?.verdict, one?.unmet], ["inconclusive", undefined], one?.reason);
        assertMatch(one?.reason ?? "", /^nginx ended with exit code 1: it died of [^|]+$/);
        assertStringIncludes(one?.reason ?? "", dies);
        assertEquals(await foldersOf("nginx", pid), []);
        await assertGone(folderPrefix("nginx", pid));
      });
    }
  });
}

Deno.test("matrix: our own servers alone make a table, whatever is found exits 0", async () => {
  const { code, stdout, stderr } = await run(
    ["matrix", "cache-lock/disconnect", "cache-lock/collapse", "--engines", "none"],
    { permissions: MATRIX },
  );
  assertEquals([code, stderr], [0, ""]);
  assertMatch(stdout, /^ +bug +fix$/m);
  assertMatch(stdout, /^cache-lock\/disconnect +fail [\d.]+ m?s +pass [\d.]+ m?s$/m);
  assertMatch(stdout, /^cache-lock\/collapse +pass 1× +pass 1×$/m);
});

withNginx("probe: an engine is started, probed at its own pace and stopped", async () => {
  const { code, stdout } = await run(
    ["probe", "cache-lock/collapse", "--target", "engine:nginx", "--format", "json"],
    { permissions: MATRIX },
  );
  assertEquals(code, 0, stdout);
  const result = resultSchema.parse(JSON.parse(stdout));
  const [one] = result.runs;
  assertEquals([one?.verdict, one?.target.kind, one?.speed], ["pass", "engine", result.speed]);
  assertEquals(one?.target.version, installed?.version);
  // It looks at its lock every 500 ms: threshold and delays stay at twice that or more.
  for (const name of ["thresholdMs", "originDelayMs", "disconnectDelayMs"]) {
    assert(Number(one?.params[name]) >= 1_000, name);
  }
});

withNginx(
  "matrix: engines stand beside our own servers, with versions, repeats and kernel",
  async () => {
    const { code, stdout } = await run(
      ["matrix", "cache-lock/close", "--engines", "nginx", "--repeat", "2", "--format", "json"],
      { permissions: MATRIX },
    );
    assertEquals(code, 0);
    const { runs, tool } = resultSchema.parse(JSON.parse(stdout));
    assertEquals(runs.map(({ variant, target }) => variant ?? target.name), [
      ...["bug", "bug", "fix", "fix"],
      ...["nginx", "nginx"],
    ]);
    assertEquals(runs.map(({ repeat }) => repeat), [1, 2, 1, 2, 1, 2]);
    assert(tool.kernel && Deno.osRelease().startsWith(tool.kernel), tool.kernel);
  },
);

withNginx("matrix: stopping it in the middle leaves no process, port or folder", async () => {
  await using child = new Running(
    ["matrix", "cache-lock/hang", "--engines", "nginx", "--repeat", "3", "--format", "ndjson"],
    { permissions: MATRIX },
  );
  const waiting = new Set<string>();
  await child.line((line) => {
    const { type, id, event } = JSON.parse(line);
    const queued = type === "event" && id.includes("@nginx") && event === "readers-queued";
    return queued && waiting.add(id).size === 3;
  });
  const made = await foldersOf("nginx", child.pid);
  assertEquals(made.length, 3);
  child.kill("SIGINT");
  const { code, stderr } = await child.finished();
  assertEquals(code, 130);
  assertMatch(stderr, /^interrupted: \d of 9 runs were finished\n$/m);
  assertEquals(await foldersOf("nginx", child.pid), []);
  for (const name of made) await assertGone(name);
});

withNginx("serve: an engine takes the place of our own proxy, wired to the origin", async () => {
  const flags = [
    "--slow-origin-port",
    "0",
    "--slow-origin-delay",
    "10ms",
    "--caching-proxy-port",
    "0",
  ];
  await using child = new Running(["serve", "slow-origin", "engine:nginx", ...flags], {
    permissions: MATRIX,
  });
  const line = await child.line((one) => one.trim().startsWith("engine:nginx "));
  const url = line.trim().split(/\s+/)[1] ?? "";
  const answer = await fetch(`${url}/hello`);
  assertStringIncludes(answer.headers.get("server") ?? "", "nginx");
  assertMatch(await answer.text(), /\/hello/);
  const [made, ...others] = await foldersOf("nginx", child.pid);
  assert(made !== undefined && others.length === 0);
  assert(await isRunning(made));
  child.kill("SIGINT");
  assertEquals((await child.finished()).code, 0);
  await assertRefused(Number(new URL(url).port));
  assertEquals(await foldersOf("nginx", child.pid), []);
  await assertGone(made);
});

Deno.test("serve: what an engine cannot be told, and where it cannot be, is said in a line", async (t) => {
  const lines: readonly (readonly [string[], RegExp])[] = [
    [
      ["engine:nginx", "--variant", "fix"],
      /--variant is for our own caching-proxy: nginx has no such setting/,
    ],
    [
      ["engine:varnish", "--lock-wait-timeout", "5"],
      /--lock-wait-timeout is .*Varnish has no such/,
    ],
    [["engine:ngix"], /Unknown engine 'ngix'.*mean 'nginx'/],
    [["engine:nginx", "caching-proxy"], /engine:nginx takes the place of caching-proxy/],
    [["engine:nginx", "engine:pingora"], /engine:pingora takes the place of caching-proxy/],
    [["engine:nginx", "--port", "0", "--host", "0.0.0.0"], /engines listen on 127\.0\.0\.1 only/],
  ];
  for (const [args, expected] of lines) {
    await t.step(args.join(" "), async () => {
      const { code, stdout, stderr } = await run(["serve", ...args], { permissions: MATRIX });
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, /^error: [^\n]*\n$/);
      assertMatch(stderr, expected);
    });
  }
});
