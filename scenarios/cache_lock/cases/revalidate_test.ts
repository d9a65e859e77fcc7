// What the judge of `revalidate` passes, fails and cannot tell.

import { examples } from "../../../lab/testing_judge_examples.ts";
import { at, open, params, queue, request } from "../judge_examples.ts";
import { judgeRevalidated, type Revalidated } from "./revalidate.ts";

const fresh = (completedAtMs: number) => at(completedAtMs, { digest: "fresh" });

const revalidated = (change: Partial<Revalidated> = {}) =>
  judgeRevalidated({
    storedDigest: "stored",
    queue,
    writer: fresh(5_000),
    readers: [fresh(5_010), fresh(5_020)],
    sentAtMs: [10, 10],
    origin: [request(2, 5_000)],
    ...change,
  }, params);

examples("judgeRevalidated", {
  "one request that brings everyone the new version passes": [
    "pass",
    /^the origin saw 1 request, and 3 clients got the new version$/,
    revalidated(),
  ],
  "one client with the expired version fails, whatever the others got": [
    "fail",
    /^1 of 3 clients got what had expired, .*s-maxage/,
    revalidated({ readers: [at(20), fresh(5_020)], origin: null }),
  ],
  "several requests, but fewer than clients, fail": [
    "fail",
    /^the origin saw 2 requests for 3 clients, expected 1$/,
    revalidated({ origin: [request(2, 5_000), request(9, 5_000)] }),
  ],
  "a reader without an answer fails": [
    "fail",
    /reader 2 of 3: there was no answer/,
    revalidated({ readers: [open, fresh(5_020)] }),
  ],
  "an answer before the readers had queued proves nothing": [
    "inconclusive",
    /answered before the readers had queued/,
    revalidated({ queue: { ...queue, writerAnswered: true } }),
  ],
  "a request of each client: revalidations are not collapsed": [
    "inconclusive",
    /does not collapse revalidations: the origin saw 3 of 3 requests for one expired URL/,
    revalidated({ origin: [2, 3, 4].map((atMs) => request(atMs, 5_000)) }),
  ],
  "no readable origin: how many requests it took is not known": [
    "inconclusive",
    /--origin/,
    revalidated({ origin: null }),
  ],
  "a reader that by the target's figures did not wait got what was stored anew": [
    "inconclusive",
    /1 requests waited, expected 2/,
    revalidated({ queue: { ...queue, waiting: 1 } }),
  ],
  "the expired version fails also where nobody waited": [
    "fail",
    /got what had expired/,
    revalidated({ queue: { ...queue, waiting: 0 }, writer: at(20) }),
  ],
  "nobody beside the writer cannot be told": [
    "inconclusive",
    /no reader/,
    revalidated({ readers: [], sentAtMs: [], origin: null }),
  ],
});
