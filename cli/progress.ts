// One line on the terminal that tells how far a command has come, gone when the command is done.

import { formatDuration } from "../lab/duration.ts";
import { oneLine, textWidth } from "../reports/text.ts";
import type { Io } from "./io.ts";

// Ours, because ora (through chalk) reads the environment as it loads, and
// the commands that show progress are not allowed to.

const EVERY_MS = 100;
const CLEAR = "\r\x1b[2K";

/** The status line of a running command. */
export class Progress implements Disposable {
  readonly #io: Io;
  readonly #total: number;
  readonly #running = new Set<string>();
  readonly #startedAt = performance.now();
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #done = 0;

  /**
   * Begins to draw.
   *
   * @param shown False for a line that is never drawn: piped, or quiet.
   */
  constructor(io: Io, total: number, shown: boolean) {
    this.#io = io;
    this.#total = total;
    this.#timer = shown ? setInterval(() => this.#draw(), EVERY_MS) : undefined;
  }

  /** A run began. */
  start(id: string): void {
    this.#running.add(id);
  }

  /** A run is over. */
  end(id: string): void {
    this.#running.delete(id);
    this.#done++;
  }

  /** Takes the line away. */
  [Symbol.dispose](): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#io.err(CLEAR);
  }

  #draw(): void {
    const since = formatDuration(performance.now() - this.#startedAt);
    const line = `${this.#done} of ${this.#total} runs, ${since}: ${[...this.#running].join(", ")}`;
    this.#io.err(CLEAR + fitted(oneLine(line), this.#io.errWidth - 1));
  }
}

/** Cuts a line where the terminal would break it: a broken line cannot be taken away again. */
export function fitted(line: string, width: number): string {
  if (textWidth(line) <= width) return line;
  let cut = "";
  for (const character of line) {
    if (textWidth(cut + character) > width - 1) break;
    cut += character;
  }
  return `${cut}…`;
}
