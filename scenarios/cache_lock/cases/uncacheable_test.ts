// What the judge of `uncacheable` and `uncacheable-many` passes, fails and cannot tell.

import { examples } from "../../../lab/testing_judge_examples.ts";
import type { Answers, OriginRequest } from "../answers.ts";
import { answers, at, open, params, request, unread } from "../judge_examples.ts";
import { judgeUncacheable } from "./uncacheable.ts";

const uncacheable = (lastAtMs: number, origin: OriginRequest[], change: Partial<Answers> = {}) =>
  judgeUncacheable(
    answers({ readers: [at(9_900), at(9_900), at(lastAtMs)], origin, ...change }),
    params,
  );
const together = [request(0, 5_000), ...[0, 1, 2].map((n) => request(5_000 + n, 11_000))];
const inARow = [0, 1, 2, 3].map((n) => request(n * 5_000, (n + 1) * 5_000));

examples("judgeUncacheable", {
  "readers answered one origin delay after the writer pass": [
    "pass",
    /the last of 3 readers was answered 5 s after the writer/,
    uncacheable(10_000, together),
  ],
  "readers answered one after the other fail": [
    "fail",
    /answered 15 s after the writer .* one after the other/,
    uncacheable(20_000, inARow),
  ],
  "readers answered in two turns fail": [
    "fail",
    /in waves$/,
    uncacheable(15_000, [...together.slice(0, 3), request(11_000, 15_000)]),
  ],
  "readers that were at the origin together pass also on a slow machine": [
    "pass",
    /answered 8 s after the writer .* at the origin at the same time$/,
    uncacheable(13_000, together),
  ],
  "readers that came to the origin together, but late, fail, and it is said how late": [
    "fail",
    /answered 8 s after the writer .*: they went to the origin together, but the last of them only 2\.01 s after the writer had its answer$/,
    uncacheable(13_000, [
      request(0, 5_000),
      ...[8, 9, 10].map((n) => request(7_000 + n, 11_000)),
    ]),
  ],
  "readers that waited for a timeout of their own, and then went together, fail": [
    "fail",
    /answered 60 s after the writer .*: they went to the origin together, but the last of them only 55 s/,
    uncacheable(65_000, [request(0, 5_000), ...[0, 0, 0].map((n) => request(60_000 + n, 65_000))]),
  ],
  "readers that went to the origin exactly at the threshold are not late": [
    "pass",
    /at the origin at the same time$/,
    uncacheable(13_000, [request(0, 5_000), ...[0, 0, 0].map(() => request(7_000, 11_000))]),
  ],
  "readers that were at the origin together, and took as long as in a row, cannot be told": [
    "inconclusive",
    /although all of them were at the origin at the same time/,
    uncacheable(20_000, together),
  ],
  "a reader that is not served fails": [
    "fail",
    /was not served/,
    uncacheable(1, together, { readers: [open] }),
  ],
  "a pass needs an origin that can be read": [
    "inconclusive",
    /--origin/,
    uncacheable(10_000, together, { queue: unread, origin: null }),
  ],
});
