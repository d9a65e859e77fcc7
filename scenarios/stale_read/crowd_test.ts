// What the judge of many abandoned reads passes, fails and cannot tell.

import { examples } from "../../lab/testing_judge_examples.ts";
import { type BesideCrowd, type Crowd, type HeldState, judgeCrowd } from "./crowd.ts";
import { answered, failed, open, params } from "./judge_examples.ts";

const request = (change: Partial<BesideCrowd> = {}): BesideCrowd => ({
  what: "a HEAD",
  before: answered(2),
  first: answered(8),
  again: null,
  ...change,
});
const judged = (change: Partial<Crowd>) =>
  judgeCrowd({
    held: ["unread", "unread", "unread"],
    refusal: null,
    requests: [request({ what: "a list" }), request()],
    ...change,
  }, params);
const asked = (change: Partial<BesideCrowd>, held: HeldState[] = ["unread", "pending"]) =>
  judged({ requests: [request(change)], held });

examples("judgeCrowd", {
  "what is answered at once beside unread GETs passes": [
    "pass",
    /^a list, a HEAD: answered within 8 ms beside 3 GETs that were left unread \(threshold 5 s\)$/,
    judged({}),
  ],
  "those that are not answered hold their connections as well": [
    "pass",
    /beside 1 GET that was left unread and 2 that were not answered/,
    judged({ held: ["unread", "pending", "pending"] }),
  ],
  "what was quick before and is again, and is late beside them, fails": [
    "fail",
    /^beside 1 GET .* and 1 that was not answered a HEAD: a HEAD had nothing after 70 s .* before it took 2 ms, .* closed it took 3 ms$/,
    asked({ first: open, again: answered(3) }),
  ],
  "what is answered late beside them by itself cannot be told": [
    "inconclusive",
    /took 9 s .* it was answered while they were still open$/,
    asked({ first: answered(9_000), again: answered(3) }),
  ],
  "and so does what is refused": [
    "fail",
    /a HEAD failed: the answer was 503/,
    asked({ first: failed(3), again: answered(3) }),
  ],
  "and what is never answered": [
    "fail",
    /had nothing after 70 s/,
    asked({ first: open, again: answered(3) }),
  ],
  "also where it is not proved of each GET that it was open": [
    "fail",
    /a HEAD had nothing after 70 s/,
    asked({ first: open, again: answered(3) }, ["doubtful", "refused"]),
  ],
  "but not where none was": [
    "inconclusive",
    /that the GETs are why is not known/,
    asked({ first: open, again: answered(3) }, ["ended", "refused"]),
  ],
  "a store that was slow before cannot be told": [
    "inconclusive",
    /before them it took 6 s/,
    asked({ first: answered(9_000), before: answered(6_000), again: answered(3) }),
  ],
  "nor one that does not come back": [
    "inconclusive",
    /once they were closed it had nothing after 70 s/,
    asked({ first: open, again: open }),
  ],
  "refused GETs hold nothing": [
    "inconclusive",
    /of 2 GETs 1 were refused \(SlowDown\): give a smaller --num-abandoned/,
    judged({ held: ["unread", "refused"], refusal: "SlowDown" }),
  ],
  "nor do those that the target ended": [
    "inconclusive",
    /of 2 GETs the target ended 1 by itself/,
    judged({ held: ["unread", "ended"] }),
  ],
  "nor those that may be in buffers altogether": [
    "inconclusive",
    /it is not proved of 1 that/,
    judged({ held: ["unread", "doubtful"] }),
  ],
  "a target that answers no GET at all cannot be told": [
    "inconclusive",
    /of 2 GETs none was answered/,
    judged({ held: ["pending", "pending"] }),
  ],
  "no GETs are no crowd": ["inconclusive", /no GET was left unread/, judged({ held: [] })],
  "without requests there is nothing to tell": [
    "inconclusive",
    /nothing was asked/,
    judged({ requests: [] }),
  ],
});
