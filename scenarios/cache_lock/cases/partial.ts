// Readers behind a writer that fetches the whole ask for less of it: `range`, `head`, `conditional`.

import { formatDuration } from "../../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, type CaseDefinition, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import type { Exchange } from "../../../probes/exchange.ts";
import { type Answer, answerOf, sayAnswer } from "../answer.ts";
import { type OriginRequest, originRequests } from "../answers.ts";
import { type Context, type RequestForm, runPath } from "../clients.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotHead, whyNotPart, whyNotUnchanged, type WhyWrong } from "../partial_answers.ts";
import { whyNotQueued } from "../release.ts";
import { type Queue, queueReaders } from "../stage.ts";

const ETAG = '"current"';

/** What one reader that asked for less got. Times are milliseconds of the run's clock. */
export interface PartialAnswer {
  sentAtMs: number;
  answer: Answer;
  /** What is wrong with what it was answered; null when nothing is, or that cannot be told. */
  wrong: string | null;
}

/** What readers that asked for less than the whole got behind a writer that fetched the whole. */
export interface PartialAnswers {
  queue: Queue;
  writer: Answer;
  readers: readonly PartialAnswer[];
  /** The origin's requests at the end, in order of arrival; null without its log. */
  origin: readonly OriginRequest[] | null;
}

async function askForLess(
  context: Context,
  form: RequestForm,
  whyWrong: WhyWrong,
): Promise<PartialAnswers> {
  const { params, clock } = context;
  const path = runPath(context, "object", {
    sleepMs: params.originDelayMs,
    etag: ETAG,
    lastModified: "Thu, 01 Jan 2026 00:00:00 GMT",
  });
  const queued = await queueReaders(context, path, { reader: () => form });
  const inARow = params.originDelayMs * (params.numReaders + 2);
  const deadlineMs = clock.now() + inARow + params.thresholdMs;
  const writer = await answerOf(context, queued.writer.exchange, deadlineMs);
  const whole = writer.kind === "answered" && writer.status === 200
    ? (await queued.writer.exchange.body).bytes
    : undefined;
  const partial = async (exchange: Exchange): Promise<PartialAnswer> => {
    const answer = await answerOf(context, exchange, deadlineMs);
    const { sentAtMs } = exchange;
    if (answer.kind !== "answered" || !whole) return { sentAtMs, answer, wrong: null };
    const [{ status, headers }, { bytes }] = await Promise.all([exchange.headers, exchange.body]);
    return { sentAtMs, answer, wrong: whyWrong({ status, headers, bytes }, whole) ?? null };
  };
  const readers = await Promise.all(queued.readers.map((reader) => partial(reader.exchange)));
  return { queue: queued.queue, writer, readers, origin: await originRequests(context, queued) };
}

/** Judges whether each reader got what it asked for, or the whole, in time. */
export function judgePartial(seen: PartialAnswers, params: CacheLockParams): Judgement {
  const { queue, writer, readers } = seen;
  const wrong = readers.filter((reader) => reader.wrong !== null);
  if (wrong[0]) {
    return fail(
      `${wrong.length} of ${readers.length} readers got a wrong answer: ${wrong[0].wrong}`,
    );
  }
  const notQueued = whyNotQueued(queue, readers.length);
  if (notQueued) return inconclusive(notQueued);
  const unserved = readers.find(({ answer }) => answer.kind !== "answered");
  if (unserved) return fail(`a reader was not served: ${sayAnswer(unserved.answer)}`);
  const waitedMs = Math.max(...timesOf(readers));
  // The whole for the writer, and what a target does not take from it for the readers.
  const limitMs = 2 * params.originDelayMs + params.thresholdMs;
  const last = `the last of ${readers.length} readers was answered after ${
    formatDuration(waitedMs)
  }`;
  if (waitedMs > limitMs) return fail(`${last}, expected within ${formatDuration(limitMs)}`);
  if (writer.kind !== "answered" || writer.status !== 200) {
    return inconclusive(`what the whole is was not seen: for the writer ${sayAnswer(writer)}`);
  }
  if (queue.originRequests === null) {
    return inconclusive("the answers were right, but that they queued is not known (--origin)");
  }
  const statuses = new Set(
    readers.flatMap(({ answer }) => answer.kind === "answered" ? [answer.status] : []),
  );
  return pass(
    `each reader got a right answer (${[...statuses].toSorted().join(", ")}), and ${last}`,
  );
}

