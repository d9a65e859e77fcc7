// Nobody leaves: the lock collapses the requests into one (`collapse`).

import { type Case, defineCase } from "../../../lab/scenario.ts";
import type { Judgement } from "../../../lab/verdict.ts";
import { type Answers, answersMetrics, collectAnswers } from "../answers.ts";
import { judgeCollapsed } from "../collapsed.ts";
import { cacheLockParams } from "../params.ts";
import { runPath } from "../clients.ts";
import { queueReaders } from "../stage.ts";

/** Judges whether one origin request served everyone the same bytes. */
export function judgeCollapse(seen: Answers): Judgement {
  return judgeCollapsed(seen, { what: "requests", url: "uncached", got: "the same bytes" });
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
    "more, or an answer differs. inconclusive: the target does not collapse requests at all, or by " +
    "its own figures the readers did not wait.",
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
