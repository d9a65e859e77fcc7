// What the judge of requests beside an abandoned read passes, fails and cannot tell.

import { assertEquals } from "@std/assert";
import { examples } from "../../lab/testing_judge_examples.ts";
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
import { judgeStale, type Stale, staleMetrics } from "./stale.ts";

const judged = (change: Partial<Stale>) => judgeStale(stale(change), params);
const one = (reader: Stale["readers"][number], change: Partial<Stale> = {}) =>
  judged({ abandoned: closed(), readers: [reader], ...change });

examples("judgeStale", {
  "readers that are answered at once pass, and all of them are named": [
    "pass",
    /^plain HTTP and the AWS SDK: the first byte came within 40 ms while one GET was left unread \(threshold 5 s\); gone on with, that one delivered the rest$/,
    judged({}),
  ],
  "who did not take part is told": [
    "pass",
    /not taking part: the AWS SDK: needs permission/,
    judged({ leftOut: ["the AWS SDK: needs permission"] }),
  ],
  "an answer at the very threshold passes": [
    "pass",
    /within 5 s/,
    judged({
      readers: [reader(answered(5_000))],
    }),
  ],
  "a reader that is answered when the abandoned read is closed fails": [
    "fail",
    /^plain HTTP: no first byte for 5\.2 s while one GET was left unread \(threshold 5 s\); 3 ms after that one was closed it came$/,
    one(late(answered(5_203))),
  ],
  "one blocked reader of two fails": [
    "fail",
    /^plain HTTP of 2: no first byte/,
    judged({
      abandoned: closed(),
      readers: [late(answered(5_203)), reader(answered(4), { via: "sdk" })],
    }),
  ],
  "a reader that comes late by itself, before a lock timeout could have passed, cannot be told": [
    "inconclusive",
    /^plain HTTP took 5\.1 s \(threshold 5 s\), and was answered while .* still open .*\(--lock-timeout\)/,
    one(late(answered(5_100)), { abandoned: abandoned() }),
  ],
  "also where the abandoned read is closed just afterwards": [
    "inconclusive",
    /is slow, or this machine is busy/,
    one(late(answered(5_100))),
  ],
  "one that comes by itself at the lock timeout fails": [
    "fail",
    /no first byte for 59 s .* it came 60 s after that one had begun, which was not closed/,
    one(late(answered(59_000)), { abandoned: abandoned() }),
  ],
  "one of which the watch ended first is not said never to come": [
    "fail",
    /; it had not come when the run stopped waiting, 71 s after that one had begun \(.* --speed 1\)$/,
    one(late(open), { abandoned: abandoned() }),
  ],
  "a client that was asked for and could not take part lets nothing pass": [
    "inconclusive",
    /^a client that was asked for could not take part: the public URL: no answer$/,
    judged({ unusable: ["the public URL: no answer"] }),
  ],
  "but a fault that was seen is one": [
    "fail",
    /no first byte for .* it came; not taking part: the public URL: no answer$/,
    one(late(answered(5_203)), { abandoned: closed(), unusable: ["the public URL: no answer"] }),
  ],
  "a reader that is let go by the target's own end of the abandoned read fails": [
    "fail",
    /; it came 20 ms after the target had ended that one/,
    one(late(answered(29_020)), { abandoned: abandoned({ endedAtMs: 30_000, rest: null }) }),
  ],
  "a reader that is never answered fails when another object was": [
    "fail",
    /no first byte for 5\.2 s .*; nor did it come when that one was closed/,
    one(late(open)),
  ],
  "a reader that is refused late was held as well": [
    "fail",
    /it ended in an error/,
    one(late(failed(5_900))),
  ],
  "an error that went away with the abandoned read fails": [
    "fail",
    /plain HTTP failed: the answer was 503; another object was read meanwhile/,
    one(late(failed(3), { again: answered(3, 7_000) })),
  ],
  "an error that stays is not the abandoned read's doing": [
    "inconclusive",
    /that the abandoned read is why is not known: .* without the abandoned read failed/,
    one(late(failed(3), { again: failed(3) })),
  ],
  "an error that another object has too is not its doing either": [
    "inconclusive",
    /a read of another object failed: the answer was 500/,
    one(reader(failed(3), { control: failed(1, "the answer was 500"), again: answered(3) })),
  ],
  "a target that is slow for every object cannot be told": [
    "inconclusive",
    /slow altogether.* a read of another object took 9 s/,
    one(reader(answered(5_203), { control: answered(9_000) })),
  ],
  "a target that answers nothing at all cannot be told": [
    "inconclusive",
    /does not answer: plain HTTP had nothing after 70 s/,
    one(reader(open, { control: open })),
  ],
  "a late reader without a read of another object cannot be told": [
    "inconclusive",
    /a read of another object was not tried/,
    one(reader(answered(5_203))),
  ],
  "without readers there is nothing to tell": [
    "inconclusive",
    /no reader/,
    judged({ readers: [] }),
  ],
  "an abandoned read that the target had ended proves nothing": [
    "inconclusive",
    /ended the abandoned read by itself after 800 ms/,
    judged({ abandoned: abandoned({ endedAtMs: 800 }) }),
  ],
  "one that the target had ended is not why a reader is late": [
    "inconclusive",
    /ended the abandoned read by itself/,
    one(late(answered(5_203)), { abandoned: closed({ endedAtMs: 800 }) }),
  ],
  "one that ended before the others were answered proves nothing": [
    "inconclusive",
    /ended the abandoned read by itself after 1\.01 s/,
    judged({ abandoned: abandoned({ endedAtMs: 1_010 }) }),
  ],
  "an abandoned read that was refused proves nothing": [
    "inconclusive",
    /answered with 404/,
    judged({ abandoned: abandoned({ status: 404 }) }),
  ],
  "one of which nothing came proves nothing": [
    "inconclusive",
    /no byte had come/,
    judged({ abandoned: abandoned({ receivedBytes: 0 }) }),
  ],
  "one that may be in buffers altogether proves nothing": [
    "inconclusive",
    /may have been in buffers between; use a larger --object-size/,
    judged({ abandoned: abandoned({ midBody: { by: "figures", heldBackBytes: 0 } }) }),
  ],
  "one of unknown length proves nothing": [
    "inconclusive",
    /a length that it did not say/,
    judged({ abandoned: abandoned({ midBody: null, expectedBytes: null }) }),
  ],
  "where nothing shows it open, it must have gone on": [
    "inconclusive",
    /did not go on when it was read on, after 65536 bytes/,
    judged({
      abandoned: abandoned({
        midBody: { by: "bound", heldBackBytes: 5 << 20 },
        shownOpen: false,
        rest: { how: "fin", receivedBytes: 65_536 },
      }),
    }),
  ],
  "and what the proof rests on is told": [
    "pass",
    /goes by the kernel's usual limits \(--stats-url\)/,
    judged({ abandoned: abandoned({ midBody: { by: "bound", heldBackBytes: 5 << 20 } }) }),
  ],
  "where something shows it open, its fate is only told": [
    "pass",
    /gone on with, that one was cut off after 70000 bytes/,
    judged({ abandoned: abandoned({ rest: { how: "fin", receivedBytes: 70_000 } }) }),
  ],
  "bytes that are not the object's fail": [
    "fail",
    /the abandoned read got bytes that no read may: byte 7/,
    judged({ abandoned: abandoned({ corrupt: "byte 7 is of no version" }) }),
  ],
  "where it took long before, thrice that is allowed beside the threshold": [
    "pass",
    /the last byte came within 7\.9 s while one GET was left unread \(allowed 8 s: before it took 1 s\)/,
    judged({ readers: [reader(answered(7_900))], baselineMs: 1_000, awaited: "last byte" }),
  ],
  "but no more": [
    "fail",
    /no last byte for/,
    judged({
      abandoned: closed({ closedAtMs: 9_050 }),
      readers: [late(answered(8_100))],
      ...{ baselineMs: 1_000, awaited: "last byte" },
    }),
  ],
});

Deno.test("staleMetrics counts the readers of each kind and what they waited", () => {
  const metrics = staleMetrics(
    stale({
      abandoned: closed(),
      readers: [late(answered(5_203)), late(open), reader(answered(1))],
    }),
  );
  assertEquals(metrics.readersPlain, { unit: "count", value: 3 });
  assertEquals(metrics.unanswered, { unit: "count", value: 1 });
  assertEquals(
    metrics.afterCloseMs && "max" in metrics.afterCloseMs && metrics.afterCloseMs.max,
    3,
  );
  assertEquals(metrics.sinceAbandonedMs, { unit: "ms", value: 6_203 });
});
