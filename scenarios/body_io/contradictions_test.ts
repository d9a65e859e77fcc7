// Which parameters cannot be together, and by which flags they are named.

import { assertEquals, assertMatch } from "@std/assert";
import {
  type Contradiction,
  neverAKey,
  shorterThanExchange,
  tooLittleToSee,
} from "./contradictions.ts";
import { type BodyIoParams, bodyIoParams } from "./params.ts";

const BOTH = ["stsTimeoutMs", "stsDelayMs"];

type Example = [
  rule: Contradiction,
  given: Partial<BodyIoParams>,
  flags: RegExp | undefined,
  told?: readonly string[],
];

const EXAMPLES: Readonly<Record<string, Example>> = {
  "a threshold that is over before an exchange": [
    shorterThanExchange,
    { thresholdMs: 300, stsDelayMs: 2_000 },
    /^--threshold-ms is 300 ms, and --sts-delay .* 2 s at the run's speed: .* 2\.2 s or more/,
  ],
  "one that is hardly longer": [
    shorterThanExchange,
    { thresholdMs: 2_199, stsDelayMs: 2_000 },
    /--threshold-ms/,
  ],
  "one that is long enough": [
    shorterThanExchange,
    { thresholdMs: 2_200, stsDelayMs: 2_000 },
    undefined,
  ],
  "an exchange that is given up before it is over": [
    neverAKey,
    { stsTimeoutMs: 1_000, stsDelayMs: 1_000 },
    /^--sts-timeout .* 1 s .*--sts-delay/,
    BOTH,
  ],
  "an exchange that is waited for": [
    neverAKey,
    { stsTimeoutMs: 1_001, stsDelayMs: 1_000 },
    undefined,
    BOTH,
  ],
  "a delay that is not known to be the target's": [
    neverAKey,
    { stsTimeoutMs: 1_000, stsDelayMs: 1_000 },
    undefined,
    ["stsTimeoutMs"],
  ],
  "parts that are no more than may be held": [
    tooLittleToSee,
    { numParts: 2, largePartSize: 5 << 20, bufferLimit: 10 << 20 },
    /10485760 bytes \(--num-parts, --large-part-size\).*--buffer-limit of 10485760/,
  ],
  "parts that are more": [
    tooLittleToSee,
    { numParts: 2, largePartSize: 5 << 20, bufferLimit: (10 << 20) - 1 },
    undefined,
  ],
};

for (const [name, [rule, given, flags, told = []]] of Object.entries(EXAMPLES)) {
  Deno.test(`${name}: ${flags === undefined ? "fits" : "cannot be"}`, () => {
    const why = rule(bodyIoParams.parse(given), told);
    if (flags === undefined) assertEquals(why, undefined);
    else assertMatch(why ?? "", flags);
  });
}

Deno.test("the defaults contradict nothing", () => {
  const params = bodyIoParams.parse({});
  for (const rule of [shorterThanExchange, neverAKey, tooLittleToSee]) {
    assertEquals(rule(params, BOTH), undefined);
  }
});

Deno.test("limits that a part may have are limits that may be given", () => {
  const { bufferLimit } = bodyIoParams.parse({ bufferLimit: 2 ** 40 });
  assertEquals(bufferLimit, 2 ** 40);
  assertEquals(bodyIoParams.shape.bufferLimit.safeParse(2 ** 40 + 1).success, false);
});
