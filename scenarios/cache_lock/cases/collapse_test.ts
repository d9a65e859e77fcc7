// What the judge of `collapse` passes, fails and cannot tell.

import { examples } from "../../../lab/testing_judge_examples.ts";
import { answers, at, open, queue, request, unread } from "../judge_examples.ts";
import { judgeCollapse } from "./collapse.ts";

examples("judgeCollapse", {
  "one origin request and the same bytes for all pass": [
    "pass",
    /the origin saw 1 request, and 3 clients got the same bytes/,
    judgeCollapse(answers({})),
  ],
  "two origin requests for three clients fail": [
    "fail",
    /the origin saw 2 requests for 3 clients/,
    judgeCollapse(answers({ origin: [request(0, 1), request(2, 3)] })),
  ],
  "different bytes fail": [
    "fail",
    /2 versions/,
    judgeCollapse(answers({ readers: [at(1, { digest: "bb" }), at(2)] })),
  ],
  "a reader without an answer fails": [
    "fail",
    /reader 2 of 3: there was no answer/,
    judgeCollapse(answers({ readers: [open, at(2)] })),
  ],
  "a target that sends everyone to the origin is not one that collapses": [
    "inconclusive",
    /does not collapse requests: the origin saw 3 of 3 requests for one uncached URL/,
    judgeCollapse(answers({ origin: [request(0, 1), request(0, 1), request(0, 1)] })),
  ],
  "without an origin's log the number of requests is not known": [
    "inconclusive",
    /--origin/,
    judgeCollapse(answers({ queue: unread, origin: null })),
  ],
  "an origin that saw nothing is not the one behind the target": [
    "inconclusive",
    /saw none/,
    judgeCollapse(answers({ origin: [] })),
  ],
  "a reader that by the target's figures did not wait got the stored answer": [
    "inconclusive",
    /1 requests waited, expected 2/,
    judgeCollapse(answers({ queue: { ...queue, waiting: 1 } })),
  ],
  "nobody beside the writer cannot be told": [
    "inconclusive",
    /no reader/,
    judgeCollapse(answers({ readers: [] })),
  ],
  "answers before everyone had asked prove nothing": [
    "inconclusive",
    /is the URL cached/,
    judgeCollapse(answers({ queue: { ...queue, answered: 2 } })),
  ],
});
