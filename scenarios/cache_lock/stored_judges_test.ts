// What is passed, failed and not told by the judges of `expired`, `stale-leave`, `vary-miss`, `range`,
// `head` and `conditional`, with the reason each gives.

import { examples } from "../../lab/testing_judge_examples.ts";
import type { Answer } from "./answer.ts";
import { judgeExpired } from "./cases/expired.ts";
import { judgePartial, type PartialAnswer, type PartialAnswers } from "./cases/partial.ts";
import { judgeStaleLeave, type StaleLeave } from "./cases/stale_leave.ts";
import { judgeVariants, type VariantAnswer, type Variants } from "./cases/vary_miss.ts";
import { at, open, params, queue, refused, request, unread } from "./judge_examples.ts";
import type { Leave, Release } from "./release.ts";

const fresh = (completedAtMs: number) => at(completedAtMs, { digest: "fresh" });

const leave = (releasedAtMs: number): Leave => ({ leftAtMs: 500, releasedAtMs, status: null });
const expired = (leaves: Leave[], change: Partial<Release> = {}) =>
  judgeExpired({
    queue,
    originRequestsAfter: change.queue?.originRequests === null ? null : 1,
    leaves,
    writerAnsweredAtMs: 5_000,
    watchedUntilMs: 9_000,
    halfClosed: true,
    ...change,
  }, params);

examples("judgeExpired", {
  "readers let go at once pass": [
    "pass",
    /^all 2 readers were let go/,
    expired([leave(510), leave(520)]),
  ],
  "a reader held until the revalidation was over fails": [
    "fail",
    /^1 of 2 readers were held 4\.5 s .*\(threshold 2 s\)/,
    expired([leave(510), leave(5_000)]),
  ],
  "a request of each reader at the origin: revalidations are not collapsed": [
    "inconclusive",
    /does not collapse revalidations: the origin had 3 requests .* with 2 readers/,
    expired([leave(510), leave(5_000)], { queue: { ...queue, originRequests: 3 } }),
  ],
  "an answer before they left: what had expired was served": [
    "inconclusive",
    /answered with what had expired, although .* s-maxage/,
    expired([leave(510)], { queue: { ...queue, answered: 1 } }),
  ],
  "no readable origin: that they queued is not proved": [
    "inconclusive",
    /--origin/,
    expired([leave(510)], { queue: unread }),
  ],
});

const stale = (change: Partial<StaleLeave> = {}) =>
  judgeStaleLeave({
    storedDigest: "stored",
    starter: at(5),
    starterSentAtMs: 0,
    starterLeftAtMs: 500,
    readers: [at(20), at(30)],
    sentAtMs: [10, 10],
    revalidations: 1,
    origin: [request(2, 5_000)],
    newcomer: fresh(5_100),
    ...change,
  }, params);

examples("judgeStaleLeave", {
  "everyone served at once and one revalidation pass": [
    "pass",
    /^all 3 clients were served at once .* outlived the client that began it$/,
    stale(),
  ],
  "a reader that is answered within the threshold exactly passes": [
    "pass",
    /outlived/,
    stale({ readers: [at(2_010), at(30)] }),
  ],
  "readers that revalidate each for itself pass, if none is lost": [
    "pass",
    /outlived/,
    stale({ revalidations: 3, origin: [2, 10, 10].map((atMs) => request(atMs, 5_000 + atMs)) }),
  ],
  "a reader that waits for the new version fails": [
    "fail",
    /^1 of 3 clients were not served at once .*\(threshold 2 s\): they waited/,
    stale({ readers: [at(20), fresh(5_000)] }),
  ],
  "a reader that gets the old version late fails": [
    "fail",
    /^1 of 3 clients were not served at once/,
    stale({ readers: [at(20), at(2_011)] }),
  ],
  "a target whose first client alone waits for the revalidation cannot be told": [
    "inconclusive",
    /its first client waits for the revalidation, which RFC 5861/,
    stale({ starter: { kind: "open", atMs: 500 } }),
  ],
  "a revalidation that ends with its client fails": [
    "fail",
    /^the revalidation was ended when .*: the origin was asked 2 times, expected 1$/,
    stale({ origin: [request(2, 501, "aborted"), request(5_100, 9_000)], newcomer: at(5_110) }),
  ],
  "a revalidation whose answer is thrown away fails": [
    "fail",
    /^the revalidation was lost when .* still got what had expired$/,
    stale({ newcomer: at(7_500) }),
  ],
  "a newcomer that is not served fails": [
    "fail",
    /a newcomer was not served with 200: the answer was 502/,
    stale({ newcomer: at(9_000, { status: 502 }) }),
  ],
  "a reader that gets an error fails": [
    "fail",
    /^a reader .* was not served with 200: it was refused$/,
    stale({ readers: [at(20), refused] }),
  ],
  "readers that all wait for the new version: the target does not serve stale": [
    "inconclusive",
    /does not serve what has expired .* RFC 5861/,
    stale({ starter: open, readers: [fresh(5_000), fresh(5_001)] }),
  ],
  "a target that does not ask the origin keeps answers for longer": [
    "inconclusive",
    /did not ask the origin/,
    stale({ revalidations: 0, origin: [] }),
  ],
  "a revalidation that was over when its client left": [
    "inconclusive",
    /was not on its way when its client left/,
    stale({ origin: [request(2, 499)] }),
  ],
  "a revalidation that came after its client had left": [
    "inconclusive",
    /had not reached the origin/,
    stale({ revalidations: 0 }),
  ],
  "no readable origin": ["inconclusive", /--origin/, stale({ revalidations: null, origin: null })],
  "no reader": ["inconclusive", /no reader/, stale({ readers: [], sentAtMs: [] })],
});

