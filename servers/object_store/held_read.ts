// A read that refers to blobs for as long as it lasts, however it ends.

type Bytes = Uint8Array<ArrayBuffer>;

/** What remains to be done for a read that was dropped without an end. */
interface Leftover {
  chunks: AsyncGenerator<Bytes, void>;
  release: () => void;
}

// A response whose body is never read nor cancelled must not keep bytes for ever.
const dropped = new FinalizationRegistry<Leftover>(({ chunks, release }) => {
  // Ends the generator, which closes its file. Nobody is left to hear of an error.
  chunks.return().catch(() => {});
  release();
});

/**
 * Iterates `chunks`, and calls `release` once when they end, fail, or are given up with `return()`,
 * before the first as well; also when the iterator is dropped and collected.
 */
export function heldRead(
  chunks: AsyncGenerator<Bytes, void>,
  release: () => void,
): AsyncIterableIterator<Bytes, void> {
  const token = {};
  let open = true;
  const end = () => {
    if (!open) return;
    open = false;
    dropped.unregister(token);
    release();
  };
  const step = async (
    move: () => Promise<IteratorResult<Bytes, void>>,
  ): Promise<IteratorResult<Bytes, void>> => {
    try {
      const result = await move();
      if (result.done === true) end();
      return result;
    } catch (error) {
      end();
      throw error;
    }
  };
  const iterator: AsyncIterableIterator<Bytes, void> = {
    next: () => step(() => chunks.next()),
    return: () => step(() => chunks.return()),
    throw: (error?: unknown) => step(() => chunks.throw(error)),
    [Symbol.asyncIterator]: () => iterator,
  };
  dropped.register(iterator, { chunks, release }, token);
  return iterator;
}
