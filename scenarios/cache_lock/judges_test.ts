// For each judge what it passes, what it fails and what it cannot tell, with the reason it gives.

import { assertEquals, assertMatch } from "@std/assert";
import type { Judgement, Verdict } from "../../lab/verdict.ts";
import type { Answers, OriginRequest } from "./answers.ts";
import { type Abandoned, judgeAbandoned } from "./cases/all_leave.ts";
import { judgeCollapse } from "./cases/collapse.ts";
import { type Exhaustion, judgeExhaustion } from "./cases/exhaustion.ts";
import { judgeOriginFails } from "./cases/origin_fails.ts";
import { judgeSlowReader } from "./cases/slow_reader.ts";
import { type Hung, judgeAgeTimeout, judgeWaitTimeout } from "./cases/timeouts.ts";
import { judgeUncacheable } from "./cases/uncacheable.ts";
import { judgeWriterLeft } from "./cases/writer_leaves.ts";
import { cacheLockParams } from "./params.ts";
import { judgeRelease, type Leave, type Release } from "./release.ts";
import type { Answer } from "./answer.ts";
import type { Queue } from "./stage.ts";

/** The seed's own: threshold 2 s, origin delay 5 s, both timeouts 60 s. */
const params = cacheLockParams.parse({});

const queue: Queue = { originRequests: 1, answered: 0, writerAnswered: false, waiting: null };
const unread: Queue = { ...queue, originRequests: null };

const at = (
  completedAtMs: number,
  change: Partial<Answer & { kind: "answered" }> = {},
): Answer => ({
  kind: "answered",
  status: 200,
  digest: "aa",
  sizeBytes: 10,
  headersAtMs: completedAtMs,
  completedAtMs,
  ...change,
});
const open: Answer = { kind: "open", atMs: 60_000 };
const refused: Answer = { kind: "failed", code: "refused", message: "it was refused", atMs: 1 };

const request = (
  arrivedAtMs: number,
  endedAtMs: number | null,
  outcome = "answered",
): OriginRequest => ({ arrivedAtMs, endedAtMs, outcome });

type Example = [verdict: Verdict, reason: RegExp, judgement: Judgement];

function examples(judge: string, table: Readonly<Record<string, () => Example>>): void {
  for (const [name, example] of Object.entries(table)) {
    Deno.test(`${judge}: ${name}`, () => {
      const [verdict, reason, judgement] = example();
      assertEquals(judgement.verdict, verdict, judgement.reason);
      assertMatch(judgement.reason, reason);
    });
  }
}

function release(leaves: Partial<Leave>[], change: Partial<Release> = {}): Judgement {
  return judgeRelease({
    queue,
    originRequestsAfter: change.queue?.originRequests === null ? null : 1,
    leaves: leaves.map((leave) => ({ leftAtMs: 500, releasedAtMs: 510, status: null, ...leave })),
    writerAnsweredAtMs: 5_000,
    watchedUntilMs: 9_000,
    halfClosed: true,
    ...change,
  }, params);
}

