// What the judges of `one-leaves`, `writer-leaves-early`, `pipelined` and `trickle` pass, fail and
// cannot tell, and what must hold of them whatever was observed.

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { realClock } from "../../lab/clock.ts";
import { runAll } from "../../lab/runner.ts";
import { nominalParams } from "../../lab/run_spec.ts";
import { urlTarget } from "../../lab/target.ts";
import type { Judgement, Verdict } from "../../lab/verdict.ts";
import { listen } from "../../servers/listen.ts";
import type { Answer } from "./answer.ts";
import type { Answers, OriginRequest } from "./answers.ts";
import { keepAlive } from "./cases/keep_alive.ts";
import { judgeOneLeft } from "./cases/one_leaves.ts";
import { judgePipelined, type Pair, type Pipelined } from "./cases/pipelined.ts";
import { judgeTrickle, type Trickle } from "./cases/trickle.ts";
import { judgeWriterLeftEarly, type WriterLeftEarly } from "./cases/writer_leaves_early.ts";
import { SAMPLES } from "./observation_arbitrary.ts";
import { type CacheLockParams, cacheLockParams } from "./params.ts";
import { cacheLock } from "./scenario.ts";
import type { Queue } from "./stage.ts";

/** The seed's own: threshold 2 s, origin delay 5 s, both timeouts 60 s. */
const params = cacheLockParams.parse({});
const queue: Queue = { originRequests: 1, answered: 0, writerAnswered: false, waiting: null };
const unread: Queue = { ...queue, originRequests: null };

type Answered = Extract<Answer, { kind: "answered" }>;

const at = (completedAtMs: number, change: Partial<Answered> = {}): Answered => ({
  kind: "answered",
  status: 200,
  digest: "aa",
  sizeBytes: 10,
  headersAtMs: completedAtMs,
  completedAtMs,
  ...change,
});
const open: Answer = { kind: "open", atMs: 60_000 };
const cut: Answer = { kind: "failed", code: "closed-early", message: "it was closed", atMs: 9 };
const request = (outcome = "answered"): OriginRequest => ({
  arrivedAtMs: 1,
  endedAtMs: 5_000,
  outcome,
});

const answers: Answers = {
  queue,
  writer: at(5_000),
  readers: [at(5_010), at(5_020)],
  sentAtMs: [10, 20],
  origin: [request()],
};

const oneLeft = (change: Partial<Answers> = {}) => judgeOneLeft({ ...answers, ...change }, params);
const early = (change: Partial<WriterLeftEarly> = {}) =>
  judgeWriterLeftEarly({ ...answers, writer: cut, leftAtMs: 500, ...change }, params);

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

