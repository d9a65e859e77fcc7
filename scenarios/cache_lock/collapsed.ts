// Judges whether several requests for one URL became one at the origin: of `collapse` and `revalidate`.

import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { type Answers, unanswered } from "./answers.ts";
import { whyNotQueued } from "./release.ts";

/** What of the reasons depends on what was asked for. */
export interface CollapsedWords {
  /** What the target would collapse, in the plural. */
  what: string;
  /** What the URL is. */
  url: string;
  /** What everyone got where all is well. */
  got: string;
}

/**
 * Judges whether one request at the origin served everyone the same bytes. A target that sends as many
 * requests to the origin as there are clients does not collapse them at all, which this cannot judge.
 */
export function judgeCollapsed(seen: Answers, { what, url, got }: CollapsedWords): Judgement {
  const { queue, writer, readers, origin } = seen;
  const everyone = [writer, ...readers];
  if (readers.length === 0) return inconclusive("there was no reader beside the writer");
  if (queue.writerAnswered || queue.answered > 0) {
    return inconclusive(
      "the target answered before the readers had queued: is the URL cached, or the origin faster " +
        "than the disconnect delay?",
    );
  }
  if (origin?.length === 0) return inconclusive("the origin saw none of the requests");
  if (origin !== null && origin.length >= everyone.length) {
    return inconclusive(
      `the target does not collapse ${what}: the origin saw ${origin.length} of ` +
        `${everyone.length} requests for one ${url} URL; is its cache lock on?`,
    );
  }
  const missing = unanswered(everyone, (status) => status === 200);
  if (missing) return fail(`not everyone was answered with 200 (writer first): ${missing}`);
  const digests = new Set(everyone.map((one) => one.kind === "answered" && one.digest));
  if (digests.size > 1) return fail(`one URL came in ${digests.size} versions at the same time`);
  if (origin === null || queue.originRequests === null) {
    return inconclusive(
      `everyone got ${got}, but how many requests that took is not known (--origin)`,
    );
  }
  if (origin.length > 1) {
    return fail(
      `the origin saw ${origin.length} requests for ${everyone.length} clients, expected 1`,
    );
  }
  // A reader that came late got the stored answer: one request then says nothing of the lock.
  const notQueued = whyNotQueued(queue, readers.length);
  if (notQueued) return inconclusive(notQueued);
  return pass(`the origin saw 1 request, and ${everyone.length} clients got ${got}`);
}
