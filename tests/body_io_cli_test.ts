// The command line of `probe body-io`: what it is told of a gateway, and what it says where a need is missing.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { resultSchema } from "../lab/result.ts";
import { embedSwitched } from "../scenarios/body_io/embed.ts";
import { bodyIoParams } from "../scenarios/body_io/params.ts";
import { switched } from "../scenarios/body_io/switched_case.ts";
import { run } from "./cli_process.ts";
import { casesOf } from "./body_io_runs.ts";

const SMALL = ["--num-uploads=4", "--large-uploads=1"];

/** A gateway, and how the command line is told of it. */
async function startGateway(scope: AsyncDisposableStack, variant: "bug" | "fix") {
  const params = bodyIoParams.parse({ stsDelayMs: 300 });
  const [one] = casesOf("put-framing");
  assert(one);
  const switches = switched(["readBody", "framing"], variant);
  const { access } = await embedSwitched({ params, clock: realClock, scope, case: one }, switches);
  const { credentials } = access.store ?? {};
  assert(credentials && access.statsUrl && access.backendLogUrl);
  return {
    secret: credentials.secretAccessKey,
    env: {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
    args: [
      ...["--target", access.url.origin, "--bucket", access.store?.bucket ?? "", "--region=auto"],
      ...["--stats-url", access.statsUrl.href, "--backend-log", access.backendLogUrl.href],
    ],
  };
}

for (const variant of ["bug", "fix"] as const) {
  Deno.test(`a gateway by its flags: ${variant} is exit code ${variant === "bug" ? 1 : 0}`, async () => {
    await using scope = new AsyncDisposableStack();
    const { args, env, secret } = await startGateway(scope, variant);
    const told = ["probe", "body-io/multipart-burst", "--format=json", ...SMALL, ...args];
    const { code, stdout, stderr } = await run(told, { env });
    assertEquals(code, variant === "bug" ? 1 : 0, stdout + stderr);
    const [found] = resultSchema.parse(JSON.parse(stdout)).runs;
    assertEquals(found?.verdict, variant === "bug" ? "fail" : "pass");
    assert(!stdout.includes(secret) && !stderr.includes(secret));
    const framing = await run(["probe", "body-io/put-framing", ...args], { env });
    assertEquals(framing.code, variant === "bug" ? 1 : 0, framing.stdout + framing.stderr);
    assertMatch(
      framing.stdout,
      variant === "bug" ? /chunked, without/ : /with its\s+Content-Length/,
    );
  });
}

Deno.test("a need that is missing is named with its flag", async () => {
  const at = ["--target", "http://127.0.0.1:1", "--bucket", "given"];
  for (
    const [id, flag] of [
      ["put-framing", "--backend-log"],
      ["flat-memory", "--stats-url"],
      ["sts-fails", "--sts"],
    ] as const
  ) {
    const { code, stdout } = await run(["probe", `body-io/${id}`, ...at]);
    assertEquals(code, 0, id);
    assert(stdout.includes(flag), stdout);
    assertEquals((await run(["probe", `body-io/${id}`, ...at, "--strict"])).code, 3);
  }
});

Deno.test("flags of a gateway are refused for another role, and those of a store alone for a gateway", async () => {
  const at = ["--target", "http://127.0.0.1:1"];
  for (
    const [selector, flag, expected] of [
      ["stale-read", "--backend-log", /role s3-gateway: /],
      ["cache-lock", "--sts", /role s3-gateway: /],
      ["body-io", "--public-url", /role object-store: /],
      ["body-io", "--origin", /role caching-proxy: /],
    ] as const
  ) {
    const { code, stderr } = await run(["probe", selector, ...at, flag, "http://127.0.0.1:1"]);
    assertEquals(code, 2);
    assertMatch(stderr, /^error: [^\n]*\n$/);
    assertMatch(stderr, expected);
  }
});

Deno.test("without the SDK's permissions the burst is unmet, and says which", async () => {
  const permissions = ["--allow-net=127.0.0.1", "--allow-env=AWS_ACCESS_KEY_ID"];
  const { code, stdout, stderr } = await run(["repro", "body-io/multipart-burst", "--strict"], {
    permissions,
  });
  assertEquals(code, 3, stderr);
  assertMatch(stdout, /needs\s+permission\s+to\s+use\s+the\s+AWS\s+SDK/);
});