const variant = (asked: string, answer: Answer, got: string | null = asked): VariantAnswer => ({
  asked,
  got,
  sentAtMs: 10,
  answer,
});
const variants = (readers: VariantAnswer[], change: Partial<Variants> = {}) =>
  judgeVariants(
    { queue, writer: variant("de", at(5_000)), readers, origin: [request(2, 5_000)], ...change },
    params,
  );

examples("judgeVariants", {
  "each its variant, within two rounds, passes": [
    "pass",
    /^each of 3 clients got the variant asked for, .* after 14 s$/,
    variants([variant("fr", at(14_010)), variant("de", at(5_000))]),
  ],
  "the other variant fails": [
    "fail",
    /^1 of 3 clients got another variant .*: 'de' for 'fr' \(RFC 9111 §4\.1\)$/,
    variants([variant("fr", at(5_000), "de"), variant("de", at(5_000))]),
  ],
  "the other variant fails also where nobody queued": [
    "fail",
    /another variant/,
    variants([variant("fr", at(5_000), "de")], { queue: { ...queue, originRequests: 3 } }),
  ],
  "a reader that waits for more than its variant fails": [
    "fail",
    /answered after 15 s, expected within 14 s: one origin delay a variant$/,
    variants([variant("fr", at(15_010)), variant("de", at(5_000))]),
  ],
  "an error fails": [
    "fail",
    /asked for 'fr' was not served with 200: the answer was 503/,
    variants([variant("fr", at(5_000, { status: 503 }), null)]),
  ],
  "no answer fails": ["fail", /there was no answer/, variants([variant("fr", open, null)])],
  "content that does not name its variant": [
    "inconclusive",
    /does the target pass Accept-Language on/,
    variants([variant("fr", at(5_000), null)]),
  ],
  "a request of each at the origin": [
    "inconclusive",
    /did not queue: the origin had 2 requests/,
    variants([variant("fr", at(5_000))], { queue: { ...queue, originRequests: 2 } }),
  ],
  "no readable origin": [
    "inconclusive",
    /--origin/,
    variants([variant("fr", at(5_000))], { queue: unread, origin: null }),
  ],
});

const less = (answer: Answer, wrong: string | null = null): PartialAnswer => ({
  sentAtMs: 10,
  answer,
  wrong,
});
const partial = (readers: PartialAnswer[], change: Partial<PartialAnswers> = {}) =>
  judgePartial(
    { queue, writer: at(5_000), readers, origin: [request(2, 5_000)], ...change },
    params,
  );

examples("judgePartial", {
  "right answers within two origin delays and the threshold pass": [
    "pass",
    /^each reader got a right answer \(200, 206\), .* after 12 s$/,
    partial([less(at(12_010, { status: 206 })), less(at(5_000))]),
  ],
  "a wrong answer fails": [
    "fail",
    /^1 of 2 readers got a wrong answer: other bytes$/,
    partial([less(at(5_000), "other bytes"), less(at(5_000))]),
  ],
  "a wrong answer fails also where nobody queued": [
    "fail",
    /other bytes/,
    partial([less(at(5_000), "other bytes")], { queue: { ...queue, originRequests: 3 } }),
  ],
  "a late answer fails": ["fail", /after 13 s, expected within 12 s/, partial([less(at(13_010))])],
  "no answer fails": [
    "fail",
    /a reader was not served: there was no answer/,
    partial([less(open)]),
  ],
  "a writer that got an error: what the whole is was not seen": [
    "inconclusive",
    /for the writer the answer was 502/,
    partial([less(at(5_000))], { writer: at(5_000, { status: 502 }) }),
  ],
  "an answer before the writer's": [
    "inconclusive",
    /did not queue/,
    partial([less(at(20))], { queue: { ...queue, answered: 1 } }),
  ],
  "no readable origin": [
    "inconclusive",
    /--origin/,
    partial([less(at(5_000))], { queue: unread, origin: null }),
  ],
});
