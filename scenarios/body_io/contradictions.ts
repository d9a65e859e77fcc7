// Parameters that fit no target together: with them a run would say something of itself, and not of its target.

import { formatDuration } from "../../lab/duration.ts";
import { type BodyIoParams, LEAST_THRESHOLD_MS } from "./params.ts";

/**
 * Why these parameters cannot be together, with the flags that they are of; undefined where they can.
 *
 * @param told The names of the parameters that are known to be the target's own.
 */
export type Contradiction = (params: BodyIoParams, told: readonly string[]) => string | undefined;

/** In a cold burst nothing ends as long as the exchange lasts, and that is no stall. */
export const shorterThanExchange: Contradiction = ({ thresholdMs, stsDelayMs }) => {
  const leastMs = stsDelayMs + LEAST_THRESHOLD_MS;
  return thresholdMs >= leastMs
    ? undefined
    : `--threshold-ms is ${formatDuration(thresholdMs)}, and --sts-delay has an exchange take ` +
      `${formatDuration(stsDelayMs)} at the run's speed: all that waits for it would count as ` +
      `stalled; give a threshold of ${
        formatDuration(leastMs)
      } or more, or a shorter delay where the ` +
      "exchange is quicker";
};

/** A gateway that gives up each exchange before it is over has never a key to its backend. */
export const neverAKey: Contradiction = ({ stsTimeoutMs, stsDelayMs }, told) =>
  stsTimeoutMs > stsDelayMs || !told.includes("stsTimeoutMs") || !told.includes("stsDelayMs")
    ? undefined
    : `--sts-timeout has the target wait ${formatDuration(stsTimeoutMs)} for an exchange, and ` +
      `--sts-delay has it take ${
        formatDuration(stsDelayMs)
      } at the run's speed: the target would ` +
      "never get a key to its backend; give a longer timeout, or a shorter delay";

/** What is held of less than the limit is below the limit, also where all of it is held. */
export const tooLittleToSee: Contradiction = ({ numParts, largePartSize, bufferLimit }) =>
  numParts * largePartSize > bufferLimit
    ? undefined
    : `all parts together are ${
      numParts * largePartSize
    } bytes (--num-parts, --large-part-size), no ` +
      `more than the --buffer-limit of ${bufferLimit}: a target that keeps all of them would not ` +
      "show; give a smaller limit, or more or larger parts";
