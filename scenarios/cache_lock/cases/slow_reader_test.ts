// What the judge of `slow-reader` passes, fails and cannot tell.

import { examples } from "../../../lab/testing_judge_examples.ts";
import type { Answers } from "../answers.ts";
import { answers, open, params, request, unread } from "../judge_examples.ts";
import { judgeSlowReader, type SlowReader } from "./slow_reader.ts";

const slow = (change: Partial<Answers>, own: Partial<SlowReader> = {}) =>
  judgeSlowReader(
    { ...answers(change), slowReceivedBytes: 100_000, slowBegunAtMs: 5_000, ...own },
    params,
  );

examples("judgeSlowReader", {
  "others that have everything while one has not pass": [
    "pass",
    /3 clients had all 8388608 bytes while one reader had stopped at 100000/,
    slow({}),
  ],
  "another that has not fails": ["fail", /was not served/, slow({ readers: [open] })],
  "readers that fetched by themselves shared nothing": [
    "inconclusive",
    /did not share the writer's fetch: the origin had 2 requests/,
    slow({ origin: [request(0, 5_000), request(9, 5_000)] }),
  ],
  "a slow reader that had everything proves nothing": [
    "inconclusive",
    /the buffers are too large/,
    slow({}, { slowReceivedBytes: 8 << 20 }),
  ],
  "a slow reader whose answer did not begin has not stopped reading anything": [
    "inconclusive",
    /the slow reader's answer had not begun/,
    slow({}, { slowReceivedBytes: 0, slowBegunAtMs: null }),
  ],
  "the same where another was not served either": [
    "inconclusive",
    /the slow reader's answer had not begun/,
    slow({ readers: [open] }, { slowReceivedBytes: 0, slowBegunAtMs: null }),
  ],
  "a slow reader whose answer began after all others had theirs held nobody up": [
    "inconclusive",
    /began only when the others had everything/,
    slow({}, { slowBegunAtMs: 5_021 }),
  ],
  "a pass needs an origin that can be read": [
    "inconclusive",
    /--origin/,
    slow({ queue: unread, origin: null }),
  ],
});
