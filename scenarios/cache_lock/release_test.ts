// What the judge of readers that have left passes, fails and cannot tell.

import { examples } from "../../lab/testing_judge_examples.ts";
import { assertEquals } from "@std/assert";
import type { Judgement } from "../../lab/verdict.ts";
import { params, queue, unread } from "./judge_examples.ts";
import { judgeRelease, type Leave, type Release } from "./release.ts";

const DOUBT = { reason: "a closed one proves nothing" };

function release(leaves: Partial<Leave>[], change: Partial<Release> = {}): Judgement {
  return judgeRelease({
    queue,
    originRequestsAfter: change.queue?.originRequests === null ? null : 1,
    leaves: leaves.map((leave) => ({ leftAtMs: 500, releasedAtMs: 510, status: null, ...leave })),
    writerAnsweredAtMs: 5_000,
    watchedUntilMs: 9_000,
    halfClosed: true,
    ...change,
  }, params);
}

examples("judgeRelease", {
  "readers let go at once pass": [
    "pass",
    /^all 2 readers were let go within 20 ms of their disconnect \(threshold 2 s\)$/,
    release([{}, { releasedAtMs: 520 }]),
  ],
  "a reader let go exactly at the threshold passes": [
    "pass",
    /within 2 s/,
    release([{ releasedAtMs: 2_500 }]),
  ],
  "one reader held until the writer's answer fails, and says how many of how many": [
    "fail",
    /^1 of 2 readers were held 4\.5 s .*\(threshold 2 s\)$/,
    release([{}, { releasedAtMs: 5_000 }]),
  ],
  "all readers held until the writer's answer fail, and say until when": [
    "fail",
    /^2 of 2 readers were held 4\.51 s .*, until the writer's answer/,
    release([{ releasedAtMs: 5_000 }, { releasedAtMs: 5_010 }]),
  ],
  "a reader that was still held at the end of the watch fails with what it was held at least": [
    "fail",
    /were held at least 8\.5 s/,
    release([{ releasedAtMs: null }]),
  ],
  "a half-closed reader that was answered in the end fails all the same, and names the case that decides":
    [
      "fail",
      /answered 1 of them, as a server that serves half-closed clients would: case 'close' decides/,
      release([{ releasedAtMs: 5_000, status: 200 }]),
    ],
  "a held reader fails also when no origin could be read, and says what is not proved": [
    "fail",
    /not proved that they queued for a lock \(--origin\)/,
    release([{ releasedAtMs: 5_000 }], { queue: unread }),
  ],
  "harm to another stream fails": [
    "fail",
    /^a stream was harmed$/,
    release([{}], { harm: "a stream was harmed" }),
  ],
  "readers let go at once cannot be told from readers that never queued, without an origin": [
    "inconclusive",
    /name the origin with --origin/,
    release([{}], { queue: unread }),
  ],
  "a target that answers nobody is not known to hold anybody, without an origin": [
    "inconclusive",
    /did not answer the writer either/,
    release([{ releasedAtMs: null }], { queue: unread, writerAnsweredAtMs: null }),
  ],
  "two requests at the origin are no queue": [
    "inconclusive",
    /the origin had 2 requests .* is the cache lock of the target on\?/,
    release([{ releasedAtMs: 5_000 }], { queue: { ...queue, originRequests: 2 } }),
  ],
  "a reader that the target does not count as waiting did not queue": [
    "inconclusive",
    /1 requests waited, expected 2/,
    release([{}, {}], { queue: { ...queue, waiting: 1 } }),
  ],
  "a reader that was answered before it left did not queue": [
    "inconclusive",
    /the target answered before they left/,
    release([{}], { queue: { ...queue, answered: 1 } }),
  ],
  "a writer that was answered before the readers left held nobody": [
    "inconclusive",
    /the target answered before they left/,
    release([{}], { queue: { ...queue, writerAnswered: true } }),
  ],
  "readers whose requests came to the origin after they had left did not queue": [
    "inconclusive",
    /in the end the origin had 4 requests/,
    release([{}, {}], { originRequestsAfter: 4 }),
  ],
  "a reader that was let go before it left proves nothing": [
    "inconclusive",
    /^1 of 2 readers were let go before they left/,
    release([{ releasedAtMs: 400 }, {}]),
  ],
  "a reader let go within the threshold by the writer's answer proves nothing": [
    "inconclusive",
    /let go when the writer had its answer.* longer --origin-delay/,
    release([{ releasedAtMs: 1_000 }], { writerAnsweredAtMs: 1_000 }),
  ],
  "descriptors that are closed prove nothing": [
    "inconclusive",
    /a closed one proves nothing/,
    release([{}], { provesHoldsOnly: DOUBT }),
  ],
  "a descriptor that stays open proves the hold": [
    "fail",
    /1 of 1 readers were held/,
    release([{ releasedAtMs: null }], { provesHoldsOnly: DOUBT, halfClosed: false }),
  ],
  "no readers are no proof": ["inconclusive", /no reader/, release([])],
  "a writer that was let go as well proves nothing": [
    "inconclusive",
    /^the readers were let go, but so was the writer, which had not left: it was closed$/,
    release([{}], { writerLost: "it was closed", writerAnsweredAtMs: null }),
  ],
  "a held reader fails also where the writer was let go in the end": [
    "fail",
    /1 of 1 readers were held/,
    release([{ releasedAtMs: 5_000 }], { writerLost: "it was closed" }),
  ],
});

Deno.test("judgeRelease: a watch that proves holds only names the need that is not there", () => {
  const judgement = release([{}], { provesHoldsOnly: { ...DOUBT, unmet: ["figures"] } });
  assertEquals(judgement, {
    verdict: "inconclusive",
    reason: DOUBT.reason,
    unmet: ["figures"],
  });
  const held = release([{ releasedAtMs: null }], {
    provesHoldsOnly: { ...DOUBT, unmet: ["figures"] },
  });
  assertEquals([held.verdict, held.unmet], ["fail", undefined]);
});
