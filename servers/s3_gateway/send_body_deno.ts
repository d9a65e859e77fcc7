// Sends the content of a request by `node:http`, and reads on while what came is on its way out.

import type { ClientRequest } from "node:http";
import type { Meter, Outbound } from "./outbound.ts";

/** How much of a content may wait to be sent while more is read, in bytes. */
const UNSENT_BYTES = 256 << 10;

/**
 * Sends a content no faster than the connection takes it, up to its end or that of interest in it.
 *
 * @param meter Counts what waits to be sent.
 * @param isAnswered Whether the answer has begun: what is left of the content then goes nowhere.
 * @throws What the content errors with.
 */
export async function sendBody(
  asked: ClientRequest,
  body: Outbound["body"],
  meter: Meter,
  isAnswered: () => boolean,
): Promise<void> {
  if (!(body instanceof ReadableStream)) {
    asked.end(body ?? undefined);
    return;
  }
  const unsent = new Unsent(asked, meter);
  const reader = body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (asked.destroyed || isAnswered()) return await reader.cancel();
    await unsent.write(read.value);
  }
  asked.end();
}

/**
 * What was written and has not left yet. More is read in the meantime: a client and a backend that wait
 * for each other's next piece in turn take a third longer for a large content.
 */
class Unsent {
  readonly #asked: ClientRequest;
  readonly #meter: Meter;
  #bytes = 0;
  #onLess = () => {};

  constructor(asked: ClientRequest, meter: Meter) {
    this.#asked = asked;
    this.#meter = meter;
    asked.on("close", () => this.#onLess());
  }

  /** Resolves when there is room for the next piece, or nobody to take it. */
  async write(piece: Uint8Array): Promise<void> {
    const release = this.#meter.hold(piece.length);
    this.#bytes += piece.length;
    this.#asked.write(piece, () => {
      this.#bytes -= piece.length;
      release();
      this.#onLess();
    });
    while (this.#bytes > UNSENT_BYTES && !this.#asked.destroyed) {
      await new Promise<void>((resolve) => this.#onLess = resolve);
    }
  }
}
