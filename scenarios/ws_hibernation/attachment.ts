// Whether what was attached to a connection is there after a sleep: the observation and its judge.

import { formatDuration } from "../../lab/duration.ts";
import type { Metrics } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import { type Asked, askedMetrics, sayClosed } from "./asked.ts";
import { saySlept, type Sleep, sleepMetrics, whyNotSlept } from "./sleep.ts";
import { sayWhere, type Told } from "./told.ts";

/** What was seen of an attachment. */
export interface Attachment {
  /** The message whose echo tells of it. */
  asked: Asked;
  /** Whether the echo had what was attached, to the letter; null where it did not tell. */
  same: boolean | null;
  /** Whether the object slept before. */
  sleep: Sleep;
  /** How many messages were sent to the object. */
  sent: number;
  /** What the target's figures tell of it. */
  told: Told | null;
}

/** Judges an attachment: by the echo that tells of it or, where that was lost, by the figures. */
export function judgeAttachment({ asked, same, sleep, sent, told }: Attachment): Judgement {
  if (asked.kind === "closed") return inconclusive(sayClosed(asked));
  if (asked.kind === "lost") return judgeByFigures(sleep, sent, told);
  if (asked.wrong !== null) return inconclusive(asked.wrong);
  const doubt = whyNotSlept(sleep);
  if (doubt) return doubt;
  if (same === null) {
    return inconclusive("the echo does not tell of the connection that it came on");
  }
  if (!same) {
    return fail(
      `after ${
        formatDuration(sleep.idleMs)
      } of silence the connection was not what it had been: its ` +
        "id, its metadata or when it was made were lost or changed",
    );
  }
  return pass(
    `after ${
      formatDuration(sleep.idleMs)
    } of silence the connection's id and metadata were as before, ` +
      `told ${saySlept(sleep)}`,
  );
}

function judgeByFigures(sleep: Sleep, sent: number, told: Told | null): Judgement {
  const { received = null, attachmentsRestored = null } = told ?? {};
  if (received === null || attachmentsRestored === null) {
    return inconclusive(
      `the echo that would show it was lost, and no figures tell of attachments (--stats-url)`,
      ["figures"],
    );
  }
  const doubt = whyNotSlept(sleep);
  if (doubt) return doubt;
  if (received < sent) return inconclusive(`the echo was lost${sayWhere(sent, told)}`);
  if (attachmentsRestored === 0) {
    return fail("by its figures the object found nothing attached when it was constructed anew");
  }
  return pass(
    "the echo was lost, but by its figures the object found what was attached when it was constructed " +
      `anew, after ${formatDuration(sleep.idleMs)} of silence`,
  );
}

/** The numbers of what was seen. */
export const attachmentMetrics = ({ asked, sleep, told }: Attachment): Metrics => ({
  ...askedMetrics([asked]),
  ...sleepMetrics(sleep, told),
});
