// Counts the bytes that the gateway holds in memory, now and at most.

import type { Meter } from "./outbound.ts";

/** A meter without a limit. */
export class BufferMeter implements Meter {
  #bytes = 0;
  #peakBytes = 0;

  /** What is held at this moment, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The most that was held at one moment, in bytes. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** {@inheritDoc Meter.hold} */
  hold(bytes: number): () => void {
    this.#bytes += bytes;
    if (this.#bytes > this.#peakBytes) this.#peakBytes = this.#bytes;
    let held = true;
    return () => {
      if (held) this.#bytes -= bytes;
      held = false;
    };
  }
}
