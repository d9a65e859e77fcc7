// What the command line says to what it does not understand: one line, the nearest match, exit 2.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { run, START } from "./cli_process.ts";
import { sideBySide } from "./side_by_side.ts";

/** How many command lines run at once: what one says does not hang on when it says it. */
const AT_ONCE = 3;

/** A command line, and what its one line on standard error must hold. */
const MISTAKES: readonly (readonly [string[], ...RegExp[]])[] = [
  [["rpro"], /'rpro'/, /expected repro, probe, serve, ws, matrix, engines, list/, /mean 'repro'/],
  [["matrx"], /Unknown command 'matrx'/, /mean 'matrix'/],
  [["matrix", "--engines", "ngix"], /Unknown engine 'ngix'/, /mean 'nginx'/],
  [
    ["matrix", "body-io", "--engines", "minio"],
    /^error: MinIO cannot be an s3-gateway \(body-io\): expected workerd\n$/,
  ],
  [
    ["matrix", "body-io", "cache-lock/close", "--engines", "nginx,minio"],
    /MinIO cannot be a caching-proxy \(cache-lock\) or an s3-gateway \(body-io\): expected nginx, /,
  ],
  [
    ["matrix", "ws-hibernation", "--engines", "workerd+repaired"],
    /no way around 'repaired' as a websocket-server \(ws-hibernation\): expected none\n$/,
  ],
  [["matrix", "cache-lock/clos"], /mean 'cache-lock\/close'/],
  [["matrix", "--all-cases"], /'--all-cases'/, /belongs to repro and probe/],
  [["engines", "instal", "pingora"], /Unexpected argument 'instal'/],
  [["engines", "install"], /engines install needs a name: expected pingora/],
  [["engines", "install", "nginx"], /apt-get install nginx/],
  [["engines", "install", "pingra"], /Unknown engine 'pingra'/, /mean 'pingora'/],
  [["--formt", "json"], /'--formt'/],
  [["help", "rpro"], /mean 'repro'/],
  [["help", "list", "list"], /Unexpected argument 'list'/],
  [["repro", "cash-lock"], /'cash-lock'/, /expected cache-lock/, /mean 'cache-lock'/],
  [["repro", "cache-lock/clos"], /'cache-lock\/clos'/, /mean 'cache-lock\/close'/],
  [["repro", ""], /Unknown scenario ''/],
  [["repro", "--num-reader", "3"], /'--num-reader'/, /mean '--num-readers'/],
  [["repro", "-5"], /Unknown flag '-5'/],
  [["repro", "--target", "http://127.0.0.1"], /'--target'/, /belongs to probe/],
  [["repro", "--proxy-port", "6148"], /'--proxy-port'/, /belongs to probe/],
  [["list", "--variant", "bug"], /'--variant'/, /belongs to repro and serve/],
  [["repro", "--num-readers"], /--num-readers needs a value/],
  [["repro", "--num-readers", "--strict"], /--num-readers needs a value/],
  [["repro", "--num-readers="], /--num-readers needs a value/],
  [["repro", "--num-readers", "-5"], /--num-readers: received '-5'/, /from 1 to/],
  [["repro", "--num-readers", "1e3"], /received '1e3'/],
  [["repro", "--num-readers", "99999999999999999999"], /received '9{20}'/],
  [["repro", "--num-readers", "2", "--num-readers", "3"], /given twice/],
  [["repro", "--strict=yes"], /--strict takes no value/],
  [["repro", "--origin-delay", "5x"], /--origin-delay/, /'5x'/, /ms, s, m or h/],
  [["repro", "--origin-delay", "-5s"], /--origin-delay/, /'-5s'/],
  [["repro", "--origin-delay=99999999h"], /'99999999h'/, /24h/],
  [["repro", "--variant", "bgu"], /--variant: received 'bgu'/, /expected bug, fix/, /mean 'bug'/],
  [["repro", "--speed", "5x"], /--speed: received '5x'/, /from 0.1 to 1000/],
  [["repro", "--speed", "0"], /--speed: received '0'/],
  [["repro", "--speed", "-1"], /--speed: received '-1'/],
  [["repro", "--speed", "2000"], /--speed: received '2000'/],
  [["repro", "--speed", "5", "--realtime"], /--speed and --realtime/],
  [["repro", "--repeat", "0"], /--repeat: received '0'/],
  [["repro", "--repeat", "1.5"], /whole number/],
  [["repro", "--format", "jsn"], /'jsn'/, /pretty, json, ndjson, junit, tap, markdown/, /'json'/],
  [["list", "--format", "tap"], /'tap'/, /pretty, json/],
  [["list", "extra"], /'extra'/],
  [["describe"], /describe needs a SELECTOR/],
  [["describe", "cache-lock", "cache-lock"], /Unexpected argument/],
  [["report"], /report needs a FILE/],
  [["serve", "slow-orign"], /'slow-orign'/, /expected slow-origin, /, /mean 'slow-origin'/],
  [["serve", "slow-origin", "--port", "70000"], /--port: received '70000'/],
  [["serve", "slow-origin", "--variant", "fix"], /--variant belongs to caching-proxy/],
  [["serve", "slow-origin", "--slow-origin-delay", "5"], /expected --delay/],
  [["serve", "--port", "1"], /--slow-origin-port or --caching-proxy-port/],
];