examples("judgeRelease", {
  "readers let go at once pass": () => [
    "pass",
    /^all 2 readers were let go within 20 ms of their disconnect \(threshold 2 s\)$/,
    release([{}, { releasedAtMs: 520 }]),
  ],
  "a reader let go exactly at the threshold passes": () => [
    "pass",
    /within 2 s/,
    release([{ releasedAtMs: 2_500 }]),
  ],
  "one reader held until the writer's answer fails, and says how many of how many": () => [
    "fail",
    /^1 of 2 readers were held 4\.5 s .*\(threshold 2 s\)$/,
    release([{}, { releasedAtMs: 5_000 }]),
  ],
  "all readers held until the writer's answer fail, and say until when": () => [
    "fail",
    /^2 of 2 readers were held 4\.51 s .*, until the writer's answer/,
    release([{ releasedAtMs: 5_000 }, { releasedAtMs: 5_010 }]),
  ],
  "a reader that was still held at the end of the watch fails with what it was held at least":
    () => [
      "fail",
      /were held at least 8\.5 s/,
      release([{ releasedAtMs: null }]),
    ],
  "a half-closed reader that was answered in the end fails all the same, and names the case that decides":
    () => [
      "fail",
      /answered 1 of them, as a server that serves half-closed clients would: case 'close' decides/,
      release([{ releasedAtMs: 5_000, status: 200 }]),
    ],
  "a held reader fails also when no origin could be read, and says what is not proved": () => [
    "fail",
    /not proved that they queued for a lock \(--origin\)/,
    release([{ releasedAtMs: 5_000 }], { queue: unread }),
  ],
  "harm to another stream fails": () => [
    "fail",
    /^a stream was harmed$/,
    release([{}], { harm: "a stream was harmed" }),
  ],
  "readers let go at once cannot be told from readers that never queued, without an origin": () => [
    "inconclusive",
    /name the origin with --origin/,
    release([{}], { queue: unread }),
  ],
  "a target that answers nobody is not known to hold anybody, without an origin": () => [
    "inconclusive",
    /did not answer the writer either/,
    release([{ releasedAtMs: null }], { queue: unread, writerAnsweredAtMs: null }),
  ],
  "two requests at the origin are no queue": () => [
    "inconclusive",
    /the origin had 2 requests .* is the cache lock of the target on\?/,
    release([{ releasedAtMs: 5_000 }], { queue: { ...queue, originRequests: 2 } }),
  ],
  "a reader that the target does not count as waiting did not queue": () => [
    "inconclusive",
    /1 requests waited, expected 2/,
    release([{}, {}], { queue: { ...queue, waiting: 1 } }),
  ],
  "a reader that was answered before it left did not queue": () => [
    "inconclusive",
    /the target answered before they left/,
    release([{}], { queue: { ...queue, answered: 1 } }),
  ],
  "a writer that was answered before the readers left held nobody": () => [
    "inconclusive",
    /the target answered before they left/,
    release([{}], { queue: { ...queue, writerAnswered: true } }),
  ],
  "readers whose requests came to the origin after they had left did not queue": () => [
    "inconclusive",
    /in the end the origin had 4 requests/,
    release([{}, {}], { originRequestsAfter: 4 }),
  ],
  "a reader that was let go before it left proves nothing": () => [
    "inconclusive",
    /^1 of 2 readers were let go before they left/,
    release([{ releasedAtMs: 400 }, {}]),
  ],
  "a reader let go within the threshold by the writer's answer proves nothing": () => [
    "inconclusive",
    /let go when the writer had its answer.* longer --origin-delay/,
    release([{ releasedAtMs: 1_000 }], { writerAnsweredAtMs: 1_000 }),
  ],
  "descriptors that are closed prove nothing": () => [
    "inconclusive",
    /a closed one proves nothing/,
    release([{}], { provesHoldsOnly: true }),
  ],
  "a descriptor that stays open proves the hold": () => [
    "fail",
    /1 of 1 readers were held/,
    release([{ releasedAtMs: null }], { provesHoldsOnly: true, halfClosed: false }),
  ],
  "no readers are no proof": () => ["inconclusive", /no reader/, release([])],
});

const exhaustion = (change: Partial<Exhaustion>) =>
  judgeExhaustion(
    { queue, readers: 3, before: at(1, { status: 503 }), after: at(2), ...change },
    params,
  );

examples("judgeExhaustion", {
  "a newcomer that is served after they left passes": () => [
    "pass",
    /served 2 s after 3 readers had left/,
    exhaustion({}),
  ],
  "a newcomer that is refused after they left fails": () => [
    "fail",
    /not served 2 s after 3 readers had left: the answer was 503/,
    exhaustion({ after: at(2, { status: 503 }) }),
  ],
  "a newcomer that is left waiting fails": () => ["fail", /no answer/, exhaustion({ after: open })],
  "a newcomer whose connection is refused fails": () => [
    "fail",
    /it was refused/,
    exhaustion({ after: refused }),
  ],
  "a limit that was not reached proves nothing": () => [
    "inconclusive",
    /limit was not reached/,
    exhaustion({ before: at(1) }),
  ],
  "readers that did not queue prove nothing": () => [
    "inconclusive",
    /did not queue/,
    exhaustion({ queue: { ...queue, originRequests: 4 } }),
  ],
  "a pass needs an origin that can be read": () => [
    "inconclusive",
    /--origin/,
    exhaustion({ queue: unread }),
  ],
});

const answers = (change: Partial<Answers>): Answers => ({
  queue,
  writer: at(5_000),
  readers: [at(5_010), at(5_020)],
  sentAtMs: [100, 110],
  origin: [request(0, 5_000)],
  ...change,
});

