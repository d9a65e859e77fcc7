// One running engine process under its guard: its log, its end, and stopping it for certain.

import guard from "./guard.sh" with { type: "text" };

/** How many lines of a log are kept. */
const KEPT_LINES = 200;
/** How long output may stay open after the end, in milliseconds. */
const DRAIN_MS = 2_000;
/** How much of a line is kept, in characters. */
const KEPT_CHARACTERS = 400;

/** A program that runs under a guard, which ends with this process whatever happens to it. */
export class GuardedProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: string[] = [];
  readonly #listeners: ((line: string) => void)[] = [];
  readonly #readers: ReadableStreamDefaultReader<string>[] = [];
  readonly #reading: Promise<unknown>;
  /** Resolves with the exit code when the program and all it started are gone. */
  readonly ended: Promise<number>;

  /**
   * Starts it.
   *
   * @param folder Its working folder, which the guard removes in the end.
   */
  constructor(
    program: string,
    args: readonly string[],
    options: {
      folder: string;
      env?: Readonly<Record<string, string>>;
      outside?: readonly string[];
    },
  ) {
    this.#child = new Deno.Command("sh", {
      args: [
        "-c",
        guard,
        "guard",
        options.folder,
        options.outside?.join("\n") ?? "",
        program,
        ...args,
      ],
      env: { ...options.env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
      // Whoever kills our whole process group must not get the guard: its work begins then.
      detached: true,
    }).spawn();
    this.#stdin = this.#child.stdin.getWriter();
    this.#reading = Promise.all([this.#read(this.#child.stdout), this.#read(this.#child.stderr)]);
    this.ended = this.#child.status.then(({ code }) => code);
  }

  /** The last lines that it printed, oldest first. */
  get log(): readonly string[] {
    return this.#lines;
  }

  /** Calls back with each line that it prints. */
  onLine(listener: (line: string) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Resolves when all it printed has been read, after its end. What it started may have left its
   * session and hold its output open: that is not waited for.
   */
  async drained(): Promise<void> {
    await this.ended;
    const given = setTimeout(() => {
      for (const reader of this.#readers) reader.cancel().catch(() => {});
    }, DRAIN_MS);
    await this.#reading.catch(() => {});
    clearTimeout(given);
  }

  async #read(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    this.#readers.push(reader);
    let rest = "";
    while (true) {
      const { done, value } = await reader.read();
      if (done) return this.#add(rest);
      const lines = (rest + value).split("\n");
      rest = (lines.pop() ?? "").slice(0, KEPT_CHARACTERS);
      for (const line of lines) this.#add(line);
    }
  }

  #add(line: string): void {
    const kept = line.trimEnd().slice(0, KEPT_CHARACTERS);
    if (kept === "") return;
    this.#lines.push(kept);
    if (this.#lines.length > KEPT_LINES) this.#lines.shift();
    for (const listener of this.#listeners) listener(kept);
  }

  /** Ends it and all it started, and waits until they are gone and the folder with them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close().catch(() => {}); // It had ended by itself.
    await this.drained();
  }
}
