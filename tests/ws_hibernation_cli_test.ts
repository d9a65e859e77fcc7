// The command line of `probe ws-hibernation` and `repro ws-hibernation`: URLs, flags and exit codes.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { resultSchema } from "../lab/result.ts";
import { listen } from "../servers/listen.ts";
import { STATS_PATH } from "../servers/server.ts";
import { createWsEcho } from "../servers/ws_echo/ws_echo.ts";
import { REPRO, run, Running } from "./cli_process.ts";
import { startHandler } from "./targets.ts";
import { nothingLeft, startEcho } from "./ws_hibernation_runs.ts";

/** A silence of a second: the hosts of these tests evict after half of one. */
const QUICK = ["--speed", "20", "--idle", "20s"];

const probe = (args: readonly string[]) => run(["probe", "ws-hibernation", ...args]);

/** The WebSocket's own URL, as the report's client has it. */
const socketOf = (url: string) => `${url.replace("http:", "ws:")}/websocket`;

/** Mistakes that are found before anything is sent, and what the line must hold. */
const MISTAKES: readonly [string, string[], RegExp][] = [
  ["another path", ["--target", "ws://127.0.0.1:1/chat"], /--websocket-path \/chat, a prefix with/],
  ["a query", ["--target", "ws://127.0.0.1:1/websocket?object=a"], /received a query/],
  ["another scheme", ["--target", "ftp://127.0.0.1:1"], /--target: received 'ftp:/],
  [
    "an origin",
    ["--target", "ws://127.0.0.1:1", "--origin", "http://a"],
    /of the role caching-proxy/,
  ],
  ["a bucket", ["--target", "ws://127.0.0.1:1", "--bucket", "abc"], /of the role object-store/],
  ["a relative path", ["--target", "ws://127.0.0.1:1", "--websocket-path", "a"], /begins with \//],
  ["two targets", ["--target", "ws://127.0.0.1:1", "--worker-port", "1"], /expected one of them/],
  ["no clients", ["--target", "ws://127.0.0.1:1", "--num-clients", "1"], /from 2 to/],
];

Deno.test("a mistake in flags is one line, exit code 2, and nothing is sent", async (t) => {
  for (const [what, args, expected] of MISTAKES) {
    await t.step(what, async () => {
      const { code, stdout, stderr } = await probe(args);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, /^error: [^\n]*\n$/);
      assertMatch(stderr, expected);
    });
  }
});

Deno.test("a WebSocket's URL is for this role only", async () => {
  const { code, stderr } = await run(["probe", "cache-lock", "--target", "ws://127.0.0.1:1"]);
  assertEquals(code, 2);
  assertMatch(stderr, /expected a URL that begins with http:\/\/ or https:\/\//);
});

Deno.test("bug is exit code 1 and fix 0, by the WebSocket's own URL, the server's or its port", async () => {
  for (const [variant, code, verdict] of [["bug", 1, "fail"], ["fix", 0, "pass"]] as const) {
    await using target = await startEcho(variant);
    const { port } = new URL(target.url);
    const ways = [
      ["--target", socketOf(target.url)],
      ["--target", target.url],
      ["--worker-port", port],
    ];
    await Promise.all(ways.map(async (way) => {
      const found = await probe([...way, ...QUICK, "--format", "json"]);
      assertEquals([found.code, found.stderr], [code, ""]);
      const [one] = resultSchema.parse(JSON.parse(found.stdout)).runs;
      assertEquals([one?.verdict, one?.target.url], [verdict, target.url], one?.reason);
      assert(!("workerPort" in (one?.params ?? {})));
    }));
  }
});

Deno.test("a server below a prefix is found by either of its URLs", async () => {
  const echo = await createWsEcho({ basePath: "/below/here", hibernateAfterMs: 500 });
  const listening = await listen(echo);
  try {
    const below = `${listening.url}/below/here`;
    const ways = [
      ["--target", socketOf(below)],
      ["--target", below],
      ["--target", listening.url, "--path", "/below/here"],
    ];
    for (const way of ways) {
      const { code, stdout } = await probe([...way, ...QUICK]);
      assertEquals(code, 0, stdout);
    }
  } finally {
    await listening.close();
    await echo.close();
  }
});

Deno.test("the vendor's report names the command, and what the figures tell", async () => {
  await using target = await startEcho("bug");
  const statsUrl = `${target.url}${STATS_PATH}`;
  const args = ["--target", socketOf(target.url), "--stats-url", statsUrl, ...QUICK];
  const { code, stdout } = await probe([...args, "--format", "vendor"]);
  assertEquals(code, 1);
  assertMatch(stdout, /^# Bug report\n/);
  assertStringIncludes(stdout, `probe ws-hibernation --target ${socketOf(target.url)} `);
  assertStringIncludes(stdout, "what it sent was lost on its way");
  assertMatch(stdout, /--idle 20000ms/);
});

Deno.test("what is shown ends as the report's client does", async () => {
  const { code, stdout, stderr } = await run(["repro", "ws-hibernation", "--no-color"], {
    permissions: REPRO,
  });
  assertEquals([code, stderr], [0, ""], stdout);
  assertMatch(stdout, /Welcome message received\n +Messages sent: 6\n +Zero responses from server/);
  assertMatch(stdout, /Responses: 6 \(0 timed out\)/);
});

Deno.test("what is no WebSocket server is exit code 3 and says how it answered", async () => {
  await using website = await startHandler(() => new Response("hello"));
  const { code, stdout, stderr } = await probe(["--target", website.url, ...QUICK]);
  assertEquals([code, stderr], [3, ""], stdout);
  assertMatch(stdout, /200/);
});

Deno.test("Ctrl-C in the silence is 130, and the target is left at once", async () => {
  await using target = await startEcho("fix");
  const args = ["probe", "ws-hibernation", "--target", socketOf(target.url), "--format", "ndjson"];
  await using child = new Running(args);
  await child.line((line) => line.includes('"silence"'));
  child.kill("SIGINT");
  const { code, stderr } = await child.finished();
  assertEquals([code, stderr], [130, "interrupted: 0 of 1 runs were finished\n"]);
  await nothingLeft(target.echo);
});
