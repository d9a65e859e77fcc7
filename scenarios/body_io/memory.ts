// How much a gateway holds of parts that it passes on: what is seen of it, and its judge.

import { type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import type { SdkAttempt } from "../../probes/s3/sdk_attempts.ts";
import { isGood, sayFaults } from "./attempts.ts";
import type { GatewayTold } from "./gateway_figures.ts";
import type { BodyIoParams } from "./params.ts";

/** What was seen of large parts. */
export interface Memory {
  /** The parts. */
  parts: readonly SdkAttempt[];
  /** How large each was, in bytes. */
  partBytes: number;
  /** The target's figures before, and after; null where there are none. */
  before: Pick<GatewayTold, "peakBufferedBytes"> | null;
  /** See `before`. */
  after: Pick<GatewayTold, "peakBufferedBytes"> | null;
  /** The most requests to the backend by its figures while the parts were under way. */
  upstreams: number;
  /** Why there are no figures, in words, where there were to be and they could not be read. */
  figuresFailure: string | null;
}

/** Judges by the target's own figures. */
export function judgeMemory(
  { parts, partBytes, before, after, upstreams, figuresFailure }: Memory,
  { bufferLimit }: Pick<BodyIoParams, "bufferLimit">,
): Judgement {
  const peak = after?.peakBufferedBytes ?? null;
  const earlier = before?.peakBufferedBytes ?? null;
  if ((before === null || after === null) && figuresFailure !== null) {
    return inconclusive(`how much the target holds cannot be seen: ${figuresFailure}`);
  }
  if (peak === null || earlier === null) {
    return inconclusive(
      "the target has no figures that tell how much it holds (peakBufferedBytes at --stats-url)",
      ["figures"],
    );
  }
  const what = `${parts.length} parts of ${sayBytes(partBytes)} each`;
  const limit = `at most ${sayBytes(bufferLimit)}`;
  if (peak >= bufferLimit && peak > earlier) {
    return fail(
      `the target held up to ${sayBytes(peak)} of ${what} at once, expected ${limit}${
        sayRefused(parts)
      }`,
    );
  }
  if (earlier >= bufferLimit) {
    return inconclusive(
      `the target had held ${
        sayBytes(earlier)
      } at once before, and what it held now was no more: ` +
        "restart it",
    );
  }
  const good = parts.filter(isGood);
  if (good.length < parts.length || parts.length === 0) {
    return inconclusive(
      `not all parts went through${sayRefused(parts)}: see 'part-framing' for what happens to one`,
    );
  }
  const together = mostAtOnce(parts);
  if (together < parts.length / 2) {
    return inconclusive(
      `only ${together} of ${parts.length} parts were under way at once: give a larger ` +
        "--large-part-size",
    );
  }
  if (together * partBytes <= bufferLimit) {
    return inconclusive(
      `${together} parts of ${
        sayBytes(partBytes)
      } were under way at once, which are no more than ` +
        `--buffer-limit together (${
          sayBytes(bufferLimit)
        }): a target that keeps all of them would ` +
        "not show; give a smaller one, or more or larger parts (--num-parts, --large-part-size)",
    );
  }
  if (upstreams === 0) {
    return inconclusive(
      "all parts went through, but the figures never told of a request to the backend meanwhile: " +
        "check that --stats-url is of this target",
    );
  }
  return pass(`the target held up to ${sayBytes(peak)} of ${what} at once, ${limit} are expected`);
}

function sayRefused(parts: readonly SdkAttempt[]): string {
  const refused = parts.filter((one) => !isGood(one));
  return refused.length === 0 ? "" : `; ${sayFaults(refused, parts)}`;
}

/** How many were under way at one moment, at most. */
function mostAtOnce(parts: readonly SdkAttempt[]): number {
  return Math.max(
    0,
    ...parts.map(({ sentAtMs: at }) =>
      parts.filter(({ sentAtMs, endedAtMs }) => sentAtMs <= at && at <= endedAtMs).length
    ),
  );
}

function sayBytes(bytes: number): string {
  // All in one unit, for they are compared; a tenth of it is the least that it can tell.
  const tenths = Math.round(bytes / (1 << 20) * 10);
  return tenths === 0 ? `${bytes} bytes` : `${tenths / 10} MiB`;
}

/** The numbers of what was seen. */
export function memoryMetrics({ parts, partBytes, after }: Memory): Metrics {
  const peak = after?.peakBufferedBytes ?? null;
  return {
    ...(peak !== null && { peakBufferedBytes: value(peak, "bytes") }),
    sentBytes: value(parts.length * partBytes, "bytes"),
    underWayAtOnce: value(mostAtOnce(parts), "count"),
    refusedParts: value(parts.filter((one) => !isGood(one)).length, "count"),
  };
}
