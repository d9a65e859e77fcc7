// What is seen of two requests on one connection, and its judge: of `pipelined` and `pipelined-writer`.

import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { type Answer, sayAnswer } from "./answer.ts";
import type { OriginRequest } from "./answers.ts";
import type { CacheLockParams } from "./params.ts";
import { whyNotQueued } from "./release.ts";
import type { Queue } from "./stage.ts";

/** The size of the first body: it tells the answers apart, also where both are 200. In bytes. */
export const FIRST_BYTES = 3_000;
/** The size of the second body, in bytes. */
export const SECOND_BYTES = 1_000;

/** What came on one connection for two requests that were sent before any answer. */
export interface Pair {
  /** Whose connection it is. */
  lane: string;
  first: Answer;
  second: Answer;
  /** Whether the first answer said that it was the connection's last: `Connection: close`. */
  closing: boolean;
}

/** What came of pipelined requests. */
export interface Pipelined {
  /** Two requests on a connection before all others, which the origin answered at once. */
  unhindered: Pair;
  queue: Queue;
  /** How many readers were to wait. */
  readers: number;
  pairs: readonly Pair[];
  /** What the clients got that sent one request only. */
  others: readonly Answer[];
  /** Requests that the origin had seen for the URL that they waited for; null without its log. */
  origin: readonly OriginRequest[] | null;
}

/** Whether an answer is a complete 200 with this many bytes. */
const isComplete = (answer: Answer, sizeBytes: number) =>
  answer.kind === "answered" && answer.status === 200 && answer.sizeBytes === sizeBytes;

/** Whether a pair is as it should be, or as a server that closes after any answer may leave it. */
const isWhole = (pair: Pair) =>
  isComplete(pair.first, FIRST_BYTES) && isComplete(pair.second, SECOND_BYTES);
const isRefused = (pair: Pair) =>
  isComplete(pair.first, FIRST_BYTES) && pair.closing && pair.second.kind === "failed";

/** Which of a pair was not answered as it should be, where one was not. */
const missing = ({ first }: Pair) => isComplete(first, FIRST_BYTES) ? "second" : "first";

/** What is wrong with a pair, in words. */
function sayWrong(pair: Pair): string {
  const answer = pair[missing(pair)];
  const swapped = missing(pair) === "first" && isComplete(answer, SECOND_BYTES)
    ? " (that of the second request)"
    : "";
  return `${pair.lane}'s ${missing(pair)} request: ${sayAnswer(answer)}${swapped}`;
}

/** How the target does when there is nothing to wait for. */
function sayUnhindered({ unhindered }: Pipelined): string {
  if (isWhole(unhindered)) return "with nothing to wait for both are answered";
  if (isRefused(unhindered)) {
    return "with nothing to wait for it says that it closes after the first";
  }
  return `with nothing to wait for the ${missing(unhindered)} is lost as well: it is not the wait`;
}

/** Judges whether all requests were answered, in order and completely. */
export function judgePipelined(seen: Pipelined, _params: CacheLockParams): Judgement {
  const { queue, pairs, others, origin } = seen;
  const notQueued = whyNotQueued(queue, seen.readers);
  if (notQueued) return inconclusive(notQueued);
  if (origin === null || queue.originRequests === null) {
    return inconclusive(
      "what the origin was to send, and that the readers queued, is not known (--origin)",
    );
  }
  const wrong = pairs.filter((pair) => !isWhole(pair) && !isRefused(pair));
  const [first] = wrong.toSorted((a, b) => a.lane < b.lane ? -1 : 1);
  if (first !== undefined) {
    return fail(
      `${wrong.length} of ${pairs.length} connections with two requests were not served both, in ` +
        `order: ${sayWrong(first)}; ${sayUnhindered(seen)}`,
    );
  }
  const harmed = others.find((answer) => !isComplete(answer, FIRST_BYTES));
  if (harmed) return fail(`beside pipelined requests another was not served: ${sayAnswer(harmed)}`);
  const refused = pairs.filter(isRefused).length;
  if (refused > 0 || pairs.length === 0) {
    return inconclusive(
      `the target said that it would close ${refused} of ${pairs.length} connections after the ` +
        "first answer, which is allowed: their second requests are to be sent again",
    );
  }
  return pass(
    `${pairs.length} connection${pairs.length === 1 ? "" : "s"} with two requests got both ` +
      "answers, in order and complete",
  );
}

/** The numbers of pipelined requests. */
export function pipelinedMetrics({ pairs, origin }: Pipelined): Metrics {
  return {
    lostAnswers: value(pairs.filter((pair) => !isWhole(pair)).length, "lost"),
    ...(origin && { originRequests: value(origin.length, "count") }),
  };
}
