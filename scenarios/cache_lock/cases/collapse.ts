// Nobody leaves: the lock collapses the requests into one (`collapse`).

import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import { type Answers, answersMetrics, collectAnswers, unanswered } from "../answers.ts";
import { cacheLockParams } from "../params.ts";
import { runPath } from "../clients.ts";
import { queueReaders } from "../stage.ts";

/** Judges whether one origin request served everyone the same bytes. */
export function judgeCollapse({ queue, writer, readers, origin }: Answers): Judgement {
  const everyone = [writer, ...readers];
  if (queue.writerAnswered || queue.answered > 0) {
    return inconclusive("the target answered before the readers had queued: is the URL cached?");
  }
  if (origin?.length === 0) return inconclusive("the origin saw none of the requests");
  if (origin !== null && origin.length >= everyone.length) {
    return inconclusive(
      `the target does not collapse requests: the origin saw ${origin.length} of ` +
        `${everyone.length}; is its cache lock on?`,
    );
  }
  const missing = unanswered(everyone, (status) => status === 200);
  if (missing) return fail(`not everyone was answered with 200 (writer first): ${missing}`);
  const digests = new Set(everyone.map((one) => one.kind === "answered" && one.digest));
  if (digests.size > 1) return fail(`one URL came in ${digests.size} versions at the same time`);
  if (origin === null) {
    return inconclusive(
      "everyone got the same bytes, but how many requests that took is not known (--origin)",
    );
  }
  return origin.length === 1
    ? pass(`the origin saw 1 request, and ${everyone.length} clients got the same bytes`)
    : fail(`the origin saw ${origin.length} requests for ${everyone.length} clients, expected 1`);
}

/** Nobody leaves. */
export const collapse: Case = defineCase(cacheLockParams, {
  id: "collapse",
  control: true,
  claim: "Requests for one uncached URL cost the origin one request, and all get the same bytes.",
  meaning: "A popular URL that is not in the cache reaches the origin as often as it is asked for.",
  figure: "originRequests",
  uses: ["collapsing"],
  provokes: "Readers queue behind a writer, and nobody leaves.",
  rule: "pass: the origin saw one request, all answers are 200 with the same bytes. fail: it saw " +
    "more, or an answer differs. inconclusive: the target does not collapse requests at all.",
  source: "RFC 9111 §4 (a cache may collapse requests); RFC 9211 §2.8",
  needs: [],
  async provoke(context) {
    const { params } = context;
    const path = runPath(context, "object", { sleepMs: params.originDelayMs });
    const queued = await queueReaders(context, path);
    const deadlineMs = context.clock.now() + 2 * params.originDelayMs + params.lockWaitTimeoutMs;
    return await collectAnswers(context, queued, deadlineMs);
  },
  judge: judgeCollapse,
  metrics: answersMetrics,
});
