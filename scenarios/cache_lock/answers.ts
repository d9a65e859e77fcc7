// What readers that stay are answered: the observation shared by the controls, and its helpers.

import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { type Answer, answerOf, sayAnswer } from "./answer.ts";
import type { Context } from "./clients.ts";
import type { Queue, Queued } from "./stage.ts";

/** What everyone got who asked for one URL. Times are milliseconds of the run's clock. */
export interface Answers {
  queue: Queue;
  writer: Answer;
  readers: readonly Answer[];
  /** When the readers' requests went out, in the order of `readers`. */
  sentAtMs: readonly number[];
  /** Requests that the origin had seen at the end, in order of arrival; null without its log. */
  origin: readonly OriginRequest[] | null;
}

/** One request as the origin saw it, in milliseconds of the run's clock. */
export interface OriginRequest {
  arrivedAtMs: number;
  /** Null while it was open. */
  endedAtMs: number | null;
  outcome: string;
}

/** Waits for everyone's answer, then reads the origin's log. */
export async function collectAnswers(
  context: Context,
  queued: Queued,
  deadlineMs: number,
): Promise<Answers> {
  const { writer, readers } = queued;
  const [first, ...others] = await Promise.all(
    [writer, ...readers].map((client) => answerOf(context, client.exchange, deadlineMs)),
  );
  return {
    queue: queued.queue,
    writer: first ?? { kind: "open", atMs: context.clock.now() },
    readers: others,
    sentAtMs: readers.map((client) => client.exchange.sentAtMs),
    origin: await originRequests(context, queued),
  };
}

/**
 * The origin's log of the run's URL, on the run's clock. Asked for once, when all is over: what came
 * after the writer's request is written into the timeline.
 */
export async function originRequests(
  { clock, timeline }: Context,
  { origin, pathname }: Pick<Queued, "origin" | "pathname">,
): Promise<OriginRequest[] | null> {
  if (origin === undefined) return null;
  const askedAtMs = clock.now();
  const log = await origin.read(pathname);
  // The answer was written between asking and now; the middle is the best guess of when.
  const offsetMs = (askedAtMs + clock.now()) / 2 - log.nowMs;
  const requests = log.requests.map(({ arrivedAtMs, endedAtMs, outcome }) => ({
    arrivedAtMs: arrivedAtMs + offsetMs,
    endedAtMs: endedAtMs === null ? null : endedAtMs + offsetMs,
    outcome,
  }));
  for (const { arrivedAtMs, outcome } of requests.slice(1)) {
    timeline.add("origin", "request-arrived", { outcome }, arrivedAtMs);
  }
  return requests;
}

/** The first reader that was not answered with a status of `allowed`, in words. */
export function unanswered(
  readers: readonly Answer[],
  allowed: (status: number) => boolean,
): string | undefined {
  const index = readers.findIndex((one) => one.kind !== "answered" || !allowed(one.status));
  const answer = readers[index];
  return answer && `reader ${index + 1} of ${readers.length}: ${sayAnswer(answer)}`;
}

/** When the last of those answered was, or undefined when none was. */
export function lastCompletedAtMs(answers: readonly Answer[]): number | undefined {
  const times = answers.flatMap((one) => one.kind === "answered" ? [one.completedAtMs] : []);
  return times.length > 0 ? Math.max(...times) : undefined;
}

/** The numbers of answers: each reader's time to its last byte, and the origin's requests. */
export function answersMetrics(seen: Answers): Metrics {
  const times = seen.readers.flatMap((answer, index) =>
    answer.kind === "answered" ? [answer.completedAtMs - (seen.sentAtMs[index] ?? 0)] : []
  );
  const spread = distribution(times.map((ms) => Math.max(0, ms)), "ms");
  return {
    ...(spread && { answerMs: spread }),
    ...(seen.origin && { originRequests: value(seen.origin.length, "count") }),
  };
}
