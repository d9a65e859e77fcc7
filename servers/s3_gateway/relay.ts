// Passes a content on as it comes, a piece at a time: nothing is read before what came has been sent.

import type { Meter } from "./outbound.ts";
import type { SilenceWatch } from "./silence.ts";

/** A content in pieces. */
export type Pieces = AsyncGenerator<Uint8Array<ArrayBuffer>, void, void>;

/** A content as a stream. */
export interface Relayed {
  /** Is read no further than it is asked for. */
  stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** To be called when the stream is not read any more: not every runtime says so to the stream. */
  end(): void;
}

/**
 * Makes a stream of pieces. What it has handed out and was not asked to follow up counts as held.
 *
 * @param watch Told whom it waits for.
 * @param onFailure Told of an error that the pieces end with: what a runtime makes of one in a stream that
 *   it sends is not to be relied on.
 */
export function relayed(
  pieces: Pieces,
  meter: Meter,
  watch: Pick<SilenceWatch, "expect">,
  onFailure: (error: unknown) => void,
): Relayed {
  let isOver = false;
  let release = () => {};
  const end = () => {
    isOver = true;
    release();
    // Not waited for: it would wait for a piece that is being read, and that may never come.
    pieces.return().catch(() => {});
  };
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      release();
      watch.expect("client");
      try {
        const { done, value } = await pieces.next();
        watch.expect("backend");
        if (isOver) return;
        if (done) return controller.close();
        release = meter.hold(value.length);
        controller.enqueue(value);
      } catch (error) {
        release();
        onFailure(error);
        throw error;
      }
    },
    cancel: end,
  }, { highWaterMark: 0 });
  return { stream, end };
}

/**
 * The same pieces, each of them only when the next has come: so the last is not out before the end of the
 * content was looked at, and a content that turns out wrong is never whole for whoever it is sent to.
 */
export async function* heldBack(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  meter: Meter,
): Pieces {
  let last: Uint8Array<ArrayBuffer> | undefined;
  let release = () => {};
  try {
    for await (const piece of pieces) {
      release();
      if (last !== undefined) yield last;
      last = piece;
      release = meter.hold(piece.length);
    }
  } finally {
    release();
  }
  if (last !== undefined) yield last;
}
