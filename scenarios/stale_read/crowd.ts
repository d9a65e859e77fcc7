// What is answered beside many reads that nobody goes on with: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import type { StaleReadParams } from "./params.ts";
import { isQuick, type Reading, sayReading, tookMs } from "./reading.ts";

/**
 * How one of the many GETs stood when the others had been answered:
 * - `unread`: its first bytes had come, and it is proved that the target had more of it;
 * - `pending`: the target had not begun to answer it;
 * - `doubtful`: its first bytes had come, and nothing shows that the target still had it open;
 * - `refused`: with another status than 200 or 206;
 * - `ended`: the target had ended it.
 */
export type HeldState = "unread" | "pending" | "doubtful" | "refused" | "ended";

/** One request of something that the many GETs do not read. */
export interface BesideCrowd {
  /** What was asked, such as `a HEAD`. */
  what: string;
  /** The same before the many GETs. */
  before: Reading;
  /** Beside them. */
  first: Reading;
  /** Once they were closed; null when it was not made. */
  again: Reading | null;
}

/** What was seen beside many GETs that were left. */
export interface Crowd {
  /** How each of them stood. */
  held: readonly HeldState[];
  /** Why those were refused that were, in the target's words. */
  refusal: string | null;
  requests: readonly BesideCrowd[];
}

type Finding = "quick" | "blocked" | "slow";

/**
 * What a request says of the target: `blocked` when it was answered at once before the many GETs and
 * when they were over, and not at all or with an error beside them. One that is answered late beside them,
 * while all of them are still open, is only slow.
 */
function findingOf(
  { before, first, again }: BesideCrowd,
  { thresholdMs }: StaleReadParams,
): Finding {
  if (isQuick(first, thresholdMs)) return "quick";
  if (first.kind === "answered") return "slow";
  return isQuick(before, thresholdMs) && isQuick(again, thresholdMs) ? "blocked" : "slow";
}

/**
 * Judges whether others were answered beside many GETs that hold their connections. A `pass` also needs
 * that each of these is proved to have been open, and one of them at least in the middle of its body.
 */
export function judgeCrowd(
  { held, refusal, requests }: Crowd,
  params: StaleReadParams,
): Judgement {
  if (requests.length === 0) return inconclusive("nothing was asked beside the many GETs");
  const count = (state: HeldState) => held.filter((one) => one === state).length;
  const crowd = sayCrowd(count("unread") + count("doubtful"), count("pending"));
  const threshold = `(threshold ${formatDuration(params.thresholdMs)})`;
  const found = requests.map((one) => ({ ...one, finding: findingOf(one, params) }));
  const open = held.length - count("refused") - count("ended");
  const blocked = found.filter(({ finding }) => finding === "blocked");
  const [worst] = blocked;
  if (worst && open > 0) {
    return fail(
      `beside ${crowd} ${blocked.map(({ what }) => what).join(", ")}: ${worst.what} ` +
        `${sayReading(worst.first)} ${threshold}; before it ${
          sayReading(worst.before)
        }, and once ` +
        `those were closed it ${sayReading(worst.again)}`,
    );
  }
  const slow = found.find(({ finding }) => finding !== "quick");
  if (slow) {
    return inconclusive(
      `${slow.what} ${
        sayReading(slow.first)
      } ${threshold}; that the GETs are why is not known: before ` +
        `them it ${sayReading(slow.before)}, and once they were closed it ${
          sayReading(slow.again)
        }${slow.first.kind === "answered" ? "; it was answered while they were still open" : ""}`,
    );
  }
  const doubt = whyNotHeld(held.length, open, count, refusal);
  if (doubt) return inconclusive(doubt);
  const slowestMs = Math.max(...requests.map(({ first }) => tookMs(first)));
  return pass(
    `${requests.map(({ what }) => what).join(", ")}: answered within ${
      formatDuration(slowestMs)
    } ` +
      `beside ${crowd} ${threshold}`,
  );
}

function sayCrowd(unread: number, pending: number): string {
  const left = `${unread} ${unread === 1 ? "GET that was" : "GETs that were"} left unread`;
  if (pending === 0) return left;
  return `${left} and ${pending} that ${pending === 1 ? "was" : "were"} not answered`;
}

function whyNotHeld(
  asked: number,
  open: number,
  count: (state: HeldState) => number,
  refusal: string | null,
): string | undefined {
  if (asked === 0) return "no GET was left unread";
  if (count("refused") > 0) {
    return `of ${asked} GETs ${count("refused")} were refused (${
      refusal ?? "why is not known"
    }): give ` +
      "a smaller --num-abandoned";
  }
  if (open < asked) return `of ${asked} GETs the target ended ${asked - open} by itself`;
  if (count("doubtful") > 0) {
    return `of ${asked} GETs that were left unread it is not proved of ${
      count("doubtful")
    } that the ` +
      "target still had something of them to send: use a larger --object-size, or --stats-url";
  }
  return count("unread") === 0 ? `of ${asked} GETs none was answered` : undefined;
}

/** The numbers of what was seen. */
export function crowdMetrics({ held, requests }: Crowd): Metrics {
  const firsts = requests.map(({ first }) => first);
  const answered = firsts.filter(({ kind }) => kind === "answered");
  const waits = distribution(answered.map(tookMs), "ms");
  return {
    ...(waits && { firstByteMs: waits }),
    unanswered: value(firsts.length - answered.length, "count"),
    unreadGets: value(held.filter((one) => one === "unread").length, "count"),
    pendingGets: value(held.filter((one) => one === "pending").length, "count"),
  };
}