const EXAMPLES: Readonly<Record<string, [Verdict, RegExp, Judgement]>> = {
  "one-leaves: all others with the same bytes pass": ["pass", /^3 clients .* 1 origin/, oneLeft()],
  "one-leaves: a reader without an answer fails": [
    "fail",
    /reader 3 of 3: there was no answer$/,
    oneLeft({ readers: [at(5_010), open] }),
  ],
  "one-leaves: a writer that was cut fails": [
    "fail",
    /writer first\): reader 1 of 3: it was closed$/,
    oneLeft({ writer: cut }),
  ],
  "one-leaves: other bytes fail": [
    "fail",
    /2 versions/,
    oneLeft({ readers: [at(5_010), at(5_020, { digest: "bb" })] }),
  ],
  "one-leaves: exactly one origin delay and the threshold after the writer passes": [
    "pass",
    /1 origin/,
    oneLeft({ readers: [at(12_000)] }),
  ],
  "one-leaves: later fails": [
    "fail",
    /answered 7\.01 s after the writer, expected within 7 s$/,
    oneLeft({ readers: [at(12_010)] }),
  ],
  "one-leaves: a second origin request fails": [
    "fail",
    /saw 2 requests, expected 1$/,
    oneLeft({ origin: [request(), request()] }),
  ],
  "one-leaves: without the origin's log nothing is told, also not of other bytes": [
    "inconclusive",
    /--origin/,
    oneLeft({ queue: unread, origin: null, readers: [at(5_010, { digest: "bb" })] }),
  ],
  "one-leaves: requests that did not queue are not told of": [
    "inconclusive",
    /did not queue: the origin had 4/,
    oneLeft({ queue: { ...queue, originRequests: 4 } }),
  ],
  "one-leaves: the one that left must have waited too": [
    "inconclusive",
    /2 requests waited, expected 3/,
    oneLeft({ queue: { ...queue, waiting: 2 } }),
  ],

  "writer-leaves-early: readers answered by the fill that went on pass": [
    "pass",
    /within 4\.52 s .* was let finish; the origin saw 1 request$/,
    early(),
  ],
  "writer-leaves-early: readers answered by another fetch pass, and it is said": [
    "pass",
    /was ended; the origin saw 2 requests$/,
    early({ origin: [request("aborted"), request()] }),
  ],
  "writer-leaves-early: over two origin delays and the threshold fails": [
    "fail",
    /answered 12\.1 s after .* expected within 12 s/,
    early({ readers: [at(12_600)] }),
  ],
  "writer-leaves-early: an error to a reader fails": [
    "fail",
    /the answer was 502/,
    early({ readers: [at(600, { status: 502 })] }),
  ],
  "writer-leaves-early: readers that did not queue are not told of": [
    "inconclusive",
    /answered before they left/,
    early({ queue: { ...queue, answered: 1 } }),
  ],
  "writer-leaves-early: without the origin's log nothing is told": [
    "inconclusive",
    /--origin/,
    early({ queue: unread, origin: null, readers: [open] }),
  ],

  "pipelined: both answers in order pass": ["pass", /^1 connection with two/, pipelined([pair()])],
  "pipelined: a connection closed before the second answer, unannounced, fails": [
    "fail",
    /^1 of 2 .* reader-2's second request: it was closed; .* both are answered$/,
    pipelined([pair(), pair({ lane: "reader-2", second: cut })]),
  ],
  "pipelined: where the target never serves two at once, that is said": [
    "fail",
    /nothing to wait for the second is lost as well$/,
    pipelined([pair({ second: cut })], { unhindered: pair({ second: cut }) }),
  ],
  "pipelined: the same, announced, is allowed and tells nothing": [
    "inconclusive",
    /would close 1 of 1 connections/,
    pipelined([pair({ second: cut, closing: true })]),
  ],
  "pipelined: a close that was announced and then not made, with the answer missing, fails": [
    "fail",
    /second request: there was no answer/,
    pipelined([pair({ second: open, closing: true })]),
  ],
  "pipelined: a first answer cut short fails, also when a close was announced": [
    "fail",
    /first request: the answer was 200 with 2999 bytes;/,
    pipelined([pair({ first: at(1, { sizeBytes: 2_999 }), second: cut, closing: true })]),
  ],
  "pipelined: answers in the wrong order fail": [
    "fail",
    /with 1000 bytes \(that of the second request\)/,
    pipelined([pair({ first: pair().second, second: pair().first })]),
  ],
  "pipelined: an error for the first fails": [
    "fail",
    /the answer was 400/,
    pipelined([pair({ first: at(1, { status: 400, sizeBytes: 3_000 }) })]),
  ],
  "pipelined: harm to a client with one request fails": [
    "fail",
    /another was not served: there was no answer/,
    pipelined([pair()], { others: [open] }),
  ],
  "pipelined: no connection tells nothing": ["inconclusive", /no reader/, pipelined([])],
  "pipelined: without the origin's log nothing is told": [
    "inconclusive",
    /--origin/,
    pipelined([pair({ second: cut })], { queue: unread, origin: null }),
  ],

  "trickle: all bytes in time pass, with the readers' lag": [
    "pass",
    /all 327680 bytes, the last of them 20 ms .* at most 1 s after the writer$/,
    trickle(),
  ],
  "trickle: a reader cut short fails": ["fail", /it was closed$/, trickle({ readers: [cut] })],
  "trickle: a writer that never ended fails": ["fail", /no answer/, trickle({ writer: open })],
  "trickle: all cut at the same byte fails": [
    "fail",
    /got 10 bytes of 327680/,
    trickle({ writer: at(5_000), readers: [at(5_000)] }),
  ],
  "trickle: other bytes fail": [
    "fail",
    /2 versions/,
    trickle({ readers: [at(5_000, { ...WHOLE, digest: "bb" })] }),
  ],
  "trickle: over one origin delay and the threshold after the fill fails": [
    "fail",
    /7\.01 s after the origin, expected within 7 s/,
    trickle({ readers: [at(12_010, WHOLE)] }),
  ],
  "trickle: readers with requests of their own are not told of": [
    "inconclusive",
    /the origin had 3 requests/,
    trickle({ originRequestsBefore: 3 }),
  ],
  "trickle: a fill that was over before one left is not told of": [
    "inconclusive",
    /over before/,
    trickle({ leftAtMs: 5_000 }),
  ],
  "trickle: a reader that left with everything is not told of": [
    "inconclusive",
    /over before/,
    trickle({ leaverDone: true }),
  ],
  "trickle: without the origin's log nothing is told": [
    "inconclusive",
    /--origin/,
    trickle({ origin: null, originRequestsBefore: null, readers: [cut] }),
  ],
};

