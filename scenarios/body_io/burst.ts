// A burst of writes: what is seen of it, and its judge.

import { distribution, type Metrics, value } from "../../lab/metrics.ts";
import { fail, inconclusive, type Judgement, pass } from "../../lab/verdict.ts";
import type { SdkAttempt } from "../../probes/s3/sdk_attempts.ts";
import { isFault, isGood, isThrottled, sayFaults, sayLongest, tookMs } from "./attempts.ts";
import type { ExchangeSeen } from "./gateway_figures.ts";

/** What came of one small request that nobody was beside. */
export interface Alone {
  /** Whether it was answered as it should be. */
  works: boolean;
  /** In words why it was not; null where it was. */
  why: string | null;
}

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
  /** Why the first of these did, in words; null where none did. */
  whyFailed: string | null;
  /** Every attempt of every request. */
  attempts: readonly SdkAttempt[];
  /** What was read back and is not what was written, each in words. */
  wrong: readonly string[];
  /** What could not be read back, each in words. */
  unread: readonly string[];
  /** What came of a request that was made alone afterwards; null where none was made. */
  alone: Alone | null;
  /** What the target's figures tell of its key; null where they do not. */
  exchange: ExchangeSeen | null;
  /** Why they do not, in words, where they were to and could not be read. */
  figuresFailure: string | null;
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
  const alone = bursts.flatMap(({ alone }) => alone ?? []);
  const whyAlone = alone.find(({ works }) => !works)?.why ?? null;
  const works = all.some(isGood) || alone.some(({ works }) => works);
  if (faults.length > 0 && !works) {
    return inconclusive(
      `nothing works, in the burst or alone: ${sayFaults(faults, firsts)}; ` +
        (whyAlone ?? "look at the target's log, and whether its backend is there"),
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
  if (refused.length > 0) return inconclusive(sayRefused(refused, firsts, whyAlone));
  const [unread] = bursts.flatMap(({ unread }) => unread);
  const succeeded = `${firsts.length} of ${firsts.length} first attempts succeeded`;
  if (unread !== undefined) {
    return inconclusive(`${succeeded}, but not all could be read back: ${unread}`);
  }
  const [failed] = bursts.flatMap(({ whyFailed }) => whyFailed ?? []);
  if (failed !== undefined || bursts.some(({ failed }) => failed > 0)) {
    const why = failed === undefined ? "" : ` (${failed})`;
    return inconclusive(`${succeeded}, but ${bursts.map(sayEnd).join(", ")}${why}`);
  }
  const doubt = bursts.map(whyNotAsWanted).find((one) => one !== undefined);
  if (doubt) return { ...doubt, reason: `${succeeded}, but ${doubt.reason}` };
  // A cold one has shown by its exchange that the figures are its own.
  if (bursts.every(({ exchange }) => exchange?.begun === 0 && exchange.upstreams === 0)) {
    return inconclusive(
      `${succeeded}, but the figures never told of a request to the backend meanwhile: check that ` +
        "--stats-url is of this target",
    );
  }
  return pass(
    `${succeeded}, the longest in ${sayLongest(firsts)}${bursts.map(sayParked).join("")}`,
  );
}

/**
 * Whether a burst's fault was answered, stalled, or read back, rather than made of connections that broke:
 * those may be the target's own end.
 */
export function isFaultOfItsAnswers({ failedFirstAttempts, broken }: Metrics): boolean {
  const count = (metric: Metrics[string] | undefined) =>
    metric !== undefined && "value" in metric ? metric.value : 0;
  const failed = count(failedFirstAttempts);
  return failed === 0 || failed > count(broken);
}

function sayRefused(
  refused: readonly SdkAttempt[],
  firsts: readonly SdkAttempt[],
  whyAlone: string | null,
): string {
  const what = `refused for another reason than the one that is looked for: ${
    sayFaults(refused, firsts)
  }`;
  if (whyAlone !== null) return `${what}; ${whyAlone}`;
  return refused.some(isThrottled)
    ? `${what}: the target asks for fewer requests at once; give a smaller --num-uploads or ` +
      "--num-deletes"
    : `${what}, though the bucket can be listed: check that the key may write there, and what the ` +
      "target is set up for";
}

/** The verdict where it is not proved what a burst met; undefined where it is. */
function whyNotAsWanted(
  { wanted, opening, exchange, figuresFailure }: Burst,
): Judgement | undefined {
  if (exchange === null && figuresFailure !== null) {
    return inconclusive(`whether the target was ${wanted} cannot be seen: ${figuresFailure}`);
  }
  if (exchange === null) {
    return inconclusive(
      `whether the target was ${wanted} cannot be seen: it has no figures that tell of exchanges ` +
        "(--stats-url), and without them only a fault can be found",
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
      "the target was not cold: it had a key to its backend already; restart it, and probe this case " +
        "by itself before anything else asks it",
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
    broken: value(firsts.filter(({ end }) => end === "broken").length, "count"),
    ...(took && { firstAttemptMs: took }),
    ...(exchanges.length > 0 && {
      exchanges: value(exchanges.reduce((total, { begun }) => total + begun, 0), "count"),
      parkedOnExchange: value(Math.max(...exchanges.map(({ parked }) => parked)), "count"),
    }),
  };
}
