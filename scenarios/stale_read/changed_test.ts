// What the judge of a change beside an abandoned read passes, fails and cannot tell.

import { examples } from "../../lab/testing_judge_examples.ts";
import { type Changed, judgeChanged } from "./changed.ts";
import { abandoned, answered, closed, late, params, reader, stale } from "./judge_examples.ts";

const judged = (change: Partial<Changed>) =>
  judgeChanged({
    ...stale({ readers: [reader(answered(12))], awaited: "answer" }),
    change: "overwritten",
    tookEffect: true,
    gotNewBytes: false,
    ...change,
  }, params);

examples("judgeChanged", {
  "a change that is answered while the old bytes are kept passes": [
    "pass",
    /overwritten within 12 ms .* that one kept its old bytes to the end/,
    judged({}),
  ],
  "a change that cuts the abandoned read passes": [
    "pass",
    /was cut after 70000 of its old bytes/,
    judged({ abandoned: abandoned({ rest: { how: "reset", receivedBytes: 70_000 } }) }),
  ],
  "a change that waits for the abandoned read fails": [
    "fail",
    /no answer for/,
    judged({ abandoned: closed(), readers: [late(answered(5_300))] }),
  ],
  "mixed bytes fail": ["fail", /got bytes of the new version/, judged({ gotNewBytes: true })],
  "mixed bytes fail also where nothing else is proved": [
    "fail",
    /got bytes of the new version/,
    judged({ gotNewBytes: true, tookEffect: null, abandoned: abandoned({ midBody: null }) }),
  ],
  "a change that did not happen proves nothing": [
    "inconclusive",
    /still found the old one/,
    judged({ tookEffect: false }),
  ],
  "one of which nothing is known neither": [
    "inconclusive",
    /did not come out/,
    judged({
      tookEffect: null,
    }),
  ],
  "an abandoned read that was not gone on with leaves it open what it delivers": [
    "inconclusive",
    /what the abandoned read delivers .* is not known/,
    judged({ abandoned: abandoned({ rest: null }) }),
  ],
  "and so does one that does not end": [
    "inconclusive",
    /had 70000 of 16777216 bytes when the watch ended/,
    judged({ abandoned: abandoned({ rest: { how: "open", receivedBytes: 70_000 } }) }),
  ],
});
