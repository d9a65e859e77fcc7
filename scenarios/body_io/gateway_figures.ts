// What a gateway's own figures tell of its exchanges and its memory, as far as they do.

import { z } from "zod";
import { IncompleteError, InconclusiveError } from "../../lab/errors.ts";
import { until } from "../../lab/until.ts";
import { readFigures } from "../../probes/figures.ts";
import type { Context } from "./stage.ts";

const count = z.number().nonnegative().nullable().catch(null);

const toldSchema = z.object({
  exchanges: count,
  parkedOnExchange: count,
  peakParkedOnExchange: count,
  bufferedBytes: count,
  peakBufferedBytes: count,
  open: count,
  upstreams: count,
  foreignTouches: count,
});

/** What a gateway tells of itself; null for what it leaves out. */
export type GatewayTold = z.infer<typeof toldSchema>;

/** Reads what figures tell; exported for tests. */
export function gatewayTold(figures: unknown): GatewayTold {
  return toldSchema.parse(figures);
}

/** What a run has had of them. */
interface Seen {
  /** What its timeline was told last: it is not told again what is as it was. */
  told?: string;
  /** Why they could not be read the first time that they could not. */
  failure?: string;
}

/** Each run by its timeline, which it has for itself. */
const SEEN = new WeakMap<object, Seen>();

function seenBy({ timeline }: Pick<Context, "timeline">): Seen {
  const seen = SEEN.get(timeline) ?? {};
  SEEN.set(timeline, seen);
  return seen;
}

/** Why figures of this run could not be read, in words; null where all could, or none were to be. */
export function figuresFailure(context: Pick<Context, "timeline">): string | null {
  return seenBy(context).failure ?? null;
}

/**
 * What the target tells at this moment; null where it has no figures, or they cannot be read: that is no
 * reason to forget what was seen, so the user is warned, once in a run.
 */
export async function readTold(context: Context): Promise<GatewayTold | null> {
  const { access: { statsUrl }, signal, timeline, warn } = context;
  if (statsUrl === undefined) return null;
  const seen = seenBy(context);
  try {
    const told = gatewayTold(await readFigures(statsUrl, { signal }));
    const known = Object.fromEntries(Object.entries(told).filter(([, count]) => count !== null));
    const text = JSON.stringify(known);
    if (seen.told !== text) timeline.add("figures", "read", known);
    seen.told = text;
    return told;
  } catch (error) {
    if (!(error instanceof InconclusiveError) || error instanceof IncompleteError) throw error;
    if (seen.failure === undefined) warn(error.message);
    seen.failure ??= error.message;
    return null;
  }
}

/** How a burst found the gateway's key to its backend. */
export interface ExchangeSeen {
  /** Exchanges that were begun in the burst. */
  begun: number;
  /** The most requests that waited at one moment for one that another had begun. */
  parked: number;
  /** The most requests to the backend that were seen under way at one moment. */
  upstreams: number;
}

/** Watches the figures while a burst is under way. */
export class ExchangeWatch {
  readonly #context: Context;
  readonly #before: GatewayTold | null;
  #mostParked = 0;
  #mostUpstreams = 0;

  private constructor(context: Context, before: GatewayTold | null) {
    this.#context = context;
    this.#before = before;
  }

  /** Looks at how things are before. */
  static async start(context: Context): Promise<ExchangeWatch> {
    return new ExchangeWatch(context, await readTold(context));
  }

  /** Whether the figures tell of exchanges. */
  get isTold(): boolean {
    return this.#before?.exchanges !== null && this.#before !== null;
  }

  /** Looks again and again until `over` is settled, since a peak may be one of earlier bursts. */
  async during(over: Promise<unknown>): Promise<void> {
    while (this.isTold && !await isSettled(this.#context, over, 50)) {
      const told = await readTold(this.#context);
      this.#mostParked = Math.max(this.#mostParked, told?.parkedOnExchange ?? 0);
      this.#mostUpstreams = Math.max(this.#mostUpstreams, told?.upstreams ?? 0);
    }
  }

  /** What came of it; null where the figures do not tell. */
  async end(): Promise<ExchangeSeen | null> {
    const before = this.#before;
    const after = await readTold(this.#context);
    if (before === null || after === null) return null;
    if (before.exchanges === null || after.exchanges === null) return null;
    const { peakParkedOnExchange: peakBefore } = before;
    const { peakParkedOnExchange: peak } = after;
    const isNew = peak !== null && peak > (peakBefore ?? 0);
    return {
      begun: Math.max(0, after.exchanges - before.exchanges),
      parked: Math.max(this.#mostParked, isNew ? peak : 0),
      upstreams: this.#mostUpstreams,
    };
  }
}

/** The most requests to the backend that the figures tell of at one moment until `over` is settled. */
export async function mostUpstreams(context: Context, over: Promise<unknown>): Promise<number> {
  let most = 0;
  do {
    const told = await readTold(context);
    if (told === null) return most;
    most = Math.max(most, told.upstreams ?? 0);
  } while (!await isSettled(context, over, 20));
  return most;
}

/** Whether it is settled after so many milliseconds, or before. */
async function isSettled(context: Context, work: Promise<unknown>, ms: number): Promise<boolean> {
  const done = work.then(() => true, () => true);
  return await until(context, done, context.clock.now() + ms) ?? false;
}