for (const [name, [verdict, reason, judgement]] of Object.entries(EXAMPLES)) {
  Deno.test(name, () => {
    assertEquals(judgement.verdict, verdict, judgement.reason);
    assertMatch(judgement.reason, reason);
  });
}

/** One observation as plain data, with its judge. */
interface Sample {
  seen: Record<string, unknown>;
  params: CacheLockParams;
  judge(seen: Record<string, unknown>, params: CacheLockParams): Judgement;
}

/** Mostly the first, which is healthy. */
const mostly = <T>(healthy: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ arbitrary: fc.constant(healthy), weight: 10 }, {
    arbitrary: fc.constantFrom<T>(healthy, ...others),
    weight: 1,
  });

/** Observations made of what all readers' answers can look like. */
function samples<O extends object, E>(
  base: string,
  extra: fc.Arbitrary<E>,
  make: (answers: Answers & { leftAtMs: number }, extra: E) => O,
  judge: (seen: O, params: CacheLockParams) => Judgement,
): fc.Arbitrary<Sample> {
  const known = SAMPLES[base];
  assert(known);
  return fc.tuple(known, extra).map(([{ seen, params }, extra]) => ({
    params,
    seen: Object.fromEntries(
      Object.entries(make(seen as unknown as Answers & { leftAtMs: number }, extra)),
    ),
    judge: (changed, params) => judge(changed as O, params),
  }));
}

const sized = (answer: Answer | undefined, sizeBytes: number): Answer =>
  answer?.kind === "answered" ? { ...answer, sizeBytes } : answer ?? open;

const OWN: Readonly<Record<string, fc.Arbitrary<Sample>>> = {
  judgeOneLeft: samples("judgeCollapse", fc.constant({}), (seen) => seen, judgeOneLeft),
  judgeWriterLeftEarly: samples(
    "judgeWriterLeft",
    fc.constant({}),
    (seen) => seen,
    judgeWriterLeftEarly,
  ),
  judgePipelined: samples(
    "judgeCollapse",
    fc.record({
      closing: fc.boolean(),
      second: mostly<Answer>(at(1), cut, open),
      short: mostly(0, 1),
    }),
    ({ queue, writer, readers, origin }, { closing, second, short }) => ({
      unhindered: pair(),
      queue,
      readers: readers.length,
      pairs: readers.map((first, index) => ({
        lane: `reader-${index + 1}`,
        first: sized(first, 3_000),
        second: sized(second, 1_000 - short),
        closing,
      })),
      others: [sized(writer, 3_000)],
      origin,
    }),
    judgePipelined,
  ),
  judgeTrickle: samples(
    "judgeWriterLeft",
    fc.record({ leaverDone: mostly(false, true), endedAtMs: mostly(800, 1) }),
    ({ queue, writer, readers, sentAtMs, origin, leftAtMs }, { leaverDone, endedAtMs }) => ({
      writer: sized(writer, WHOLE.sizeBytes),
      readers: readers.map((one) => sized(one, WHOLE.sizeBytes)),
      writerSentAtMs: 0,
      sentAtMs,
      origin: origin?.map((one) => ({ ...one, endedAtMs })) ?? null,
      originRequestsBefore: queue.originRequests,
      leftAtMs,
      leaverDone,
      firstByteAtMs: [writer, ...readers].map(() => 1),
    }),
    judgeTrickle,
  ),
};

