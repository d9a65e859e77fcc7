// What must hold of every judge of `ws-hibernation`, whatever was observed.

import { assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Data,
  mostly,
  ms,
  type Sample,
  sampleOf,
  testJudge,
} from "../../lab/testing_judge.ts";
import type { Judgement, Verdict } from "../../lab/verdict.ts";
import { type AlarmWake, type Ended, judgeAlarmWake, judgeStale, type Stale } from "./alarms.ts";
import type { Asked } from "./asked.ts";
import { type Attachment, judgeAttachment } from "./attachment.ts";
import { type AutoResponse, judgeAutoResponse } from "./auto_response.ts";
import { type Broadcast, judgeBroadcast, type Listener } from "./broadcast.ts";
import { type Closing, judgeClosing } from "./closing.ts";
import { judgeOrder, type Order } from "./order.ts";
import type { WsHibernationParams } from "./params.ts";
import { judgePush, type Push } from "./push.ts";
import { judgeReplies, type Phase, type Replies } from "./replies.ts";
import { anyAsked, anyParams, anySleep, anyTold, UNSLEPT, with_ } from "./testing_observations.ts";
import { judgeTimer, type Kept, type Timer } from "./timer.ts";
import type { Told } from "./told.ts";

type Samples = fc.Arbitrary<Sample<WsHibernationParams>>;

/** Observations of a kind, each with its parameters and its judge. */
function samplesOf<S extends object>(
  seen: (params: WsHibernationParams) => fc.Arbitrary<S>,
  judge: (seen: S, params: WsHibernationParams) => Judgement,
): Samples {
  return anyParams.chain((params) => seen(params).map((one) => sampleOf(params, one, judge)));
}

/** Whatever else tells of it, it did not sleep. */
const unslept = fc.constantFrom(...UNSLEPT).map((sleep) => with_({ sleep }));

const phase = (soonMs: number): fc.Arbitrary<Phase> =>
  fc.record({
    silentMs: ms(50),
    asked: fc.array(anyAsked(soonMs), { minLength: 1, maxLength: 3 }),
  });

const replies = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<Replies> =>
  fc.record({
    phases: fc.array(phase(thresholdMs), { maxLength: 2 }),
    strays: mostly<string[]>([], ["binary data"]),
    sleep: anySleep,
    sent: ms(6),
    told: anyTold,
  });

/** The same with one of its requests otherwise. */
const otherwise = (change: (asked: Asked) => Asked) => (seen: Data): Data => {
  const [first, ...others] = seen.phases as Phase[];
  if (first === undefined) return seen;
  return { ...seen, phases: [{ ...first, asked: first.asked.map(change) }, ...others] };
};

const repliesSamples = samplesOf(replies, judgeReplies);
testJudge("judgeReplies", {
  samples: repliesSamples,
  unproven: fc.oneof(
    unslept,
    fc.constantFrom<(seen: Data) => Data>(
      with_({ phases: [] }),
      with_({ phases: [{ silentMs: 0, asked: [] }] }),
      otherwise(({ what, sentAtMs }) => ({ kind: "lost", what, sentAtMs, atMs: sentAtMs })),
      otherwise(({ what, sentAtMs }) => ({ kind: "closed", what, sentAtMs, atMs: sentAtMs })),
      otherwise(({ what, sentAtMs }) => ({
        ...{ kind: "answered", what, sentAtMs, answeredAtMs: sentAtMs + 201, wrong: null },
      })),
      otherwise((one) =>
        one.kind === "answered" ? { ...one, wrong: "it is of another kind" } : one
      ),
    ),
  ),
  perReader: [],
});

const listener = (sentAtMs: number, soonMs: number): fc.Arbitrary<Listener> =>
  fc.record({
    heardAtMs: fc.oneof(
      { weight: 40, arbitrary: ms(soonMs).map((took) => [sentAtMs + took]) },
      { weight: 1, arbitrary: fc.array(ms(300).map((took) => sentAtMs + took), { maxLength: 2 }) },
    ),
    closed: mostly(false, false, false, true),
  });

