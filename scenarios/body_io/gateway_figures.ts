// What a gateway's own figures tell of its exchanges and its memory, as far as they do.

import { z } from "zod";
import { IncompleteError, InconclusiveError } from "../../lab/errors.ts";
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

/**
 * What the target tells at this moment; null where it has no figures, or they cannot be read: that is no
 * reason to forget what was seen, so the user is warned.
 */
export async function readTold(context: Context): Promise<GatewayTold | null> {
  const { access: { statsUrl }, signal, timeline, warn } = context;
  if (statsUrl === undefined) return null;
  try {
    const told = gatewayTold(await readFigures(statsUrl, { signal }));
    timeline.add("figures", "read", { ...told });
    return told;
  } catch (error) {
    if (!(error instanceof InconclusiveError) || error instanceof IncompleteError) throw error;
    warn(error.message);
    return null;
  }
}

/** How a burst found the gateway's key to its backend. */
export interface ExchangeSeen {
  /** Exchanges that were begun in the burst. */
  begun: number;
  /** The most requests that waited at one moment for one that another had begun. */
  parked: number;
}

/** Watches the figures while a burst is under way. */
export class ExchangeWatch {
  readonly #context: Context;
  readonly #before: GatewayTold | null;
  #mostParked = 0;

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
    const { clock, signal } = this.#context;
    let isOver = false;
    const end = () => void (isOver = true);
    over.then(end, end);
    while (this.isTold && !isOver) {
      await clock.sleep(50, { signal });
      if (isOver) return;
      const told = await readTold(this.#context);
      this.#mostParked = Math.max(this.#mostParked, told?.parkedOnExchange ?? 0);
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
    };
  }
}
