// What the judge of `pipelined` and `pipelined-writer` passes, fails and cannot tell.

import { examples } from "../../lab/testing_judge_examples.ts";
import { at, cut, open, params, queue, request, unread } from "./judge_examples.ts";
import { judgePipelined, type Pair, type Pipelined } from "./pipelined_judge.ts";

const pair = (change: Partial<Pair> = {}): Pair => ({
  lane: "reader-1",
  first: at(5_000, { sizeBytes: 3_000 }),
  second: at(5_001, { sizeBytes: 1_000 }),
  closing: false,
  ...change,
});
const pipelined = (pairs: Pair[], change: Partial<Pipelined> = {}) => {
  const others = [at(5_000, { sizeBytes: 3_000 })];
  const origin = [request()];
  const seen = {
    unhindered: pair(),
    queue,
    readers: pairs.length,
    pairs,
    others,
    origin,
    ...change,
  };
  return judgePipelined(seen, params);
};

examples("pipelined", {
  "both answers in order pass": ["pass", /^1 connection with two/, pipelined([pair()])],
  "a connection closed before the second answer, unannounced, fails": [
    "fail",
    /^1 of 2 .* reader-2's second request: it was closed; .* both are answered$/,
    pipelined([pair(), pair({ lane: "reader-2", second: cut })]),
  ],
  "where the target never serves two at once, that is said": [
    "fail",
    /nothing to wait for the second is lost as well: it is not the wait$/,
    pipelined([pair({ second: cut })], { unhindered: pair({ second: cut }) }),
  ],
  "the same, announced, is allowed and tells nothing": [
    "inconclusive",
    /would close 1 of 1 connections/,
    pipelined([pair({ second: cut, closing: true })]),
  ],
  "a close that was announced and then not made, with the answer missing, fails": [
    "fail",
    /second request: there was no answer/,
    pipelined([pair({ second: open, closing: true })]),
  ],
  "a first answer cut short fails, also when a close was announced": [
    "fail",
    /first request: the answer was 200 with 2999 bytes;/,
    pipelined([pair({ first: at(1, { sizeBytes: 2_999 }), second: cut, closing: true })]),
  ],
  "answers in the wrong order fail": [
    "fail",
    /with 1000 bytes \(that of the second request\)/,
    pipelined([pair({ first: pair().second, second: pair().first })]),
  ],
  "an error for the first fails": [
    "fail",
    /the answer was 400/,
    pipelined([pair({ first: at(1, { status: 400, sizeBytes: 3_000 }) })]),
  ],
  "harm to a client with one request fails": [
    "fail",
    /another was not served: there was no answer/,
    pipelined([pair()], { others: [open] }),
  ],
  "no connection tells nothing": ["inconclusive", /no reader/, pipelined([])],
  "without the origin's log nothing is told": [
    "inconclusive",
    /--origin/,
    pipelined([pair({ second: cut })], { queue: unread, origin: null }),
  ],

  "where the target says that it never serves two at once, it is not said to lose them": [
    "fail",
    /it was closed; with nothing to wait for it says that it closes after the first$/,
    pipelined([pair({ second: cut })], { unhindered: pair({ second: cut, closing: true }) }),
  ],
});
