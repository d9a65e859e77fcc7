// Two variants of a cold URL are asked for at the same time: `vary-miss`.

import { formatDuration } from "../../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../../lab/metrics.ts";
import { type Case, defineCase } from "../../../lab/scenario.ts";
import { fail, inconclusive, type Judgement, pass } from "../../../lab/verdict.ts";
import { type Answer, answerOf, sayAnswer } from "../answer.ts";
import { type OriginRequest, originRequests } from "../answers.ts";
import { type Client, type Context, type RequestForm, runPath } from "../clients.ts";
import { type CacheLockParams, cacheLockParams } from "../params.ts";
import { whyNotQueued } from "../release.ts";
import { type Queue, queueReaders } from "../stage.ts";

/** The languages that are asked for: the writer's first, then the readers' in turn. */
const LANGUAGES = ["de", "fr"] as const;

/** What one client asked for and got. */
export interface VariantAnswer {
  asked: string;
  /** The language that the content says it is in; null where it does not say. */
  got: string | null;
  sentAtMs: number;
  answer: Answer;
}

/** What those got who asked for one URL in different languages. Times are of the run's clock. */
export interface Variants {
  queue: Queue;
  writer: VariantAnswer;
  readers: readonly VariantAnswer[];
  /** The origin's requests at the end, in order of arrival; null without its log. */
  origin: readonly OriginRequest[] | null;
}

const languageOf = (reader: number) => LANGUAGES[(reader + 1) % LANGUAGES.length] ?? LANGUAGES[0];
const asking = (language: string): RequestForm => ({ headers: [["Accept-Language", language]] });

async function askForVariants(context: Context): Promise<Variants> {
  const { params, clock } = context;
  const path = runPath(context, "object", {
    sleepMs: params.originDelayMs,
    vary: "Accept-Language",
  });
  const queued = await queueReaders(context, path, {
    writer: asking(LANGUAGES[0]),
    reader: (index) => asking(languageOf(index)),
  });
  const inARow = params.originDelayMs * (params.numReaders + 2);
  const deadlineMs = clock.now() + inARow + params.thresholdMs;
  const [writer, ...readers] = await Promise.all([
    variantAnswer(context, queued.writer, LANGUAGES[0], deadlineMs),
    ...queued.readers.map((reader, index) =>
      variantAnswer(context, reader, languageOf(index), deadlineMs)
    ),
  ]);
  return { queue: queued.queue, writer, readers, origin: await originRequests(context, queued) };
}

async function variantAnswer(
  context: Context,
  { exchange }: Client,
  asked: string,
  deadlineMs: number,
): Promise<VariantAnswer> {
  const answer = await answerOf(context, exchange, deadlineMs);
  const { sentAtMs } = exchange;
  if (answer.kind !== "answered") return { asked, got: null, sentAtMs, answer };
  const { bytes } = await exchange.body;
  const [, got = null] = /accept-language=(\S*)/.exec(new TextDecoder().decode(bytes)) ?? [];
  return { asked, got, sentAtMs, answer };
}

/** Judges whether everyone got the variant asked for, and nobody waited for more than its own. */
export function judgeVariants(seen: Variants, params: CacheLockParams): Judgement {
  const everyone = [seen.writer, ...seen.readers];
  const languages: readonly string[] = LANGUAGES;
  const wrong = everyone.filter(({ asked, got }) =>
    got !== null && got !== asked && languages.includes(got)
  );
  const [first] = wrong;
  if (first) {
    return fail(
      `${wrong.length} of ${everyone.length} clients got another variant than they asked for: ` +
        `'${first.got}' for '${first.asked}' (RFC 9111 §4.1)`,
    );
  }
  const notQueued = whyNotQueued(seen.queue, seen.readers.length);
  if (notQueued) return inconclusive(notQueued);
  const unserved = everyone.find(({ answer }) =>
    answer.kind !== "answered" || answer.status !== 200
  );
  if (unserved) {
    return fail(
      `a client that asked for '${unserved.asked}' was not served with 200: ` +
        sayAnswer(unserved.answer),
    );
  }
  const waitedMs = Math.max(...timesOf(seen.readers));
  // Behind a variant that is not its own a reader waits twice, and each wait may end a little late.
  const limitMs = LANGUAGES.length * (params.originDelayMs + params.thresholdMs);
  const last = `the last of ${seen.readers.length} readers was answered after ` +
    formatDuration(waitedMs);
  if (waitedMs > limitMs) {
    return fail(`${last}, expected within ${formatDuration(limitMs)}: one origin delay a variant`);
  }
  if (everyone.some(({ asked, got }) => got !== asked)) {
    return inconclusive(
      "the content does not say which variant it is: does the target pass Accept-Language on to the " +
        "origin as it is?",
    );
  }
  if (seen.queue.originRequests === null) {
    return inconclusive(
      "everyone got the right variant, but that they queued is not known (--origin)",
    );
  }
  return pass(`each of ${everyone.length} clients got the variant asked for, and ${last}`);
}

/** How long each took from its request to the last byte. */
function timesOf(clients: readonly VariantAnswer[]): number[] {
  return clients.flatMap(({ answer, sentAtMs }) =>
    answer.kind === "answered" ? [Math.max(0, answer.completedAtMs - sentAtMs)] : []
  );
}

function variantMetrics({ readers, origin }: Variants): Metrics {
  const spread = distribution(timesOf(readers), "ms");
  return {
    ...(spread && { answerMs: spread }),
    ...(origin && { originRequests: value(origin.length, "count") }),
  };
}

/** Two variants under one lock. */
export const varyMiss: Case = defineCase(cacheLockParams, {
  id: "vary-miss",
  control: true,
  claim:
    "Readers that wait for a lock get the variant they asked for, and wait for no more than it.",
  meaning: "Clients get content that was made for others, or each variant waits for all before it.",
  figure: "originRequests",
  uses: ["collapsing", "vary"],
  provokes:
    "A writer asks for an uncached URL in one language, readers in two. The origin answers " +
    "with `Vary: Accept-Language` and a body that names the language.",
  rule:
    "pass: each client gets its language, and each reader is answered within twice an origin delay " +
    "and the threshold, once a variant. fail: one gets the other language, is not served, or waits " +
    "longer. inconclusive: the readers did not queue, or the content does not name its language.",
  source: "RFC 9111 §4.1; Pingora 0.8 (a variant has a lock of its own once it is known)",
  needs: [],
  provoke: askForVariants,
  judge: judgeVariants,
  metrics: variantMetrics,
});
