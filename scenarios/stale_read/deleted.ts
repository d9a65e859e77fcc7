// How several objects are deleted in one call while a read of one is left unread: observation and judge.

import { type Metrics, value } from "../../lab/metrics.ts";
import { inconclusive, type Judgement } from "../../lab/verdict.ts";
import { type Changed, changedMetrics, judgeChanged } from "./changed.ts";
import type { StaleReadParams } from "./params.ts";
import { type Reading, sayReading, tookMs } from "./reading.ts";

/** What was seen of a call that deletes several objects. */
export interface DeletedMany extends Omit<Changed, "tookEffect"> {
  /** What the objects are called, in the order of the call. */
  asked: readonly string[];
  /** Which of them a list had when the call had its time and no answer; null when none was got then. */
  leftWhenLate: readonly string[] | null;
  /** How a GET of the first one came out while a late call was waited for; null when not made. */
  neighbour: Reading | null;
  /** Which of them a list had once the call was answered in time; null when none was got. */
  leftAfter: readonly string[] | null;
}

/** Judges as `judgeChanged` does, and says which objects a late call had not deleted. */
export function judgeDeleted(seen: DeletedMany, params: StaleReadParams): Judgement {
  const { asked, leftWhenLate, leftAfter, neighbour } = seen;
  const judged = judgeChanged({ ...seen, tookEffect: leftAfter && leftAfter.length === 0 }, params);
  const late = seen.readers.some(({ control }) => control !== null);
  if (judged.verdict === "fail" && late) {
    return {
      ...judged,
      reason: `${judged.reason}; ${sayLeft(asked, leftWhenLate)}${sayNeighbour(asked, neighbour)}`,
    };
  }
  // Of a call that says that all is gone, a list must not have anything.
  if (judged.verdict === "inconclusive" && !late && leftAfter && leftAfter.length > 0) {
    return inconclusive(
      `the call to delete ${asked.length} objects was answered, and a list afterwards still had ` +
        leftAfter.join(", "),
    );
  }
  return judged;
}

function sayNeighbour([name = "another"]: readonly string[], neighbour: Reading | null): string {
  return neighbour === null ? "" : `; a GET of ${name} meanwhile ${sayReading(neighbour)}`;
}

/** The numbers of what was seen. */
export function deletedMetrics(seen: DeletedMany): Metrics {
  const { neighbour } = seen;
  return {
    ...changedMetrics(seen),
    ...(neighbour && { neighbourMs: value(tookMs(neighbour), "ms") }),
  };
}

function sayLeft(asked: readonly string[], left: readonly string[] | null): string {
  const before = "before that one was closed";
  if (left === null) return `what was gone ${before} is not known`;
  if (left.length === 0) return `all ${asked.length} were gone ${before}`;
  if (left.length === asked.length) return `none of ${asked.join(", ")} was gone ${before}`;
  return `of ${asked.join(", ")} still there ${before}: ${left.join(", ")}`;
}
