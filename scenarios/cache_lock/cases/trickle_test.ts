// What the judge of `trickle` passes, fails and cannot tell.

import { examples } from "../../../lab/testing_judge_examples.ts";
import { at, cut, open, params, request } from "../judge_examples.ts";
import { judgeTrickle, type Trickle } from "./trickle.ts";

const WHOLE = { sizeBytes: 327_680 };
const trickled: Trickle = {
  writer: at(5_000, WHOLE),
  readers: [at(5_010, WHOLE), at(5_020, WHOLE)],
  writerSentAtMs: 0,
  sentAtMs: [10, 20],
  origin: [request()],
  originRequestsBefore: 1,
  leftAtMs: 2_500,
  leaverDone: false,
  firstByteAtMs: [5, 25, 1_005],
};
const trickle = (change: Partial<Trickle> = {}) => judgeTrickle({ ...trickled, ...change }, params);

examples("trickle", {
  "all bytes in time pass, with the readers' lag": [
    "pass",
    /all 327680 bytes, the last of them 20 ms .* at most 1 s after the writer$/,
    trickle(),
  ],
  "a reader cut short fails": ["fail", /it was closed$/, trickle({ readers: [cut] })],
  "a writer that never ended fails": ["fail", /no answer/, trickle({ writer: open })],
  "all cut at the same byte fails": [
    "fail",
    /got 10 bytes of 327680/,
    trickle({ writer: at(5_000), readers: [at(5_000)] }),
  ],
  "other bytes fail": [
    "fail",
    /2 versions/,
    trickle({ readers: [at(5_000, { ...WHOLE, digest: "bb" })] }),
  ],
  "over one origin delay and the threshold after the fill fails": [
    "fail",
    /7\.01 s after the origin, expected within 7 s/,
    trickle({ readers: [at(12_010, WHOLE)] }),
  ],
  "readers with requests of their own are not told of": [
    "inconclusive",
    /the origin had 3 requests/,
    trickle({ originRequestsBefore: 3 }),
  ],
  "a fill that was over before one left is not told of": [
    "inconclusive",
    /over before/,
    trickle({ leftAtMs: 5_000 }),
  ],
  "a reader that left with everything is not told of": [
    "inconclusive",
    /over before/,
    trickle({ leaverDone: true }),
  ],
  "without the origin's log nothing is told": [
    "inconclusive",
    /--origin/,
    trickle({ origin: null, originRequestsBefore: null, readers: [cut] }),
  ],
  "a complete copy that a reader fetched for itself later is not told of": [
    "inconclusive",
    /the origin had 2 requests for one URL then, and 1 when one of them left$/,
    trickle({
      readers: [at(5_000, { ...WHOLE, digest: "bb" })],
      origin: [request(), request(4_000, 9_000)],
    }),
  ],
  "a reader cut short fails also where another fetched for itself": [
    "fail",
    /got 10 bytes of 327680/,
    trickle({ readers: [at(5_000)], origin: [request(), request(4_000, 9_000)] }),
  ],
});
