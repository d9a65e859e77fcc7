// What the judges of `exhaustion`, `writer-leaves`, `origin-fails`, the timeouts and `all-leave` pass, fail and cannot tell.

import { examples } from "../../lab/testing_judge_examples.ts";
import type { Answers, OriginRequest } from "./answers.ts";
import { type Abandoned, judgeAbandoned } from "./cases/all_leave.ts";
import { type Exhaustion, judgeExhaustion } from "./cases/exhaustion.ts";
import { judgeOriginFails } from "./cases/origin_fails.ts";
import { type Hung, judgeAgeTimeout, judgeWaitTimeout } from "./cases/timeouts.ts";
import { judgeWriterLeft } from "./cases/writer_leaves.ts";
import { answers, at, open, params, queue, refused, request, unread } from "./judge_examples.ts";

const exhaustion = (change: Partial<Exhaustion>) =>
  judgeExhaustion(
    { queue, readers: 3, before: at(1, { status: 503 }), after: at(2), ...change },
    params,
  );

examples("judgeExhaustion", {
  "a newcomer that is served after they left passes": [
    "pass",
    /served 2 s after 3 readers had left/,
    exhaustion({}),
  ],
  "a newcomer that is refused after they left fails": [
    "fail",
    /not served 2 s after 3 readers had left: the answer was 503/,
    exhaustion({ after: at(2, { status: 503 }) }),
  ],
  "a newcomer that is left waiting fails": ["fail", /no answer/, exhaustion({ after: open })],
  "a newcomer whose connection is refused fails": [
    "fail",
    /it was refused/,
    exhaustion({ after: refused }),
  ],
  "a limit that was not reached proves nothing": [
    "inconclusive",
    /limit was not reached/,
    exhaustion({ before: at(1) }),
  ],
  "readers that did not queue prove nothing": [
    "inconclusive",
    /did not queue/,
    exhaustion({ queue: { ...queue, originRequests: 4 } }),
  ],
  "a pass needs an origin that can be read": [
    "inconclusive",
    /--origin/,
    exhaustion({ queue: unread }),
  ],
});

const writerLeft = (change: Partial<Answers>, midFill = true) =>
  judgeWriterLeft({ ...answers(change), leftAtMs: 3_000, midFill }, params);

examples("judgeWriterLeft", {
  "readers served after the writer's client left pass": [
    "pass",
    /all 2 readers were answered within 2\.02 s/,
    writerLeft({ writer: refused }),
  ],
  "a reader that is cut off fails": ["fail", /was not served/, writerLeft({ readers: [refused] })],
  "readers that wait for a lock timeout fail": [
    "fail",
    /expected within 12 s/,
    writerLeft({ readers: [at(63_000)] }),
  ],
  "a writer that had everything did not leave mid-fill": [
    "inconclusive",
    /middle of the fill/,
    writerLeft({}, false),
  ],
  "a pass needs an origin that can be read": [
    "inconclusive",
    /--origin/,
    writerLeft({ queue: unread, origin: null }),
  ],
});

const failing = (origin: OriginRequest[] | null, change: Partial<Answers> = {}) =>
  judgeOriginFails(answers({ readers: [at(4_000), at(4_000)], origin, ...change }), params);
const wasReset = request(0, 1_000, "fault");

