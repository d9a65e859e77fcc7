// What the judge of `flat-memory` passes, fails and cannot tell; and which missing figures are an unmet need.

import { assertEquals } from "@std/assert";
import { examples } from "../../lab/testing_judge_examples.ts";
import { judgeBursts } from "./burst.ts";
import { asked, attempt, burst, memory } from "./judge_examples.ts";
import { judgeMemory } from "./memory.ts";

const good = attempt();
const at501 = asked({ status: 501, why: "NotImplemented" });

const limit = { bufferLimit: 16 << 20 };
const peak = (bytes: number | null) => ({ peakBufferedBytes: bytes });

examples("judgeMemory", {
  "little": ["pass", /up to 1 MiB of 2 parts of 24 MiB/, judgeMemory(memory(), limit)],
  "all of it": [
    "fail",
    /up to 48 MiB .* at most 16 MiB/,
    judgeMemory(memory({ after: peak(48 << 20) }), limit),
  ],
  "ended for its memory": [
    "fail",
    /48 MiB.*; 1 of 2 CreateMultipartUpload \(503\)/,
    judgeMemory(memory({ parts: [good, attempt({ status: 503 })], after: peak(48 << 20) }), limit),
  ],
  "no figures": [
    "inconclusive",
    /--stats-url/,
    judgeMemory(memory({ after: null }), limit),
  ],
  "figures that could not be read": [
    "inconclusive",
    /how much .* cannot be seen: refused$/,
    judgeMemory(memory({ after: null, figuresFailure: "refused" }), limit),
  ],
  "no more under way than may be held": [
    "inconclusive",
    /2 parts of 8 MiB .* no more than --buffer-limit together \(16 MiB\)/,
    judgeMemory(memory({ partBytes: 8 << 20 }), limit),
  ],
  "half a MiB": [
    "pass",
    /up to 0\.5 MiB of 2 parts of 24 MiB each at once, at most 16 MiB/,
    judgeMemory(memory({ after: peak(1 << 19) }), limit),
  ],
  "other figures": [
    "inconclusive",
    /--stats-url/,
    judgeMemory(memory({ after: peak(null) }), limit),
  ],
  "another's figures": [
    "inconclusive",
    /never told .*--stats-url is of this target/,
    judgeMemory(memory({ upstreams: 0 }), limit),
  ],
  "all of it by figures that saw nothing else": [
    "fail",
    /48 MiB/,
    judgeMemory(memory({ after: peak(48 << 20), upstreams: 0 }), limit),
  ],
  "held more before": [
    "inconclusive",
    /restart/,
    judgeMemory(memory({ before: peak(32 << 20), after: peak(32 << 20) }), limit),
  ],
  "refused": [
    "inconclusive",
    /501 NotImplemented.*part-framing/,
    judgeMemory(memory({ parts: [good, at501] }), limit),
  ],
  "one after another": [
    "inconclusive",
    /only 1 of 3/,
    judgeMemory(
      memory({
        parts: [1, 2, 3].map((n) => attempt({ sentAtMs: n * 100, endedAtMs: n * 100 + 20 })),
      }),
      limit,
    ),
  ],
});

for (
  const { name, judgement, unmet } of [
    { name: "not there", judgement: judgeBursts([burst({ exchange: null })]), unmet: true },
    {
      name: "not read",
      judgement: judgeBursts([burst({ exchange: null, figuresFailure: "refused" })]),
      unmet: false,
    },
    { name: "not there", judgement: judgeMemory(memory({ after: null }), limit), unmet: true },
    {
      name: "not read",
      judgement: judgeMemory(memory({ after: null, figuresFailure: "refused" }), limit),
      unmet: false,
    },
  ]
) {
  Deno.test(`figures that were ${name} are ${unmet ? "an unmet need" : "no unmet need"}: ${judgement.reason}`, () => {
    assertEquals(judgement.unmet, unmet ? ["figures"] : undefined);
  });
}
