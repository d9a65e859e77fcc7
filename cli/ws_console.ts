// Where the lines of a WebSocket session come from and its events go to: a terminal, or streams.

import process from "node:process";
import readline from "node:readline";
import type { Io } from "./io.ts";

/** Lines in, text out. Disposing of it gives the terminal back. */
export interface WsConsole extends Disposable {
  /** Columns to wrap at; Infinity where nothing is to be wrapped. */
  readonly width: number;
  /** The lines as they are typed, until there are no more. */
  lines(): AsyncIterable<string>;
  /** Writes a result. */
  out(text: string): void;
  /** Writes what is no result. */
  err(text: string): void;
}

/**
 * Lines from standard input, results to standard output, the rest to standard error.
 *
 * @param input What stands in for standard input.
 */
export function streamConsole(io: Io, input?: ReadableStream<Uint8Array<ArrayBuffer>>): WsConsole {
  const ended = new AbortController();
  return {
    width: io.outIsTerminal ? io.width : Infinity,
    lines: () => linesOf(input ?? Deno.stdin.readable, ended.signal),
    out: (text) => io.out(text),
    err: (text) => io.err(text),
    [Symbol.dispose]: () => ended.abort(),
  };
}

/** The lines of a stream, the last one also without its line feed. */
async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => {}), { once: true });
  let rest = "";
  while (!signal.aborted) {
    const { done, value } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = done ? "" : lines.pop() ?? "";
    for (const line of lines) yield line;
    if (done) return;
  }
}

const PROMPT = "> ";
const HISTORY = 500;

/**
 * A terminal with line editing and history: what is written goes above the line being typed.
 *
 * @param onInterrupt Called for Ctrl-C, which is a key there and no signal.
 */
export function terminalConsole(io: Io, onInterrupt: () => void): WsConsole {
  const { stdin, stdout } = process;
  const editor = readline.createInterface({
    input: stdin,
    output: stdout,
    terminal: true,
    prompt: PROMPT,
    historySize: HISTORY,
    removeHistoryDuplicates: true,
  });
  const typed: string[] = [];
  let closed = false;
  let wake = () => {};
  editor.on("line", (line) => {
    typed.push(line);
    wake();
    editor.prompt();
  });
  editor.on("SIGINT", onInterrupt);
  editor.on("close", () => {
    closed = true;
    wake();
  });
  const above = (text: string) => {
    if (closed) return void stdout.write(text);
    // The line being typed may be wrapped, with the cursor anywhere in it.
    readline.moveCursor(stdout, 0, -editor.getCursorPos().rows);
    readline.cursorTo(stdout, 0);
    readline.clearScreenDown(stdout);
    stdout.write(text);
    editor.prompt(true);
  };
  editor.prompt();
  return {
    get width() {
      return io.width;
    },
    async *lines() {
      while (true) {
        const line = typed.shift();
        if (line !== undefined) yield line;
        else if (closed) return;
        else await new Promise<void>((resolve) => wake = resolve);
      }
    },
    out: above,
    err: (text) => io.errIsTerminal ? above(text) : io.err(text),
    [Symbol.dispose]() {
      if (closed) return;
      readline.moveCursor(stdout, 0, -editor.getCursorPos().rows);
      readline.cursorTo(stdout, 0);
      readline.clearScreenDown(stdout);
      editor.close();
    },
  };
}