examples("judgeOriginFails", {
  "one new writer after the reset, then others at once, pass": [
    "pass",
    /after one new writer at a time/,
    failing([wasReset, request(1_010, 2_200), request(2_210, 2_220), request(2_211, 2_230)]),
  ],
  "handing the failure to all needs no second request": [
    "pass",
    /all 2 readers were answered in 3\.9 s$/,
    failing([wasReset]),
  ],
  "an answer of any status counts": [
    "pass",
    /all 2 readers/,
    failing([wasReset], { readers: [at(1_000, { status: 502 }), at(1_000, { status: 502 })] }),
  ],
  "two new writers at a time fail": [
    "fail",
    /more than one new writer/,
    failing([wasReset, request(1_010, 2_200), request(1_011, 1_020)]),
  ],
  "a writer beside the first fails": [
    "fail",
    /while the first was at work/,
    failing([wasReset, request(900, 2_200)]),
  ],
  "a reader that is never answered fails": [
    "fail",
    /never answered: reader 1 of 1/,
    failing([wasReset], { readers: [open] }),
  ],
  "a reader that is answered too late fails": [
    "fail",
    /expected within 7 s/,
    failing([wasReset], { readers: [at(7_101)] }),
  ],
  "a reset that did not happen proves nothing": [
    "inconclusive",
    /reset did not reach the target/,
    failing([request(0, 1_000)]),
  ],
  "without an origin's log the number of writers is not known": [
    "inconclusive",
    /--origin/,
    failing(null, { queue: unread }),
  ],
});

const hung = (arrivedAtMs: number[], change: Partial<Hung> = {}): Hung => ({
  queue,
  readersSentAtMs: [100, 110],
  arrivedAtMs,
  ...change,
});

examples("judgeWaitTimeout", {
  "each reader at its own timeout passes": [
    "pass",
    /each of 2 readers went to the origin at its wait timeout of 60 s/,
    judgeWaitTimeout(hung([0, 60_100, 61_000]), params),
  ],
  "one that goes too early fails": [
    "fail",
    /1 of 2 readers went to the origin after 40 s/,
    judgeWaitTimeout(hung([0, 40_100, 60_110]), params),
  ],
  "one that does not go fails": [
    "fail",
    /1 of 2 readers had gone/,
    judgeWaitTimeout(hung([0, 60_100]), params),
  ],
  "an origin that cannot be read tells nothing": [
    "inconclusive",
    /--origin/,
    judgeWaitTimeout(hung([], { queue: unread }), params),
  ],
});

examples("judgeAgeTimeout", {
  "one new writer at the age timeout passes": [
    "pass",
    /one new writer went to the origin 60 s after the first/,
    judgeAgeTimeout(hung([0, 60_010]), params),
  ],
  "two new writers fail": [
    "fail",
    /2 new writers/,
    judgeAgeTimeout(hung([0, 60_010, 60_020]), params),
  ],
  "no new writer fails": ["fail", /0 new writers/, judgeAgeTimeout(hung([0]), params)],
  "a new writer at another time fails": [
    "fail",
    /came after 10 s, expected 60 s/,
    judgeAgeTimeout(hung([0, 10_000]), params),
  ],
  "readers that did not queue prove nothing": [
    "inconclusive",
    /did not queue/,
    judgeAgeTimeout(hung([0, 60_010], { queue: { ...queue, originRequests: 3 } }), params),
  ],
});

const abandoned = (change: Partial<Abandoned>) =>
  judgeAbandoned({
    queue,
    readers: 3,
    origin: [request(0, 5_000)],
    newcomer: at(5_000),
    newcomerSentAtMs: 600,
    ...change,
  }, params);

examples("judgeAbandoned", {
  "a newcomer that is served passes, and the fetch was let finish": [
    "pass",
    /was let finish, and a newcomer was served in 4\.4 s/,
    abandoned({}),
  ],
  "a fetch that was ended passes as well": [
    "pass",
    /was ended/,
    abandoned({ origin: [request(0, 600, "aborted"), request(610, 5_000)] }),
  ],
  "a newcomer that is left waiting fails": [
    "fail",
    /was not served within/,
    abandoned({ newcomer: open }),
  ],
  "a newcomer that waits too long fails": [
    "fail",
    /waited 12\.4 s, expected at most 12 s/,
    abandoned({ newcomer: at(13_000) }),
  ],
  "without an origin's log nothing is known of the fetch": [
    "inconclusive",
    /--origin/,
    abandoned({ queue: unread, origin: null }),
  ],
});
