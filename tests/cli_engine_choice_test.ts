// Which engines a command takes: those that can be what a scenario needs, and that are found.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { engines } from "../engines/engines.ts";
import { resultSchema } from "../lab/result.ts";
import { MATRIX, run } from "./cli_process.ts";

/** A scenario, an engine that cannot be its target, and what the one line must hold. */
const UNFIT: readonly (readonly [string, string, RegExp])[] = [
  ["body-io", "minio", /MinIO cannot be an s3-gateway \(body-io\): expected engine:workerd\n$/],
  [
    "stale-read",
    "nginx",
    /nginx cannot be an object-store \(stale-read\): .*engine:minio, engine:/,
  ],
  [
    "ws-hibernation",
    "workerd+repaired",
    /no way around 'repaired' as a websocket-server .*none\n$/,
  ],
];

Deno.test("an engine that cannot be what a scenario needs is refused before it is looked for", async (t) => {
  for (const [scenario, engine, expected] of UNFIT) {
    await t.step(`${scenario} ${engine}`, async () => {
      // Without the permission to run anything, which looking for an engine takes.
      const { code, stdout, stderr } = await run([
        ...["probe", scenario, "--target", `engine:${engine}`],
      ]);
      assertEquals([code, stdout], [2, ""]);
      assertMatch(stderr, /^error: [^\n]*\n$/);
      assertMatch(stderr, expected);
    });
  }
});

Deno.test("matrix: an engine that was not found is named, with the variable that leads nowhere", async () => {
  // No engine is found: each is looked for where its variable says.
  const env = Object.fromEntries(engines.map(({ variable }) => [variable, "/nowhere"]));
  const { code, stderr } = await run(["matrix", "cache-lock/collapse"], {
    permissions: MATRIX,
    env,
  });
  assertEquals(code, 0);
  assertMatch(stderr, /^not installed here: [^\n]*; 'engines' says how to install them\n$/);
  for (const { name, variable } of engines) {
    assertStringIncludes(stderr, `${name} (${variable} names '/nowhere', which is no program)`);
  }
});

Deno.test("matrix: an engine that was named is left out where it has not the role with its way around", async () => {
  const cases = ["ws-hibernation/plain-accept", "body-io/checksums", "cache-lock/collapse"];
  const { stdout } = await run(
    [
      "matrix",
      ...cases,
      "--engines",
      "workerd+repaired,nginx",
      "--speed",
      "50",
      "--format",
      "json",
    ],
    { permissions: MATRIX, env: { EDGE_REPRO_WORKERD: "/nowhere", EDGE_REPRO_NGINX: "/nowhere" } },
  );
  const { runs } = resultSchema.parse(JSON.parse(stdout));
  assertEquals(runs.flatMap(({ id, target }) => target.kind === "engine" ? [id] : []).toSorted(), [
    "body-io/checksums@workerd+repaired#1",
    "cache-lock/collapse@nginx#1",
  ]);
});
