// Gathers bytes that come in pieces of any size into pieces of a useful size, copying small ones only.

/** Bytes over an array of their own, not over shared memory. */
type Bytes = Uint8Array<ArrayBuffer>;

/** Arrays at least so long are kept as they are. Deno gives a request's body in arrays of 64 KiB. */
const KEEP_BYTES = 32 * 1024;
/** Smaller ones are gathered in arrays so long. */
const GATHER_BYTES = 64 * 1024;

/** Gathers pieces: each that it gives has 32 KiB or more, but for the last. */
export class BytePieces {
  #small: Bytes = new Uint8Array(0);
  #used = 0;

  /** Takes bytes and gives the pieces that are full. Arrays of a useful size are given as they are. */
  add(bytes: Bytes): Bytes[] {
    const full: Bytes[] = [];
    let rest = bytes;
    while (rest.length > 0) {
      // A small view would keep all of a large buffer alive: it is copied.
      if (
        this.#used === 0 && rest.length >= KEEP_BYTES && rest.length * 2 >= rest.buffer.byteLength
      ) {
        full.push(rest);
        break;
      }
      // What waits goes first, and is filled from what comes, so that no piece is too small.
      const part = rest.subarray(0, GATHER_BYTES - this.#used);
      this.#append(part);
      rest = rest.subarray(part.length);
      if (this.#used === GATHER_BYTES) full.push(this.#take());
    }
    return full;
  }

  /** The last piece, which may be small; undefined where nothing waits. */
  end(): Bytes | undefined {
    return this.#used === 0 ? undefined : this.#take();
  }

  #append(bytes: Bytes): void {
    const needed = this.#used + bytes.length;
    if (needed > this.#small.length) {
      // Four times as long each time, so that many tiny ones are not copied again and again.
      const grown = new Uint8Array(
        Math.min(GATHER_BYTES, Math.max(needed, this.#small.length * 4)),
      );
      grown.set(this.#small.subarray(0, this.#used));
      this.#small = grown;
    }
    this.#small.set(bytes, this.#used);
    this.#used = needed;
  }

  #take(): Bytes {
    const piece = this.#used === this.#small.length
      ? this.#small
      : this.#small.slice(0, this.#used);
    this.#small = new Uint8Array(0);
    this.#used = 0;
    return piece;
  }
}