function timesOf(readers: readonly PartialAnswer[]): number[] {
  return readers.flatMap(({ answer, sentAtMs }) =>
    answer.kind === "answered" ? [Math.max(0, answer.completedAtMs - sentAtMs)] : []
  );
}

/** The metrics, with how many were answered with a status of their form rather than the whole's. */
const metricsWith =
  (name: string, status: number) => ({ readers, origin }: PartialAnswers): Metrics => {
    const spread = distribution(timesOf(readers), "ms");
    const own = readers.filter(({ answer }) =>
      answer.kind === "answered" && answer.status === status
    );
    return {
      ...(spread && { answerMs: spread }),
      [name]: value(own.length, "count"),
      ...(origin && { originRequests: value(origin.length, "count") }),
    };
  };

type Definition = Pick<
  CaseDefinition<CacheLockParams, PartialAnswers>,
  "id" | "claim" | "meaning" | "provokes" | "rule" | "source" | "metrics"
>;

function behindTheWhole(form: RequestForm, whyWrong: WhyWrong, definition: Definition): Case {
  return defineCase(cacheLockParams, {
    ...definition,
    control: true,
    figure: "answerMs",
    uses: ["collapsing"],
    needs: [],
    provoke: (context) => askForLess(context, form, whyWrong),
    judge: judgePartial,
  });
}

const IN_TIME = "within two origin delays and the threshold";

/** Readers that want a part. */
export const range: Case = behindTheWhole(
  { headers: [["Range", "bytes=10-29"]] },
  whyNotPart({ first: 10, last: 29 }),
  {
    id: "range",
    claim:
      "A reader that asks for a range behind a writer of the whole gets that range, or the whole.",
    meaning: "Players and downloads that resume get wrong bytes or errors while a URL is cold.",
    provokes: "Readers ask for `bytes=10-29` behind a writer that fetches the whole.",
    rule: "pass: each reader is answered 206 with a Content-Range of what it asked for and these " +
      `bytes, or 200 with all of them, ${IN_TIME}. fail: other bytes, another status, or later.`,
    source: "RFC 9110 §14.2, §15.3.7",
    metrics: metricsWith("partialAnswers", 206),
  },
);

/** Readers that want the header. */
export const head: Case = behindTheWhole({ method: "HEAD" }, whyNotHead, {
  id: "head",
  claim:
    "A reader that sends HEAD behind a writer that sent GET gets the header of the same answer.",
  meaning: "Link checkers and load balancers get wrong headers or errors while a URL is cold.",
  provokes: "Readers send HEAD behind a writer that sent GET.",
  rule: "pass: each reader is answered 200, with the content's length or none, " +
    `${IN_TIME}. fail: another status or length, or later.`,
  source: "RFC 9110 §9.3.2; RFC 9111 §4",
  metrics: metricsWith("headAnswers", 200),
});

/** Readers that have a copy. */
export const conditional: Case = behindTheWhole(
  { headers: [["If-None-Match", ETAG]] },
  whyNotUnchanged,
  {
    id: "conditional",
    claim: "A reader that has the current copy, behind a writer, is told so, or gets it again.",
    meaning: "Browsers that only ask whether their copy is current get errors while a URL is cold.",
    provokes: "Readers send If-None-Match with the ETag that the writer's answer will have.",
    rule: "pass: each reader is answered 304 without content, or 200 with all of it, " +
      `${IN_TIME}. fail: another status, other bytes, or later.`,
    source: "RFC 9110 §13.1.2; RFC 9111 §4.3.2",
    metrics: metricsWith("notModifiedAnswers", 304),
  },
);
