// Starts the command line as a child process, for the tests.

const MAIN = new URL("../main.ts", import.meta.url).pathname;
/** The command line with the scenario of `cli_fake.ts` in place of those that ship. */
export const FAKE: string = new URL("./cli_fake.ts", import.meta.url).pathname;

/** The permissions of the task `repro`. */
export const REPRO = ["--allow-net=127.0.0.1"];
/** The permissions of the task `start`. */
export const START = ["--allow-net", "--allow-read", "--allow-write", "--allow-run=cat,find"];

/** What came of a child. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
}

/** How a child is started. */
export interface StartOptions {
  /** Default: {@linkcode REPRO}. */
  permissions?: readonly string[];
  env?: Record<string, string>;
  /** The program. Default: `main.ts`. */
  main?: string;
}

function command(
  args: readonly string[],
  options: StartOptions,
): { args: string[]; env: Record<string, string> } {
  const { permissions = REPRO, env = {}, main = MAIN } = options;
  return { args: ["run", "--no-prompt", ...permissions, main, ...args], env };
}

/** Runs a command line to its end. */
export async function run(
  args: readonly string[],
  options: StartOptions & { stdin?: string } = {},
): Promise<Finished> {
  const child = new Deno.Command(Deno.execPath(), {
    ...command(args, options),
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  // A child that ends without reading closes the pipe: that is its right.
  writer.write(new TextEncoder().encode(options.stdin ?? "")).catch(() => {});
  writer.close().catch(() => {});
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr) };
}

/** A child that is still running. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<string>;
  #rest = "";

  /** Starts a command line. */
  constructor(args: readonly string[], options: StartOptions = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      ...command(args, options),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#stderr = new Response(this.#child.stderr).text();
  }

  /** The next line of standard output that `test` accepts; rejects when the output ends first. */
  async line(test: (line: string) => boolean): Promise<string> {
    while (true) {
      const end = this.#rest.indexOf("\n");
      if (end < 0) {
        const { done, value } = await this.#lines.read();
        if (done) throw new Error(`The output ended: ${await this.#stderr}`);
        this.#rest += value;
        continue;
      }
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 1);
      if (test(line)) return line;
    }
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Stops reading, as `head` does when it has seen enough. */
  async closeOutput(): Promise<void> {
    await this.#lines.cancel();
  }

  /** Waits for the end. `stdout` is what no call of `line` has taken. */
  async finished(): Promise<Finished> {
    while (true) {
      const { done, value } = await this.#lines.read();
      if (done) break;
      this.#rest += value;
    }
    const { code } = await this.#child.status;
    return { code, stdout: this.#rest, stderr: await this.#stderr };
  }

  /** Ends the child if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.finished();
  }
}
