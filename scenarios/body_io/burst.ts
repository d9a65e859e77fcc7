// A burst of writes: what is seen of it, and its judge.

import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import type { SdkAttempt } from "../../probes/s3/sdk_attempts.ts";
import { isFault, isGood, sayFaults, sayLongest, tookMs } from "./attempts.ts";
import type { ExchangeSeen } from "./gateway_figures.ts";

/** What was seen of a burst. */
export interface Burst {
  /** Whether the target was to have no key to its backend, or one. */
  wanted: "cold" | "warm";
  /** What each of those is that began at once: `upload`, `batch delete`. */
  unit: string;
  /** How many of them began at once. */
  opening: number;
  /** How many of them the client with its retries saw fail in the end. */
  failed: number;
  /** Every attempt of every request. */
  attempts: readonly SdkAttempt[];
  /** What was read back and is not what was written, each in words. */
  wrong: readonly string[];
  /** What could not be read back, each in words. */
  unread: readonly string[];
  /** Whether a request that was made alone afterwards worked; null where none was made. */
  alone: boolean | null;
  /** What the target's figures tell of its key; null where they do not. */
  exchange: ExchangeSeen | null;
}

/** What a pass of every burst needs of the first attempts, in the words of a rule. */
export const BURST_RULE =
  "fail: a first attempt is answered with 500 or above, breaks off, or stalls, or an object is not " +
  "what was written. inconclusive: not all began while the target had no key to its backend, by its " +
  "figures; something was refused for another reason; or nothing works even alone.";

/**
 * Judges bursts by the first attempts of all requests. A fault that was seen is a `fail`, whatever the
 * figures tell; a `pass` needs that they prove what the burst met.
 */
export function judgeBursts(bursts: readonly Burst[]): Judgement {
  const all = bursts.flatMap(({ attempts }) => attempts);
  const firsts = all.filter(({ attempt }) => attempt === 1);
  if (bursts.length === 0 || bursts.some(({ attempts }) => attempts.length === 0)) {
    return inconclusive("nothing was sent in a burst");
  }
  const faults = firsts.filter(isFault);
  const works = all.some(isGood) || bursts.some(({ alone }) => alone === true);
  if (faults.length > 0 && !works) {
    return inconclusive(
      `nothing works, in the burst or alone: ${
        sayFaults(faults, firsts)
      }: look at the target's log, ` +
        "and whether its backend and its token service are there",
    );
  }
  if (faults.length > 0) {
    return fail(
      `${faults.length} of ${firsts.length} first attempts failed: ${sayFaults(faults, firsts)}; ` +
        `the longest wait was ${sayLongest(faults)}; ${bursts.map(sayEnd).join(", ")}` +
        bursts.map(sayParked).join(""),
    );
  }
  const [wrong] = bursts.flatMap(({ wrong }) => wrong);
  if (wrong !== undefined) return fail(`all requests succeeded, but ${wrong}`);
  const refused = firsts.filter((one) => !isGood(one));
  if (refused.length > 0) {
    return inconclusive(
      `refused for another reason: ${
        sayFaults(refused, firsts)
      }: check the key, --bucket, --region ` +
        "and what the target is set up for",
    );
  }
  const [unread] = bursts.flatMap(({ unread }) => unread);
  if (unread !== undefined) return inconclusive(unread);
  if (bursts.some(({ failed }) => failed > 0)) {
    return inconclusive(`${bursts.map(sayEnd).join(", ")}, though every first attempt succeeded`);
  }
  const doubt = bursts.map(whyNotAsWanted).find((one) => one !== undefined);
  if (doubt) return doubt;
  return pass(
    `${firsts.length} of ${firsts.length} first attempts succeeded, the longest in ` +
      `${sayLongest(firsts)}${bursts.map(sayParked).join("")}`,
  );
}

/** The verdict where it is not proved what a burst met; undefined where it is. */
function whyNotAsWanted({ wanted, opening, exchange }: Burst): Judgement | undefined {
  if (exchange === null) {
    return inconclusive(
      `whether the target was ${wanted} cannot be seen: it has no figures that tell of exchanges ` +
        "(--stats-url)",
      ["figures"],
    );
  }
  const { begun, parked } = exchange;
  if (wanted === "warm") {
    return begun === 0 ? undefined : inconclusive(
      "the target was not warm: it got a key to its backend in the burst; try again",
    );
  }
  if (begun === 0) {
    return inconclusive(
      "the target was not cold: it had a key to its backend already; restart it, and probe it before " +
        "anything else does",
    );
  }
  // One of them makes the exchange, and the others wait for it.
  if (parked >= (opening - 1) / 2) return undefined;
  return inconclusive(
    `the burst did not come together: ${parked} of ${opening} requests waited for the exchange of ` +
      "another; have the token service take longer (--sts-delay), or begin more at once",
  );
}

function sayEnd({ failed, opening, unit }: Burst): string {
  return `with the client's retries ${opening - failed} of ${opening} ${unit}s were done`;
}

function sayParked({ wanted, exchange, unit }: Burst): string {
  if (exchange === null || wanted === "warm") return "";
  return `; ${exchange.parked} of the ${unit}s' requests had waited for one exchange`;
}

/** The numbers of bursts. */
export function burstMetrics(bursts: readonly Burst[]): Metrics {
  const sum = (of: (burst: Burst) => number) => bursts.reduce((total, one) => total + of(one), 0);
  const all = bursts.flatMap(({ attempts }) => attempts);
  const firsts = all.filter(({ attempt }) => attempt === 1);
  const took = distribution(firsts.map(tookMs), "ms");
  const exchanges = bursts.flatMap(({ exchange }) => exchange ?? []);
  return {
    firstAttempts: value(firsts.length, "count"),
    failedFirstAttempts: value(firsts.filter(isFault).length, "count"),
    retries: value(all.length - firsts.length, "count"),
    failedInTheEnd: value(sum(({ failed }) => failed), "count"),
    stalled: value(firsts.filter(({ end }) => end === "stalled").length, "count"),
    ...(took && { firstAttemptMs: took }),
    ...(exchanges.length > 0 && {
      exchanges: value(exchanges.reduce((total, { begun }) => total + begun, 0), "count"),
      parkedOnExchange: value(Math.max(...exchanges.map(({ parked }) => parked)), "count"),
    }),
  };
}
