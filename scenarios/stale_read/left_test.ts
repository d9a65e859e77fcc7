// What the judge of reads after a client has left passes, fails and cannot tell.

import { examples } from "../../lab/testing_judge_examples.ts";
import { answered, closed, failed, late, params, reader } from "./judge_examples.ts";
import { judgeLeft, type Leaving, type Way } from "./left.ts";

const leaving = (change: Partial<Leaving> = {}, way: Way = "closed"): Leaving => ({
  way,
  abandoned: closed({ closedAtMs: 900 }),
  next: reader(answered(3)),
  ...change,
});
const judged = (change: Partial<Leaving>) =>
  judgeLeft({ leavings: [leaving(change)], leftOut: [], staysOpen: null }, params);

examples("judgeLeft", {
  "a read that is answered at once after each way to leave passes": [
    "pass",
    /within 3 ms after the client had closed its connection, the client had reset its connection and the client's process was killed \(threshold 5 s\)$/,
    judgeLeft(
      {
        leavings: [leaving(), leaving({}, "reset"), leaving({}, "killed")],
        leftOut: [],
        staysOpen: null,
      },
      params,
    ),
  ],
  "what was not tried is told": [
    "pass",
    /; not tried: no process may be started/,
    judgeLeft(
      { leavings: [leaving()], leftOut: ["no process may be started"], staysOpen: null },
      params,
    ),
  ],
  "a read that is held after the client has left fails": [
    "fail",
    /after the client had closed its connection .* took 60 s \(threshold 5 s\), while one of another/,
    judged({ next: late(answered(60_000)) }),
  ],
  "a read that is refused until later fails": [
    "fail",
    /failed: the answer was 503/,
    judged({ next: late(failed(3), { again: answered(3) }) }),
  ],
  "a slow target cannot be told": [
    "inconclusive",
    /a read of another object was not tried/,
    judged({ next: reader(answered(60_000)) }),
  ],
  "a client that was still there proves nothing": [
    "inconclusive",
    /had not left/,
    judged({ abandoned: closed({ closedAtMs: 1_001 }) }),
  ],
  "a read that was complete when it was left proves nothing": [
    "inconclusive",
    /--object-size/,
    judged({ abandoned: closed({ closedAtMs: 900, midBody: null }) }),
  ],
  "a read that the target had ended before proves nothing": [
    "inconclusive",
    /by itself after 500 ms/,
    judged({ abandoned: closed({ closedAtMs: 900, endedAtMs: 500 }) }),
  ],
  "bytes that are not the object's fail": [
    "fail",
    /byte 7/,
    judged({ abandoned: closed({ closedAtMs: 900, corrupt: "byte 7 is of no version" }) }),
  ],
  "where nothing shows that it was open, one more must be": [
    "inconclusive",
    /one more, left likewise, could not be gone on with/,
    judgeLeft({
      leavings: [leaving({ abandoned: closed({ closedAtMs: 900, shownOpen: false }) })],
      leftOut: [],
      staysOpen: false,
    }, params),
  ],
  "and where it is, that will do": [
    "pass",
    /within 3 ms/,
    judgeLeft({
      leavings: [leaving({ abandoned: closed({ closedAtMs: 900, shownOpen: false }) })],
      leftOut: [],
      staysOpen: true,
    }, params),
  ],
  "without anyone who left there is nothing to tell": [
    "inconclusive",
    /no client left/,
    judgeLeft({ leavings: [], leftOut: [], staysOpen: null }, params),
  ],
});
