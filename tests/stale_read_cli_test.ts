// The command line of `probe stale-read`: keys and flags, each mistake one line and an exit code.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { resultSchema } from "../lab/result.ts";
import { closedPort, saying, startHandler, startRaw } from "./targets.ts";
import { Running } from "./cli_process.ts";
import {
  checkNoSecret,
  ENV,
  KEY,
  probe,
  QUICK,
  startBehind,
  startOptions,
} from "./store_behind.ts";
import { inFolder } from "./store_folder.ts";

const AT = ["--target", "http://127.0.0.1:1"];
const R2 = { R2_ACCESS_KEY_ID: "r2-key-of-a-test", R2_SECRET_ACCESS_KEY: "r2-secret-of-a-test" };
const SECRET = "hunter2hunter2";

/** Mistakes that are found before anything is sent: flags, variables, and what the line must hold. */
const MISTAKES: readonly [string, string[], Record<string, string>, ...RegExp[]][] = [
  ["half a pair", AT, { AWS_ACCESS_KEY_ID: "x" }, /AWS_ACCESS_KEY_ID, expected AWS_SECRET_ACCESS/],
  ["the other half", AT, { R2_SECRET_ACCESS_KEY: SECRET }, /expected R2_ACCESS_KEY_ID with it/],
  ["a token alone", AT, { AWS_SESSION_TOKEN: SECRET }, /token alone/],
  ["two pairs", AT, { ...ENV, ...R2 }, /both AWS_ACCESS_KEY_ID and R2_ACCESS_KEY_ID/],
  ["a line break", AT, { ...ENV, AWS_SECRET_ACCESS_KEY: `a ${SECRET}` }, /white space/],
  ["an unknown profile", [...AT, "--profile", "nobody"], {}, /Cannot find profile 'nobody'/],
  ["a region", [...AT, "--region", "mars!"], ENV, /--region: received 'mars!'/],
  ["a bucket", [...AT, "--bucket", "../b"], ENV, /--bucket: received '..\/b'/],
  ["no bucket", [...AT, "--public-url", "http://127.0.0.1:1"], ENV, /--bucket NAME with it/],
  ["another URL", [...AT, "--other-region-url", "x"], ENV, /--other-region-url: received 'x'/],
  [
    "a public URL with a query",
    [...AT, "--bucket", "given", "--public-url", `http://127.0.0.1/?t=${SECRET}`],
    ENV,
    /--public-url: received more than an address/,
  ],
  [
    "an origin",
    [...AT, "--origin", "http://127.0.0.1:1"],
    ENV,
    /--origin is for a target of the role/,
  ],
  ["authorization", [...AT, "--header", `authorization: ${SECRET}`], ENV, /made of your keys/],
  [
    "user and password",
    ["--target", `http://me:${SECRET}@127.0.0.1:1`],
    ENV,
    /expected keys in AWS_\*/,
  ],
  ["no target", [], ENV, /expected --target URL/],
  ["the bucket's URL", ["--target", "http://127.0.0.1:1/clips/"], ENV, /--bucket clips/],
];

Deno.test("a mistake in keys or flags is one line, exit code 2, and nothing is sent", async (t) => {
  for (const [what, args, env, ...expected] of MISTAKES) {
    await t.step(what, async () => {
      const { code, stdout, stderr } = await probe(args, { env });
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, /^error: [^\n]*\n$/);
      for (const pattern of expected) assertMatch(stderr, pattern);
      assert(!stderr.includes(SECRET), stderr);
    });
  }
});

Deno.test("each flag of a store is refused for another role, by its name", async (t) => {
  for (const flag of ["bucket", "public-url", "region", "other-region-url", "profile"]) {
    await t.step(flag, async () => {
      const selector = "cache-lock";
      const args = [...AT, `--${flag}`, "http://127.0.0.1:1"];
      const { code, stdout, stderr } = await probe(args, { selector, pace: [] });
      assertMatch(
        stderr,
        new RegExp(`^error: --${flag} is for a target of the role object-store( or s3-gateway)?: `),
      );
      assertEquals([code, stdout], [2, ""]);
    });
  }
});