examples("judgeCollapse", {
  "one origin request and the same bytes for all pass": () => [
    "pass",
    /the origin saw 1 request, and 3 clients got the same bytes/,
    judgeCollapse(answers({})),
  ],
  "two origin requests for three clients fail": () => [
    "fail",
    /the origin saw 2 requests for 3 clients/,
    judgeCollapse(answers({ origin: [request(0, 1), request(2, 3)] })),
  ],
  "different bytes fail": () => [
    "fail",
    /2 versions/,
    judgeCollapse(answers({ readers: [at(1, { digest: "bb" }), at(2)] })),
  ],
  "a reader without an answer fails": () => [
    "fail",
    /reader 2 of 3: there was no answer/,
    judgeCollapse(answers({ readers: [open, at(2)] })),
  ],
  "a target that sends everyone to the origin is not one that collapses": () => [
    "inconclusive",
    /does not collapse requests: the origin saw 3 of 3/,
    judgeCollapse(answers({ origin: [request(0, 1), request(0, 1), request(0, 1)] })),
  ],
  "without an origin's log the number of requests is not known": () => [
    "inconclusive",
    /--origin/,
    judgeCollapse(answers({ queue: unread, origin: null })),
  ],
  "an origin that saw nothing is not the one behind the target": () => [
    "inconclusive",
    /saw none/,
    judgeCollapse(answers({ origin: [] })),
  ],
  "answers before everyone had asked prove nothing": () => [
    "inconclusive",
    /is the URL cached/,
    judgeCollapse(answers({ queue: { ...queue, answered: 2 } })),
  ],
});

const writerLeft = (change: Partial<Answers>, midFill = true) =>
  judgeWriterLeft({ ...answers(change), leftAtMs: 3_000, midFill }, params);

examples("judgeWriterLeft", {
  "readers served after the writer's client left pass": () => [
    "pass",
    /all 2 readers were answered within 2\.02 s/,
    writerLeft({ writer: refused }),
  ],
  "a reader that is cut off fails":
    () => ["fail", /was not served/, writerLeft({ readers: [refused] })],
  "readers that wait for a lock timeout fail": () => [
    "fail",
    /expected within 12 s/,
    writerLeft({ readers: [at(63_000)] }),
  ],
  "a writer that had everything did not leave mid-fill": () => [
    "inconclusive",
    /middle of the fill/,
    writerLeft({}, false),
  ],
  "a pass needs an origin that can be read": () => [
    "inconclusive",
    /--origin/,
    writerLeft({ queue: unread, origin: null }),
  ],
});

const failing = (origin: OriginRequest[] | null, change: Partial<Answers> = {}) =>
  judgeOriginFails(answers({ readers: [at(4_000), at(4_000)], origin, ...change }), params);
const wasReset = request(0, 1_000, "fault");

examples("judgeOriginFails", {
  "one new writer after the reset, then others at once, pass": () => [
    "pass",
    /after one new writer at a time/,
    failing([wasReset, request(1_010, 2_200), request(2_210, 2_220), request(2_211, 2_230)]),
  ],
  "handing the failure to all needs no second request": () => [
    "pass",
    /all 2 readers were answered in 3\.9 s$/,
    failing([wasReset]),
  ],
  "an answer of any status counts": () => [
    "pass",
    /all 2 readers/,
    failing([wasReset], { readers: [at(1_000, { status: 502 }), at(1_000, { status: 502 })] }),
  ],
  "two new writers at a time fail": () => [
    "fail",
    /more than one new writer/,
    failing([wasReset, request(1_010, 2_200), request(1_011, 1_020)]),
  ],
  "a writer beside the first fails": () => [
    "fail",
    /while the first was at work/,
    failing([wasReset, request(900, 2_200)]),
  ],
  "a reader that is never answered fails": () => [
    "fail",
    /never answered: reader 1 of 1/,
    failing([wasReset], { readers: [open] }),
  ],
  "a reader that is answered too late fails": () => [
    "fail",
    /expected within 7 s/,
    failing([wasReset], { readers: [at(7_101)] }),
  ],
  "a reset that did not happen proves nothing": () => [
    "inconclusive",
    /reset did not reach the target/,
    failing([request(0, 1_000)]),
  ],
  "without an origin's log the number of writers is not known": () => [
    "inconclusive",
    /--origin/,
    failing(null, { queue: unread }),
  ],
});

const uncacheable = (lastAtMs: number, origin: OriginRequest[], change: Partial<Answers> = {}) =>
  judgeUncacheable(
    answers({ readers: [at(9_900), at(9_900), at(lastAtMs)], origin, ...change }),
    params,
  );
const together = [request(0, 5_000), ...[0, 1, 2].map((n) => request(5_000 + n, 11_000))];
const inARow = [0, 1, 2, 3].map((n) => request(n * 5_000, (n + 1) * 5_000));

