// What the judge of a call that deletes several objects passes, fails and cannot tell.

import { assertEquals } from "@std/assert";
import { examples } from "../../lab/testing_judge_examples.ts";
import { type DeletedMany, deletedMetrics, judgeDeleted } from "./deleted.ts";
import {
  abandoned,
  answered,
  closed,
  failed,
  late,
  open,
  params,
  reader,
  stale,
} from "./judge_examples.ts";

const deleted = (change: Partial<DeletedMany> = {}): DeletedMany => ({
  ...stale({ readers: [reader(answered(12))], awaited: "answer" }),
  change: "deleted with 2 others in one call",
  gotNewBytes: false,
  asked: ["free-1", "object", "free-2"],
  leftWhenLate: null,
  neighbour: null,
  leftAfter: [],
  ...change,
});
const judged = (change: Partial<DeletedMany>) => judgeDeleted(deleted(change), params);
const held = (change: Partial<DeletedMany>) =>
  judged({ abandoned: closed(), readers: [late(answered(5_300))], leftAfter: null, ...change });

examples("judgeDeleted", {
  "a call that is answered and has deleted everything passes": [
    "pass",
    /deleted with 2 others in one call within 12 ms .* kept its old bytes to the end$/,
    judged({}),
  ],
  "one that cuts the abandoned read passes": [
    "pass",
    /was cut after 70000/,
    judged({ abandoned: abandoned({ rest: { how: "reset", receivedBytes: 70_000 } }) }),
  ],
  "a call that waits fails, and tells how another object of it was read meanwhile": [
    "fail",
    /; what was gone before .* is not known; a GET of free-1 meanwhile had nothing after 70 s$/,
    held({ neighbour: open }),
  ],
  "a call that waits fails, and says that nothing was gone": [
    "fail",
    /no answer for .*; none of free-1, object, free-2 was gone before that one was closed$/,
    held({ leftWhenLate: ["free-1", "object", "free-2"] }),
  ],
  "and what was still there, where something was gone": [
    "fail",
    /; of free-1, object, free-2 still there before that one was closed: object$/,
    held({ leftWhenLate: ["object"] }),
  ],
  "and that all was gone, when only the answer waits": [
    "fail",
    /; all 3 were gone before that one was closed$/,
    held({ leftWhenLate: [] }),
  ],
  "and that nothing is known when there was no list": [
    "fail",
    /what was gone before that one was closed is not known$/,
    held({}),
  ],
  "mixed bytes fail, and nothing is said of a call that was not late": [
    "fail",
    /got bytes of the new version[^;]*$/,
    judged({ gotNewBytes: true }),
  ],
  "a call that was answered and left something cannot be told": [
    "inconclusive",
    /the call to delete 3 objects was answered, and a list afterwards still had free-2$/,
    judged({ leftAfter: ["free-2"] }),
  ],
  "one after which there was no list neither": [
    "inconclusive",
    /did not come out/,
    judged({ leftAfter: null }),
  ],
  "one that is refused for another object as well cannot be told": [
    "inconclusive",
    /failed: the answer was 501; that the abandoned read is why is not known/,
    judged({
      abandoned: closed(),
      leftAfter: null,
      readers: [late(failed(3, "the answer was 501"), {
        control: failed(3, "the answer was 501"),
        again: failed(3),
      })],
    }),
  ],
});

Deno.test("deletedMetrics has how long the other object's GET took, where it was made", () => {
  const neighbour = answered(40);
  assertEquals(deletedMetrics(deleted({ neighbour })).neighbourMs, { unit: "ms", value: 40 });
  assertEquals(deletedMetrics(deleted()).neighbourMs, undefined);
});
