// What the judge of `one-leaves` passes, fails and cannot tell.

import { examples } from "../../../lab/testing_judge_examples.ts";
import type { Answers } from "../answers.ts";
import { answers, at, cut, open, params, queue, request, unread } from "../judge_examples.ts";
import { judgeOneLeft } from "./one_leaves.ts";

const oneLeft = (change: Partial<Answers> = {}) => judgeOneLeft(answers(change), params);
examples("one-leaves", {
  "all others with the same bytes pass": ["pass", /^3 clients .* 1 origin/, oneLeft()],
  "a reader without an answer fails": [
    "fail",
    /reader 3 of 3: there was no answer$/,
    oneLeft({ readers: [at(5_010), open] }),
  ],
  "a writer that was cut fails": [
    "fail",
    /writer first\): reader 1 of 3: it was closed$/,
    oneLeft({ writer: cut }),
  ],
  "other bytes fail": [
    "fail",
    /2 versions/,
    oneLeft({ readers: [at(5_010), at(5_020, { digest: "bb" })] }),
  ],
  "exactly one origin delay and the threshold after the writer passes": [
    "pass",
    /1 origin/,
    oneLeft({ readers: [at(12_000)] }),
  ],
  "later fails": [
    "fail",
    /answered 7\.01 s after the writer, expected within 7 s$/,
    oneLeft({ readers: [at(12_010)] }),
  ],
  "a second origin request fails": [
    "fail",
    /saw 2 requests, expected 1$/,
    oneLeft({ origin: [request(), request()] }),
  ],
  "without the origin's log nothing is told, also not of other bytes": [
    "inconclusive",
    /--origin/,
    oneLeft({ queue: unread, origin: null, readers: [at(5_010, { digest: "bb" })] }),
  ],
  "requests that did not queue are not told of": [
    "inconclusive",
    /did not queue: the origin had 4/,
    oneLeft({ queue: { ...queue, originRequests: 4 } }),
  ],
  "the one that left must have waited too": [
    "inconclusive",
    /2 requests waited, expected 3/,
    oneLeft({ queue: { ...queue, waiting: 2 } }),
  ],
});
