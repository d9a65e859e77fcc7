// Standard input, output and error as commands see them, so that a test can stand in for them.

/** Where a command reads and writes. */
export interface Io {
  /** Queues text for standard output. Never blocks: a slow reader must not slow a measurement. */
  out(text: string): void;
  /** Writes to standard error; a failure to do so is nobody's business. */
  err(text: string): void;
  /** Resolves when all of `out` is written, or the reader has gone. */
  flush(): Promise<void>;
  /** Aborts when the reader of standard output has gone (EPIPE). */
  readonly outGone: AbortSignal;
  /** Reads standard input to its end. */
  input(): Promise<string>;
  /** The lines of standard input as they come, until it ends or the signal aborts. */
  lines(signal: AbortSignal): AsyncIterable<string>;
  /** Whether standard output is a terminal. */
  readonly outIsTerminal: boolean;
  /** Whether standard error is a terminal. */
  readonly errIsTerminal: boolean;
  /** Whether the environment allows colours (`NO_COLOR`). */
  readonly colorAllowed: boolean;
  /** The width of standard output in columns; 80 when it is no terminal. */
  readonly width: number;
  /** The width of the terminal that standard error goes to, in columns. */
  readonly errWidth: number;
}

const encoder = new TextEncoder();

/** The process's own streams. None of this needs a permission. */
export class ProcessIo implements Io {
  readonly #gone = new AbortController();
  #writing: Promise<void> = Promise.resolve();

  /** {@inheritDoc Io.out} */
  out(text: string): void {
    const bytes = encoder.encode(text);
    this.#writing = this.#writing.then(() => this.#write(bytes));
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length && !this.#gone.signal.aborted;) {
        at += await Deno.stdout.write(bytes.subarray(at));
      }
    } catch (error) {
      // Whatever ends standard output ends it for good; a closed pipe is no error of ours.
      this.#gone.abort(error);
    }
  }

  /** {@inheritDoc Io.err} */
  err(text: string): void {
    const bytes = encoder.encode(text);
    try {
      for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
    } catch {
      // Nowhere left to say it.
    }
  }

  /** {@inheritDoc Io.flush} */
  flush(): Promise<void> {
    return this.#writing;
  }

  /** {@inheritDoc Io.outGone} */
  get outGone(): AbortSignal {
    return this.#gone.signal;
  }

  /** {@inheritDoc Io.input} */
  async input(): Promise<string> {
    return await new Response(Deno.stdin.readable).text();
  }

  /** {@inheritDoc Io.lines} */
  async *lines(signal: AbortSignal): AsyncGenerator<string> {
    const reader = Deno.stdin.readable.pipeThrough(new TextDecoderStream()).getReader();
    const cancel = () => void reader.cancel().catch(() => {});
    signal.addEventListener("abort", cancel, { once: true });
    let line = "";
    while (!signal.aborted) {
      const { done, value } = await reader.read();
      if (done) return;
      const [first = "", ...rest] = value.split("\n");
      line += first;
      for (const next of rest) {
        yield line;
        line = next;
      }
    }
  }

  /** {@inheritDoc Io.outIsTerminal} */
  get outIsTerminal(): boolean {
    return Deno.stdout.isTerminal();
  }

  /** {@inheritDoc Io.errIsTerminal} */
  get errIsTerminal(): boolean {
    return Deno.stderr.isTerminal();
  }

  /** {@inheritDoc Io.colorAllowed} */
  get colorAllowed(): boolean {
    return !Deno.noColor;
  }

  /** {@inheritDoc Io.width} */
  get width(): number {
    return this.outIsTerminal ? this.errWidth : 80;
  }

  /** {@inheritDoc Io.errWidth} */
  get errWidth(): number {
    try {
      return Deno.consoleSize().columns || 80;
    } catch {
      return 80;
    }
  }
}