const broadcast = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<Broadcast> =>
  fc.record({
    sentAtMs: fc.constant(10),
    endedAtMs: ms(600, 400),
    listeners: fc.array(listener(10, thresholdMs), { maxLength: 5 }),
    outsiders: fc.array(
      fc.record<Listener>({
        heardAtMs: mostly<number[]>([], [12]),
        closed: mostly(false, false, false, true),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    sleep: anySleep,
    sent: ms(3, 1),
    told: anyTold,
  });

const deafFirst = (change: Partial<Listener>) => (seen: Data): Data => {
  const [first, ...others] = seen.listeners as Listener[];
  return { ...seen, listeners: [{ heardAtMs: [], closed: false, ...first, ...change }, ...others] };
};

testJudge("judgeBroadcast", {
  samples: samplesOf(broadcast, judgeBroadcast),
  unproven: fc.oneof(
    unslept,
    fc.constantFrom<(seen: Data) => Data>(
      with_({ outsiders: [] }),
      with_({ outsiders: [{ heardAtMs: [9], closed: false }] }),
      with_({ listeners: [] }),
      deafFirst({ heardAtMs: [] }),
      deafFirst({ heardAtMs: [10, 10] }),
      deafFirst({ closed: true }),
    ),
  ),
  perReader: ["listeners", "outsiders"],
});

const order = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<Order> =>
  ms(thresholdMs).chain((took) =>
    fc.record({
      sentAtMs: fc.constant(10),
      burst: fc.constant(4),
      got: mostly<number[]>([1, 2, 3, 4], [1, 2, 4], [1, 2, 2, 3, 4], [1, 3, 2, 4], [], [2, 9]),
      lastAtMs: mostly<number | null>(10 + took, 900, null),
      endedAtMs: ms(900, 800),
      closed: mostly(false, true),
      strays: mostly<string[]>([], ["an echo of something else"]),
      sleep: anySleep,
      sent: ms(6, 4),
      told: anyTold,
    })
  );

testJudge("judgeOrder", {
  samples: samplesOf(order, judgeOrder),
  unproven: fc.oneof(
    unslept,
    fc.constantFrom<Data>(
      { got: [1, 2, 3] },
      { got: [4, 3, 2, 1] },
      { got: [1, 2, 3, 4, 4] },
      { got: [] },
      { lastAtMs: 211 },
      { burst: 1, got: [1] },
    ).map(with_),
  ),
  perReader: [],
});

const push = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<Push> =>
  fc.record({
    dueAtMs: fc.constant(50),
    heardAtMs: fc.array(
      fc.oneof<fc.WeightedArbitrary<number | null>[]>(
        { weight: 20, arbitrary: ms(thresholdMs).map((took) => 50 + took) },
        { weight: 1, arbitrary: fc.constantFrom(null, 900) },
      ),
      { maxLength: 4 },
    ),
    endedAtMs: ms(1_000, 900),
    closed: mostly(0, 1),
    sleep: anySleep,
    sent: ms(3, 1),
    told: anyTold,
  });

testJudge("judgePush", {
  samples: samplesOf(push, judgePush),
  unproven: fc.oneof(
    unslept,
    fc.constantFrom<Data>({ heardAtMs: [] }, { heardAtMs: [null] }, { heardAtMs: [251] }, {
      closed: 1,
    }).map(
      with_,
    ),
  ),
  perReader: ["heardAtMs"],
});

const withoutReply = with_({ asked: { kind: "closed", what: "message", sentAtMs: 1, atMs: 2 } });

const attachment = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<Attachment> =>
  fc.record({
    asked: anyAsked(thresholdMs, 5),
    same: mostly<boolean | null>(true, false, null),
    sleep: anySleep,
    sent: ms(3, 1),
    told: anyTold,
  });

testJudge("judgeAttachment", {
  samples: samplesOf(attachment, judgeAttachment),
  unproven: fc.oneof(
    unslept,
    fc.constantFrom<(seen: Data) => Data>(
      withoutReply,
      with_({ same: false, told: null }),
      with_({ same: null, told: null }),
    ),
  ),
  perReader: [],
});

const autoResponse = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<AutoResponse> =>
  fc.record({
    auto: anyAsked(thresholdMs),
    pauseMs: ms(200, 100),
    told: anyTold,
    ping: anyAsked(thresholdMs, 5),
    ageMs: mostly<number | null>(3, 201, null),
    sleep: anySleep,
  });

testJudge("judgeAutoResponse", {
  samples: samplesOf(autoResponse, judgeAutoResponse),
  unproven: fc.oneof(
    fc.constantFrom<Asked>(
      { kind: "lost", what: "auto ping", sentAtMs: 1, atMs: 9 },
      { kind: "closed", what: "auto ping", sentAtMs: 1, atMs: 9 },
      { kind: "answered", what: "auto ping", sentAtMs: 1, answeredAtMs: 202, wrong: null },
    ).map((auto) => with_({ auto })),
    fc.constantFrom<Data>({ ageMs: null, told: null }, { ageMs: 201, told: null }).map(with_),
    fc.constantFrom(...UNSLEPT).map((sleep) => with_({ sleep, told: null })),
  ),
  perReader: [],
});

const alarmWake = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<AlarmWake> =>
  fc.record({
    silentMs: ms(90, 60),
    before: mostly<string | null>("a", null),
    told: anyTold,
    asked: anyAsked(thresholdMs, 5),
    alarms: mostly<number | null>(1, 0, null),
    alarmInstance: mostly<string | null>("b", "a", null),
  });

testJudge("judgeAlarmWake", {
  samples: samplesOf(alarmWake, judgeAlarmWake),
  unproven: fc.constantFrom<(seen: Data) => Data>(
    withoutReply,
    with_({ told: null, alarms: 0 }),
    with_({ told: null, alarms: null }),
    with_({ told: null, alarmInstance: null }),
    with_({ told: null, before: "b", alarmInstance: "b" }),
    with_({ told: null, before: null }),
  ),
  perReader: [],
});

const ended: fc.Arbitrary<Ended> = fc.record({
  code: mostly(4408, 1000, 1005, 1006),
  reason: mostly("no heartbeat", ""),
  afterMs: mostly(700, 100, 900),
});

const stale = (): fc.Arbitrary<Stale> =>
  fc.record({
    silent: fc.option(ended, { freq: 12 }),
    live: fc.option(ended, { freq: 1 }).map((one) => one?.code === 4408 ? null : one),
    heartbeats: mostly(4, 0),
    timeoutMs: fc.constant(650),
    cleanupMs: fc.constant(300),
    waitedMs: ms(1_200, 1_000),
  });

testJudge("judgeStale", {
  samples: samplesOf(stale, judgeStale),
  unproven: fc.constantFrom<Data>(
    { silent: null },
    { silent: { code: 4408, reason: "", afterMs: 700 } },
    { silent: { code: 1006, reason: "", afterMs: 700 } },
    { live: { code: 4408, reason: "no heartbeat", afterMs: 700 } },
    { silent: { code: 4408, reason: "no heartbeat", afterMs: 1_200 } },
    { heartbeats: 0 },
  ).map(with_),
  perReader: [],
});

const closing = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<Closing> =>
  fc.record({
    how: fc.constantFrom("closed", "vanished"),
    closed: mostly<Closing["closed"]>({ code: 1000, tookMs: 3 }, { code: 1006, tookMs: 90 }, null),
    asked: anyAsked(thresholdMs, 5),
    connections: mostly<number | null>(1, 2, null),
    closes: mostly<number | null>(1, 0, null),
    sleep: anySleep,
    told: anyTold,
  });

testJudge("judgeClosing", {
  samples: samplesOf(closing, judgeClosing),
  unproven: fc.oneof(
    unslept,
    fc.constantFrom<(seen: Data) => Data>(
      withoutReply,
      with_({ connections: 2, told: null }),
      with_({ connections: null, told: null }),
      with_({ how: "closed", closes: 0, told: null }),
      with_({ how: "closed", closed: null }),
      with_({ how: "closed", closed: { code: 1000, tookMs: 201 } }),
    ),
  ),
  perReader: [],
});

const kept = (soonMs: number): fc.Arbitrary<Kept> =>
  fc.record({ asked: anyAsked(soonMs), sleep: anySleep, told: anyTold });

const timer = ({ thresholdMs }: WsHibernationParams): fc.Arbitrary<Timer> =>
  fc.record({
    hold: anyAsked(thresholdMs),
    held: kept(thresholdMs).map((one): Kept => ({
      ...one,
      // Mostly awake: of those that are mostly asleep the other way round.
      sleep: { ...one.sleep, after: one.sleep.after === "b" ? "a" : "b" },
    })),
    free: kept(thresholdMs),
  });

testJudge("judgeTimer", {
  samples: samplesOf(timer, judgeTimer),
  unproven: fc.oneof(
    fc.constantFrom(...UNSLEPT).map((sleep) => (seen: Data): Data => ({
      ...seen,
      free: { ...(seen.free as Kept), sleep },
    })),
    fc.constantFrom<Partial<Kept>>(
      { sleep: { idleMs: 9, before: "a", after: "b", reconstructions: 0 } },
      { sleep: { idleMs: 9, before: null, after: "b", reconstructions: null } },
      { asked: { kind: "closed", what: "ping", sentAtMs: 1, atMs: 2 } },
    ).map((change) => (seen: Data): Data => ({
      ...seen,
      held: { ...(seen.held as Kept), ...change },
    })),
  ),
  perReader: [],
});

Deno.test("no figures turn lost answers into anything but a fail", () => {
  fc.assert(
    fc.property(repliesSamples, anyTold, anySleep, ({ seen, params, judge }, told, sleep) => {
      const { phases } = seen as unknown as Replies;
      fc.pre(phases.length > 0);
      const lost = otherwise(({ what, sentAtMs }) => ({
        ...{ kind: "lost", what, sentAtMs, atMs: sentAtMs + 900 },
      }));
      const { verdict, unmet } = judge({ ...lost(seen), strays: [], told, sleep }, params);
      assertEquals([verdict, unmet], ["fail", undefined]);
    }),
  );
});

Deno.test("what a host counts beside what it received decides nothing where all was answered", () => {
  fc.assert(
    fc.property(repliesSamples, anyTold, ({ seen, params, judge }, told: Told | null) => {
      const before = judge({ ...seen, told: null }, params).verdict;
      const after = judge({ ...seen, told }, params).verdict;
      assertEquals(after, before);
      if (before === "fail") assertNotEquals<Verdict>(after, "pass");
    }),
  );
});
