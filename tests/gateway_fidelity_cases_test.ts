// Each case of `body-io` comes out on workerd as on the model: as reported like `bug`, repaired like `fix`.

import { assertEquals } from "@std/assert";
import { testEach } from "../engines/testing_installed.ts";
import { resultSchema } from "../lab/result.ts";
import { bodyIo } from "../scenarios/body_io/scenario.ts";
import { run, START } from "./cli_process.ts";

const HOW = [
  { ways: "", what: "as it is every case is as of the model's bug", bugged: true },
  { ways: "+repaired", what: "repaired every case passes, as of the model's fix", bugged: false },
] as const;

for (const { ways, what, bugged } of HOW) {
  await testEach(`body-io: ${what}`, "s3-gateway", async ({ engine }) => {
    const target = `engine:${engine.name}${ways}`;
    const { code, stdout, stderr } = await run(
      ["probe", "body-io", "--all-cases", "--target", target, "--format", "json"],
      { permissions: START },
    );
    assertEquals(code, bugged ? 1 : 0, stderr);
    const { runs } = resultSchema.parse(JSON.parse(stdout));
    assertEquals(
      runs.map((one) => [one.case, one.verdict]),
      bodyIo.cases.map(({ id, control }) => [id, bugged && !control ? "fail" : "pass"]),
      runs.map(({ reason }) => reason).join("\n"),
    );
    // One of a burst begins the exchange; it alone is not woken by another.
    const failed = runs.filter((one) => /^(multipart|delete)-burst$/.test(one.case))
      .map(({ metrics }) => metrics.failedFirstAttempts);
    assertEquals(
      failed.map((metric) => metric && "value" in metric && metric.value),
      bugged ? [19, 19] : [0, 0],
    );
  });
}