Deno.test("bug is exit code 1 and fix 0, with keys of either kind or of a profile", async (t) => {
  for (const variant of ["bug", "fix"] as const) {
    await using store = await startBehind(variant);
    const code = variant === "bug" ? 1 : 0;
    const verdict = variant === "bug" ? "fail" : "pass";
    await t.step(`${variant}, JSON through a pipe`, async () => {
      const found = await probe(["--target", store.url, "--format", "json"]);
      assertEquals(found.stderr, "");
      const [run] = resultSchema.parse(JSON.parse(found.stdout)).runs;
      assertEquals([found.code, run?.verdict], [code, verdict], run?.reason);
    });
    await t.step(
      `${variant}, R2 and a bucket of one's own, in a file`,
      () =>
        inFolder(async (folder) => {
          const file = `/tmp/${folder.split("/").at(-1)}.json`;
          try {
            const env = {
              R2_ACCESS_KEY_ID: KEY.accessKeyId,
              R2_SECRET_ACCESS_KEY: KEY.secretAccessKey,
            };
            const more = [
              "--bucket=given",
              "--public-url",
              `${store.url}/_edge-repro/public/given`,
            ];
            const args = ["--target", store.url, ...more, "--format=json", "--output", file];
            const found = await probe(args, { env });
            assertEquals([found.code, found.stdout], [code, ""], found.stderr);
            const text = await Deno.readTextFile(file);
            checkNoSecret({ stdout: text, stderr: "" });
            const [run] = resultSchema.parse(JSON.parse(text)).runs;
            assertEquals(run?.verdict, verdict, run?.reason);
            assert(
              run?.timeline.some(({ lane }) => lane === "public-url"),
              JSON.stringify(run?.timeline),
            );
          } finally {
            await Deno.remove(file).catch(() => {});
          }
        }),
    );
    await t.step(
      `${variant}, a profile, another region, the vendor's report`,
      () =>
        inFolder(async (home) => {
          await Deno.mkdir(`${home}/.aws`);
          const lines = [
            "[mine]",
            `aws_access_key_id = ${KEY.accessKeyId}`,
            `aws_secret_access_key = ${KEY.secretAccessKey}`,
            "region = weur",
          ];
          await Deno.writeTextFile(`${home}/.aws/credentials`, `${lines.join("\n")}\n`);
          const more = ["--profile=mine", "--other-region-url", store.otherUrl, "--format=vendor"];
          const found = await probe(["--target", store.url, ...more], { env: {}, home });
          assertEquals(found.code, code, found.stderr);
          const title = variant === "bug" ? /^# Bug report\n/ : /^# Nothing to report\n/;
          assertMatch(found.stdout, title);
          if (variant === "fix") return;
          const command =
            `--target ${store.url} --other-region-url ${store.otherUrl} --profile mine`;
          assertStringIncludes(found.stdout, `probe stale-read ${command}`);
          // And for this one case.
          assertMatch(
            found.stdout,
            /^edge-repro probe stale-read\/abandoned-get .*--other-region-url \S+ --profile mine /m,
          );
          assertStringIncludes(found.stdout, "$AWS_SECRET_ACCESS_KEY");
        }),
    );
    assertEquals(store.names(), ["given"]);
  }
});

/** Targets that are no S3 API, and what is said of them. */
const NO_STORES: Readonly<Record<string, () => Promise<AsyncDisposable & { url: string }>>> = {
  html: () =>
    startHandler(() => new Response("<html>", { headers: { "content-type": "text/html" } })),
  json: () => startHandler(() => Response.json({ ok: true })),
  ssh: () => Promise.resolve(startRaw(saying("SSH-2.0-OpenSSH_9.2\r\n"))),
};

Deno.test("an endpoint that is no S3 is exit code 3 and one reason, and nothing is left there", async (t) => {
  for (const [what, start] of Object.entries(NO_STORES)) {
    await t.step(what, async () => {
      await using target = await start();
      const { code, stdout, stderr } = await probe(["--target", target.url, "--format", "json"]);
      const [run] = resultSchema.parse(JSON.parse(stdout)).runs;
      assertEquals([code, run?.verdict, stderr], [3, "inconclusive", ""]);
      assertMatch(
        run?.reason ?? "",
        /not as S3: received 200|not with HTTP: expected the endpoint/,
      );
    });
  }
  await t.step("nothing", async () => {
    const args = ["--target", `http://127.0.0.1:${closedPort()}`, "--format", "json"];
    const { code, stdout, stderr } = await probe(args);
    // What was never there was not left behind.
    assertEquals([code, stderr], [3, ""]);
    assertMatch(stdout, /the connection was refused, [^"]*; start it, or check --target/);
  });
  await t.step("plain HTTP where TLS was meant", async () => {
    await using store = await startBehind("fix");
    for (const insecure of [[], ["--insecure"]]) {
      const args = ["--target", store.url.replace("http:", "https:"), ...insecure];
      const { code, stdout } = await probe([...args, "--format", "json"]);
      assertEquals(code, 3);
      assertMatch(stdout, /check whether --target should begin with http:/);
    }
  });
});

Deno.test("Ctrl-C in the middle is 130, and object and bucket are gone", async () => {
  for (const [event, pace] of [["left-unread", QUICK], ["uploaded", QUICK]] as const) {
    await using store = await startBehind("bug");
    const args = ["probe", "stale-read", "--target", store.url, ...pace, "--format", "ndjson"];
    await using child = new Running(args, await startOptions());
    await child.line((line) => line.includes(`"${event}"`));
    assert(store.names().length > 1);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.finished();
    assertEquals([code, stderr], [130, "interrupted: 0 of 1 runs were finished\n"], stdout);
    assertEquals(store.names(), ["given"]);
  }
});

Deno.test("on a terminal of 40 columns no line is longer", async () => {
  await using store = await startBehind("bug");
  const { permissions, env } = await startOptions();
  const main = new URL("../main.ts", import.meta.url).pathname;
  const command = [Deno.execPath(), "run", "--no-prompt", ...permissions, main, "probe"];
  const line = [...command, "stale-read", "--target", store.url, ...QUICK, "--no-color"].join(" ");
  let output: Deno.CommandOutput;
  try {
    output = await new Deno.Command("script", {
      args: ["-qec", `stty cols 40; exec ${line}`, "/dev/null"],
      env,
      stdin: "null",
    }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    console.warn("NOT TESTED: a narrow terminal: the program script is not installed");
    return;
  }
  const text = new TextDecoder().decode(output.stdout);
  checkNoSecret({ stdout: text, stderr: "" });
  assertEquals(output.code, 1, text);
  // deno-lint-ignore no-control-regex -- what is drawn over while it runs cannot be read in the end
  const drawnOver = /.*\x1b\[2?K|.*\r|\x1b\[[\d?]*\w/g;
  const lines = text.split(/\r?\n/).map((one) => one.replaceAll(drawnOver, ""));
  assert(lines.some((one) => one.includes("stale-read/abandoned-get")), text);
  const long = lines.filter((one) => one.length > 40 && /\s/.test(one.trim()));
  assertEquals(long, []);
});