/** What is no proof that those who were asked about waited for one fetch. */
const unproven = fc.constantFrom<number | null>(null, 0, 2, 9);

/** The same data with every number of milliseconds in it multiplied. */
function scaled(data: unknown, factor: number, name = ""): unknown {
  if (typeof data === "number") return name.endsWith("Ms") ? data * factor : data;
  if (Array.isArray(data)) return data.map((one) => scaled(one, factor, name));
  if (typeof data !== "object" || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, scaled(value, factor, key)]),
  );
}

for (const [name, arbitrary] of Object.entries(OWN)) {
  Deno.test(`${name} gives a verdict with one line of reason, whatever was observed`, () => {
    fc.assert(
      fc.property(arbitrary, ({ seen, params, judge }) => {
        const { verdict, reason } = judge(seen, params);
        assert(reason.length > 10 && !reason.includes("\n"), reason);
        assert(!/NaN|Infinity|undefined|null|\[object/.test(reason), reason);
        assertEquals(judge(seen, params), { verdict, reason }, "it is a pure function");
      }),
      { numRuns: 500 },
    );
  });

  Deno.test(`${name} never passes what was not proved to have queued`, () => {
    fc.assert(
      fc.property(arbitrary, unproven, ({ seen, params, judge }, originRequests) => {
        const origin = originRequests === null ? null : seen.origin;
        const { verdict, reason } = judge({
          ...seen,
          origin,
          queue: { ...queue, originRequests },
          originRequestsBefore: originRequests,
        }, params);
        assertNotEquals<Verdict>(verdict, "pass", reason);
      }),
      { numRuns: 500 },
    );
  });

  Deno.test(`${name} says the same when all times are longer or shorter by one factor`, () => {
    const factors = fc.constantFrom(1 / 64, 1 / 2, 4, 1_024);
    fc.assert(
      fc.property(arbitrary, factors, ({ seen, params, judge }, factor) => {
        const paced = scaled(params, factor) as CacheLockParams;
        const slower = scaled(seen, factor) as Record<string, unknown>;
        assertEquals(judge(slower, paced).verdict, judge(seen, params).verdict);
      }),
      { numRuns: 500 },
    );
  });

  Deno.test(`${name} does not pass when one more that waited got nothing`, () => {
    fc.assert(
      fc.property(arbitrary, ({ seen, params, judge }) => {
        const list = name === "judgePipelined" ? "pairs" : "readers";
        const lost = name === "judgePipelined" ? pair({ first: open, second: open }) : open;
        const more = { ...seen, [list]: [lost, ...seen[list] as unknown[]] };
        assertNotEquals<Verdict>(judge(more, params).verdict, "pass");
      }),
    );
  });

  Deno.test(`${name} has samples of every verdict to be tested with`, () => {
    const verdicts = fc.sample(arbitrary, { numRuns: 1_000, seed: 1 })
      .map(({ seen, params, judge }) => judge(seen, params).verdict);
    for (const verdict of ["pass", "fail", "inconclusive"] as const) {
      const share = verdicts.filter((one) => one === verdict).length;
      assert(share >= 20, `${share} of 1000 samples are '${verdict}'`);
    }
  });
}

Deno.test("keep-alive: a target that closes after each answer tells nothing, and the reason says so", async () => {
  const answer = () => new Response("x", { headers: { connection: "close" } });
  await using target = await listen({ fetch: answer });
  const access = { url: new URL(target.url), headers: {}, insecure: false };
  const nominal = nominalParams(cacheLock, keepAlive, {});
  const one = { scenario: cacheLock, case: keepAlive, repeat: 1, nominal, speed: 20 };
  const [run] = await runAll([{ ...one, target: urlTarget(access) }], {
    concurrency: 1,
    signal: new AbortController().signal,
    clock: realClock,
  });
  assertEquals(run?.verdict, "inconclusive", run?.reason);
  assertMatch(run?.reason ?? "", /does not keep connections: it (said|closed)/);
});
