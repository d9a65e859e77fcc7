// The body of a read: small ones whole, others in pieces as the client takes them.

import type { OpenRead } from "../read_lock.ts";
import type { Segment, Storage } from "../storage.ts";

/**
 * Up to here a body is handed over whole, in bytes: it is mostly one chunk of the storage, and fits into
 * the kernel's buffers. Beyond, a stream costs less than putting the chunks together (measured).
 */
const WHOLE_BYTES = 64 << 10;

/** What a body is made of. */
export interface BodySource {
  /** Where the bytes are. */
  storage: Storage;
  /** The object's bytes. */
  segments: readonly Segment[];
  /** The first byte to send. */
  start: number;
  /** The byte after the last one. */
  end: number;
  /** Whether the reader of the body is done with a chunk once it asks for the next. */
  lent: boolean;
  /** Told when the store fails in mid-body: the client only sees that its connection is cut. */
  onError: (error: unknown) => void;
}

/**
 * Opens a body and has its first bytes, so that what is gone from the store is an error and no answer
 * cut short. The read ends with the last byte, with the client, or with an error.
 *
 * @param signal Aborts when the client leaves.
 */
export async function openBody(
  source: BodySource,
  read: OpenRead,
  signal: AbortSignal,
): Promise<Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { storage, segments, start, end, lent } = source;
  const sizeBytes = end - start;
  read.sizeBytes = sizeBytes;
  const chunks = storage.read(segments, start, end, { lent: lent && sizeBytes > WHOLE_BYTES })
    [Symbol.asyncIterator]();
  try {
    const first = await chunks.next();
    if (first.done) throw new Error(`Cannot read ${sizeBytes} bytes: the store has none of them`);
    if (sizeBytes > WHOLE_BYTES) {
      return new ReadableStream(
        new Body(chunks, first.value, read, signal, source.onError),
        BY_PULL,
      );
    }
    const whole = await collect(chunks, first.value, sizeBytes);
    read.end();
    return whole;
  } catch (error) {
    read.end();
    throw error;
  }
}

/** Nothing is read ahead: what waits for a slow client waits in the kernel. */
const BY_PULL = { highWaterMark: 0 };

type Chunks = AsyncIterator<Uint8Array<ArrayBuffer>>;

async function collect(
  chunks: Chunks,
  first: Uint8Array<ArrayBuffer>,
  sizeBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (first.byteLength === sizeBytes) {
    await chunks.return?.();
    return first;
  }
  const whole = new Uint8Array(sizeBytes);
  let filled = 0;
  let chunk: Uint8Array | undefined = first;
  while (chunk !== undefined) {
    whole.set(chunk, filled);
    filled += chunk.byteLength;
    const next: IteratorResult<Uint8Array> = await chunks.next();
    chunk = next.done ? undefined : next.value;
  }
  if (filled !== sizeBytes) throw shortOf(sizeBytes, filled);
  return whole;
}

function shortOf(sizeBytes: number, got: number): Error {
  return new Error(`Cannot read ${sizeBytes} bytes: the store has ${got} of them`);
}

class Body implements UnderlyingDefaultSource<Uint8Array<ArrayBuffer>>, EventListenerObject {
  readonly #chunks: Chunks;
  readonly #read: OpenRead;
  readonly #signal: AbortSignal;
  readonly #onError: BodySource["onError"];
  #first: Uint8Array<ArrayBuffer> | undefined;
  #controller: ReadableStreamDefaultController | undefined;
  #over = false;

  constructor(
    chunks: Chunks,
    first: Uint8Array<ArrayBuffer>,
    read: OpenRead,
    signal: AbortSignal,
    onError: BodySource["onError"],
  ) {
    this.#onError = onError;
    this.#chunks = chunks;
    this.#first = first;
    this.#read = read;
    this.#signal = signal;
  }

  start(controller: ReadableStreamDefaultController): void {
    this.#controller = controller;
    this.#read.onCut = () => this.#fail(new Error("the store was closed"));
    this.#signal.addEventListener("abort", this, { once: true });
    if (this.#signal.aborted) this.handleEvent();
  }

  async pull(controller: ReadableStreamDefaultController): Promise<void> {
    try {
      const chunk = this.#first ?? await this.#next();
      this.#first = undefined;
      if (this.#over) return;
      if (chunk === undefined) {
        this.#end();
        return controller.close();
      }
      this.#read.sentBytes += chunk.byteLength;
      controller.enqueue(chunk);
    } catch (error) {
      if (!this.#over) this.#onError(error);
      this.#fail(error);
    }
  }

  async cancel(): Promise<void> {
    this.#end();
    await this.#chunks.return?.();
  }

  /** The client has left: nobody will pull any more. */
  handleEvent(): void {
    this.#fail(this.#signal.reason);
  }

  async #next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const next = await this.#chunks.next();
    if (!next.done) return next.value;
    const { sentBytes, sizeBytes } = this.#read;
    if (sentBytes !== sizeBytes) throw shortOf(sizeBytes, sentBytes);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#end();
    this.#controller?.error(error);
    // What the iteration still holds is given back; nobody is there to hear how that went.
    this.#chunks.return?.().catch(() => {});
  }

  #end(): void {
    this.#over = true;
    this.#signal.removeEventListener("abort", this);
    this.#read.end();
  }
}
