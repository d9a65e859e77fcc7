// Ways around on the command line: started, named in the result, and measured beside the others.

import { assertEquals, assertMatch } from "@std/assert";
import { findEngine } from "../engines/find.ts";
import { nginx } from "../engines/nginx.ts";
import { resultSchema } from "../lab/result.ts";
import { MATRIX, run } from "./cli_process.ts";

const installed = await findEngine(nginx) !== undefined;
if (!installed) {
  console.warn(
    "NOT TESTED: nginx is not installed (apt-get install nginx), tests/cli_remedies_test.ts",
  );
}

Deno.test({
  name: installed
    ? "matrix --remedies: what fails on an engine is measured with the way around as well"
    : "NOT TESTED, nginx is not installed: matrix --remedies",
  ignore: !installed,
  async fn() {
    // A case that nginx fails whatever the moment: what becomes of `all-leave` there is chance.
    const { code, stdout } = await run(
      ["matrix", "cache-lock/stale-leave", "--engines", "nginx", "--remedies", "--format", "json"],
      { permissions: MATRIX },
    );
    assertEquals(code, 0);
    const { runs } = resultSchema.parse(JSON.parse(stdout));
    const verdicts = Object.fromEntries(runs.map(({ id, verdict }) => [id, verdict]));
    assertEquals(verdicts, {
      "cache-lock/stale-leave@bug#1": "pass",
      "cache-lock/stale-leave@fix#1": "pass",
      "cache-lock/stale-leave@nginx#1": "fail",
      "cache-lock/stale-leave@nginx+background-update#1": "pass",
    });
  },
});

Deno.test("a way around that an engine does not have is named with those it has", async () => {
  const lines: readonly (readonly [string[], RegExp])[] = [
    [
      ["probe", "cache-lock", "--target", "engine:nginx+ignore-abort"],
      /'ignore-abort' of nginx: expected .*ignore-client-abort.*mean 'ignore-client-abort'/,
    ],
    [["matrix", "--engines", "haproxy+any"], /'any' of haproxy: expected none/],
  ];
  for (const [args, expected] of lines) {
    const { code, stdout, stderr } = await run(args, { permissions: MATRIX });
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^error: [^\n]*\n$/);
    assertMatch(stderr, expected);
  }
});
