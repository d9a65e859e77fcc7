// What a case needs and a target lacks is said before; how many connections it takes; what curl can do.

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Access, Need } from "../../lab/scenario.ts";
import { nominalParams } from "../../lab/run_spec.ts";
import { VARIANT_SWITCHES } from "../../servers/s3_gateway/config.ts";
import { bodyIo } from "./scenario.ts";
import { switchesFor } from "./switched_case.ts";

const url = new URL("https://gateway.example");
const access: Access = { url, headers: {}, insecure: false };

const caseOf = (id: string) => {
  const found = bodyIo.cases.find((one) => one.id === id);
  assert(found);
  return found;
};

Deno.test("each need is missing until it is told, and the reason names the flag", async () => {
  const needs: readonly [Need, RegExp, Partial<Access>][] = [
    ["figures", /--stats-url/, { statsUrl: url }],
    ["backend-log", /--backend-log/, { backendLogUrl: url }],
    ["backend-faults", /--backend-log/, { backendLogUrl: url }],
    ["sts", /--sts/, { stsUrl: url }],
  ];
  for (const [need, flag, told] of needs) {
    assertMatch(await bodyIo.missing(need, access) ?? "", flag);
    assertEquals(await bodyIo.missing(need, { ...access, ...told }), undefined);
  }
  assertEquals(await bodyIo.missing("sdk", access), undefined);
  assertMatch(await bodyIo.missing("browser", access) ?? "", /not something/);
});

Deno.test("a case pins the switches that it is not about to their repaired value", () => {
  assertEquals(switchesFor(caseOf("multipart-burst"), "bug"), VARIANT_SWITCHES.bug);
  assertEquals(switchesFor(caseOf("delete-burst"), "bug"), {
    ...VARIANT_SWITCHES.fix,
    readBody: "late",
  });
  assertEquals(switchesFor(caseOf("put-framing"), "bug"), {
    ...VARIANT_SWITCHES.fix,
    framing: "chunked",
  });
  assertEquals(switchesFor(caseOf("warm-burst"), "bug"), {
    ...VARIANT_SWITCHES.bug,
    framing: "fixed",
  });
  for (const one of bodyIo.cases) {
    assertEquals(switchesFor(one, "fix"), VARIANT_SWITCHES.fix, one.id);
  }
});

Deno.test("a burst is as many connections, which a target that is far away is asked about", () => {
  const params = nominalParams(bodyIo, caseOf("multipart-burst"), {});
  const connections = (id: string) => bodyIo.connections?.(params, caseOf(id));
  assertEquals(connections("multipart-burst"), 24);
  assertEquals(connections("delete-burst"), 20);
  assertEquals(connections("flat-memory"), 8);
});

Deno.test("curl shows the cases that it can do, with keys from the environment", () => {
  const shown = bodyIo.cases.flatMap((one) => {
    const params = nominalParams(bodyIo, one, {});
    const run = { params, metrics: {}, verdict: "fail", durationMs: 1 } as const;
    const lines = bodyIo.curl?.({ ...run, case: one.id, url: url.origin });
    return lines ? [[one.id, lines.join("\n")] as const] : [];
  });
  assertEquals(shown.map(([id]) => id), [
    ...["multipart-burst", "delete-burst", "part-framing", "put-framing"],
    ...["checksums", "oversized-part"],
  ]);
  for (const [, text] of shown) {
    assert(text.includes('--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"'), text);
  }
});
