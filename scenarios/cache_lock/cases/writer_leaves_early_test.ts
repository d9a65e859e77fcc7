// What the judge of `writer-leaves-early` passes, fails and cannot tell.

import { examples } from "../../../lab/testing_judge_examples.ts";
import { answers, at, cut, open, params, queue, request, unread } from "../judge_examples.ts";
import { judgeWriterLeftEarly, type WriterLeftEarly } from "./writer_leaves_early.ts";

const early = (change: Partial<WriterLeftEarly> = {}) =>
  judgeWriterLeftEarly({ ...answers(), writer: cut, leftAtMs: 500, ...change }, params);

examples("writer-leaves-early", {
  "readers answered by the fill that went on pass": [
    "pass",
    /within 4\.52 s .* was let finish; the origin saw 1 request$/,
    early(),
  ],
  "readers answered by another fetch pass, and it is said": [
    "pass",
    /was ended; the origin saw 2 requests$/,
    early({ origin: [request(1, 600, "aborted"), request()] }),
  ],
  "over two origin delays and the threshold fails": [
    "fail",
    /answered 12\.1 s after .* expected within 12 s/,
    early({ readers: [at(12_600)] }),
  ],
  "an error to a reader fails": [
    "fail",
    /the answer was 502/,
    early({ readers: [at(600, { status: 502 })] }),
  ],
  "readers that did not queue are not told of": [
    "inconclusive",
    /answered before they left/,
    early({ queue: { ...queue, answered: 1 } }),
  ],
  "without the origin's log nothing is told": [
    "inconclusive",
    /--origin/,
    early({ queue: unread, origin: null, readers: [open] }),
  ],
});