Deno.test("what is not understood gets one line that names it and exit code 2", async (t) => {
  const steps = MISTAKES.map(([args, ...expected]) => ({
    name: args.join(" "),
    async fn() {
      const { code, stdout, stderr } = await run(args);
      assertEquals(stdout, "");
      assertMatch(stderr, /^error: [^\n]*\n$/);
      for (const pattern of expected) assertMatch(stderr, pattern);
      assertEquals(code, 2);
    },
  }));
  await sideBySide(t, AT_ONCE, steps);
});

/** A probe's target and flags, and what the one line must hold. */
const BAD_TARGETS: readonly (readonly [string[], ...RegExp[]])[] = [
  [["--origin", "http://127.0.0.1:1"], /probe needs a target: expected --target URL/],
  [["--target", "localhost:80"], /'localhost:80'/, /http:\/\/ or https:\/\//],
  [["--target", "ftp://127.0.0.1"], /'ftp:\/\/127.0.0.1'/],
  [["--target", "http://"], /'http:\/\/'/],
  [["--target", "engine:ngix"], /Unknown engine 'ngix'/, /mean 'nginx'/],
  [
    ["--target", "engine:nginx", "--origin", "http://127.0.0.1:1"],
    /--origin is for targets that run/,
  ],
  [["--target", "engine:nginx", "--header", "a: b"], /--header is for targets that run already/],
  [["--target", "http://127.0.0.1/?a=b"], /--target: received a query/],
  [["--target", "http://127.0.0.1:1", "--proxy-port", "6148"], /--proxy-port stands for --target/],
  [["--proxy-port", "99999"], /--proxy-port: received '99999'/],
  [["--target", "http://127.0.0.1:1", "--origin", "x"], /--origin: received 'x'/],
  [["--target", "http://127.0.0.1:1", "--stats-url", "x"], /--stats-url: received 'x'/],
  [["--target", "http://127.0.0.1:1", "--host", "a b"], /--host: received 'a b'/],
  [["--target", "http://127.0.0.1:1", "--path", "x"], /--path: received 'x'/],
  [["--target", "http://127.0.0.1:1/a", "--path", "/x"], /--path: the target's URL has a path/],
  [["--target", "http://127.0.0.1:1", "--header", "host: x"], /--host/],
  [["--target", "http://127.0.0.1:1", "--header", "Content-Length: 5"], /'content-length'/],
  [["--target", "http://127.0.0.1:1", "--timeout", "0"], /--timeout: received '0'/],
  [["--target", "http://127.0.0.1:1", "--max-connections", "0"], /--max-connections/],
  [["--target", "http://192.0.2.1:81"], /--allow-net=192.0.2.1:81/],
  [["--target", "http://192.0.2.1", "--num-readers", "30"], /--max-connections \d\d allows it/],
];

Deno.test("a bad target is refused before anything is sent", async (t) => {
  const steps = BAD_TARGETS.map(([args, ...expected]) => ({
    name: args.join(" "),
    async fn() {
      const { code, stdout, stderr } = await run(["probe", "cache-lock", ...args]);
      assertEquals(stdout, "");
      assertMatch(stderr, /^error: [^\n]*\n$/);
      for (const pattern of expected) assertMatch(stderr, pattern);
      assertEquals(code, 2);
    },
  }));
  await sideBySide(t, AT_ONCE, steps);
});

Deno.test("an error never quotes a header's value or a URL's password", async (t) => {
  const secret = "hunter2hunter2";
  const lines = [
    ["--target", "http://127.0.0.1:1", "--header", secret],
    ["--target", "http://127.0.0.1:1", "--header", `x-token: ${secret}\ny`],
    ["--target", `ftp://me:${secret}@127.0.0.1:1`],
    ["--target", `me:${secret}@127.0.0.1:1`],
    ["--target", "http://127.0.0.1:1", "--origin", `http://me:${secret}@127.0.0.1:1`],
    ["--target", `http://me:${secret}@127.0.0.1:1`, "--header", "authorization: x"],
    ["--target", `http://me:${secret}@192.0.2.1:81`],
  ];
  const steps = lines.map((args) => ({
    name: args.join(" ").replaceAll("\n", " "),
    async fn() {
      const { code, stdout, stderr } = await run(["probe", "cache-lock", ...args]);
      assertEquals(code, 2);
      assert(!`${stdout}${stderr}`.includes(secret), stderr);
    },
  }));
  await sideBySide(t, AT_ONCE, steps);
});

const COMMANDS = [
  "repro",
  "probe",
  "serve",
  "ws",
  "matrix",
  "engines",
  "list",
  "describe",
  "report",
];

Deno.test("the help text lists every command, and --version fits in a line", async () => {
  const help = await run(["--help"], { permissions: [] });
  for (const name of COMMANDS) assertMatch(help.stdout, new RegExp(`^  ${name} `, "m"));
  assertEquals(help.code, 0);
  assertEquals((await run(["help"], { permissions: [] })).stdout, help.stdout);
  const version = await run(["--version"], { permissions: [] });
  assertMatch(version.stdout, /^edge-repro \d+\.\d+\.\d+\n$/);
  assertEquals([version.code, version.stderr], [0, ""]);
});

Deno.test("no command at all shows the help text on standard error and is not a success", async () => {
  const { code, stdout, stderr } = await run([], { permissions: [] });
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /Usage: /);
});

Deno.test("every command explains itself, with two examples, without permissions", async (t) => {
  const steps = COMMANDS.map((name) => ({
    name,
    async fn() {
      const { code, stdout, stderr } = await run([name, "--help"], { permissions: [] });
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `Usage: edge-repro ${name}`);
      const [, examples = ""] = stdout.split("\nExamples:\n");
      assertEquals(examples.trimEnd().split("\n").length, 2);
      for (const example of examples.trimEnd().split("\n")) {
        assert(example.startsWith(`  edge-repro ${name}`), example);
      }
      const flags = stdout.split("\nFlags:\n")[1]?.split("\n\n")[0] ?? "";
      assert(flags.split("\n").every((line) => line.length <= 80), flags);
      assertEquals((await run(["help", name], { permissions: [] })).stdout, stdout);
      assertEquals((await run([name, "--bogus", "-h"], { permissions: [] })).stdout, stdout);
    },
  }));
  await sideBySide(t, AT_ONCE, steps);
});