examples("judgeUncacheable", {
  "readers answered one origin delay after the writer pass": () => [
    "pass",
    /the last of 3 readers was answered 5 s after the writer/,
    uncacheable(10_000, together),
  ],
  "readers answered one after the other fail": () => [
    "fail",
    /answered 15 s after the writer .* one after the other/,
    uncacheable(20_000, inARow),
  ],
  "readers answered in two turns fail": () => [
    "fail",
    /in waves$/,
    uncacheable(15_000, [...together.slice(0, 3), request(11_000, 15_000)]),
  ],
  "readers that were at the origin together pass also on a slow machine": () => [
    "pass",
    /answered 8 s after the writer .* at the origin at the same time$/,
    uncacheable(13_000, together),
  ],
  "readers that were at the origin together, and took as long as in a row, cannot be told": () => [
    "inconclusive",
    /although all of them were at the origin at the same time/,
    uncacheable(20_000, together),
  ],
  "a reader that is not served fails": () => [
    "fail",
    /was not served/,
    uncacheable(1, together, { readers: [open] }),
  ],
  "a pass needs an origin that can be read": () => [
    "inconclusive",
    /--origin/,
    uncacheable(10_000, together, { queue: unread, origin: null }),
  ],
});

const hung = (arrivedAtMs: number[], change: Partial<Hung> = {}): Hung => ({
  queue,
  readersSentAtMs: [100, 110],
  arrivedAtMs,
  ...change,
});

examples("judgeWaitTimeout", {
  "each reader at its own timeout passes": () => [
    "pass",
    /each of 2 readers went to the origin at its wait timeout of 60 s/,
    judgeWaitTimeout(hung([0, 60_100, 61_000]), params),
  ],
  "one that goes too early fails": () => [
    "fail",
    /1 of 2 readers went to the origin after 40 s/,
    judgeWaitTimeout(hung([0, 40_100, 60_110]), params),
  ],
  "one that does not go fails": () => [
    "fail",
    /1 of 2 readers had gone/,
    judgeWaitTimeout(hung([0, 60_100]), params),
  ],
  "an origin that cannot be read tells nothing": () => [
    "inconclusive",
    /--origin/,
    judgeWaitTimeout(hung([], { queue: unread }), params),
  ],
});

examples("judgeAgeTimeout", {
  "one new writer at the age timeout passes": () => [
    "pass",
    /one new writer went to the origin 60 s after the first/,
    judgeAgeTimeout(hung([0, 60_010]), params),
  ],
  "two new writers fail": () => [
    "fail",
    /2 new writers/,
    judgeAgeTimeout(hung([0, 60_010, 60_020]), params),
  ],
  "no new writer fails": () => ["fail", /0 new writers/, judgeAgeTimeout(hung([0]), params)],
  "a new writer at another time fails": () => [
    "fail",
    /came after 10 s, expected 60 s/,
    judgeAgeTimeout(hung([0, 10_000]), params),
  ],
  "readers that did not queue prove nothing": () => [
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
  "a newcomer that is served passes, and the fetch was let finish": () => [
    "pass",
    /was let finish, and a newcomer was served in 4\.4 s/,
    abandoned({}),
  ],
  "a fetch that was ended passes as well": () => [
    "pass",
    /was ended/,
    abandoned({ origin: [request(0, 600, "aborted"), request(610, 5_000)] }),
  ],
  "a newcomer that is left waiting fails": () => [
    "fail",
    /was not served within/,
    abandoned({ newcomer: open }),
  ],
  "a newcomer that waits too long fails": () => [
    "fail",
    /waited 12\.4 s, expected at most 12 s/,
    abandoned({ newcomer: at(13_000) }),
  ],
  "without an origin's log nothing is known of the fetch": () => [
    "inconclusive",
    /--origin/,
    abandoned({ queue: unread, origin: null }),
  ],
});

const slow = (change: Partial<Answers>, slowReceivedBytes = 100_000) =>
  judgeSlowReader({ ...answers(change), slowReceivedBytes }, params);

examples("judgeSlowReader", {
  "others that have everything while one has not pass": () => [
    "pass",
    /3 clients had all 8388608 bytes while one reader had stopped at 100000/,
    slow({}),
  ],
  "another that has not fails": () => ["fail", /was not served/, slow({ readers: [open] })],
  "readers that fetched by themselves shared nothing": () => [
    "inconclusive",
    /did not share the writer's fetch: the origin had 2 requests/,
    slow({ origin: [request(0, 5_000), request(9, 5_000)] }),
  ],
  "a slow reader that had everything proves nothing": () => [
    "inconclusive",
    /the buffers are too large/,
    slow({}, 8 << 20),
  ],
  "a pass needs an origin that can be read": () => [
    "inconclusive",
    /--origin/,
    slow({ queue: unread, origin: null }),
  ],
});