Deno.test("list and describe show the same in JSON as for people", async () => {
  const listed = JSON.parse((await run(["list", "--format", "json"], { permissions: [] })).stdout);
  const pretty = (await run(["list"], { permissions: [] })).stdout;
  for (const scenario of listed.scenarios) {
    for (const { selector } of scenario.cases) assertStringIncludes(pretty, selector);
  }
  for (const { name } of listed.servers) assertStringIncludes(pretty, name);

  const args = ["describe", "cache-lock/disconnect"];
  const described = JSON.parse((await run([...args, "--format=json"], { permissions: [] })).stdout);
  const text = (await run(args, { permissions: [] })).stdout.replaceAll(/\s+/g, " ");
  for (const key of ["claim", "provokes", "rule", "source"]) {
    assertStringIncludes(text, described[key].replaceAll(/\s+/g, " "));
  }
  const scenario = (await run(["describe", "cache-lock"], { permissions: [] })).stdout;
  assertStringIncludes(scenario, "--num-readers N");
});

Deno.test("a foreign, damaged or missing result file is named in one line", async (t) => {
  const result =
    (await run(["repro", "cache-lock", "--variant", "fix", "--format", "json"])).stdout;
  const files: [string, string, RegExp][] = [
    ["text", "hello", /not JSON/],
    ["empty", "", /not JSON/],
    ["foreign", '{"schema":"other@1"}', /not an edge-repro result/],
    ["null", "null", /not an edge-repro result/],
    ["version", result.replace("result@1", "result@2"), /'edge-repro\/result@2', expected/],
    ["damaged", result.replace('"verdict": "pass"', '"verdict": "maybe"'), /verdict/],
    ["cut", result.slice(0, result.length / 2), /not JSON/],
  ];
  const steps = files.map(([name, stdin, expected]) => ({
    name,
    async fn() {
      const { code, stdout, stderr } = await run(["report", "-"], { stdin });
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, /^error: [^\n]*standard input[^\n]*\n$/);
      assertMatch(stderr, expected);
    },
  }));
  await sideBySide(t, AT_ONCE, steps);
  const missing = await run(["report", "/nowhere/result.json"], { permissions: START });
  assertMatch(missing.stderr, /^error: Cannot read \/nowhere\/result.json: [^\n]*\n$/);
  const refused = await run(["report", "result.json"]);
  assertMatch(refused.stderr, /^error: [^\n]*--allow-read=result.json[^\n]*deno task start\n$/);
  assertEquals([missing.code, refused.code], [2, 2]);
});
