// Starts the command line as a child process, for the tests.

const MAIN = new URL("../main.ts", import.meta.url).pathname;
/** The command line with the scenario of `cli_fake.ts` in place of those that ship. */
export const FAKE: string = new URL("./cli_fake.ts", import.meta.url).pathname;

/** The permissions of the task `repro`. */
export const REPRO = [
  "--allow-net=127.0.0.1",
  "--allow-env=AWS_*,HOME,USERPROFILE,HOMEPATH,HOMEDRIVE,_X_AMZN_TRACE_ID,WS_NO_*",
  "--allow-sys=osRelease",
];
/** The permissions of the task `start`. */
export const START = [
  "--allow-net",
  "--allow-read",
  "--allow-write",
  "--allow-run=cat,curl,find,sh,/usr/bin/chromium",
  "--allow-env",
  "--allow-sys=osRelease,homedir",
];
/** The permissions of the task `matrix`. */
export const MATRIX = [
  "--allow-net=127.0.0.1",
  "--allow-run=cat,curl,find,sh,/usr/bin/chromium",
  "--allow-read=/usr/bin/chromium,/tmp",
  "--allow-write=/tmp",
  "--allow-env",
  "--allow-sys=osRelease,homedir",
];

/** What came of a child. */
export interface Finished {
  code: number;
  stdout: string;
  stderr: string;
  /** Its process id. */
  pid: number;
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
  return { code, stdout: text(stdout), stderr: text(stderr), pid: child.pid };
}

/** Reads a stream line by line. */
class Lines {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #rest = "";

  constructor(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
    this.#reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  }

  async find(test: (line: string) => boolean): Promise<string> {
    while (true) {
      const end = this.#rest.indexOf("\n");
      if (end < 0) {
        const { done, value } = await this.#reader.read();
        if (done) throw new Error(`The output ended after: ${this.#rest}`);
        this.#rest += value;
        continue;
      }
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 1);
      if (test(line)) return line;
    }
  }

  async rest(): Promise<string> {
    while (true) {
      const { done, value } = await this.#reader.read();
      if (done) return this.#rest;
      this.#rest += value;
    }
  }

  cancel(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** A child that is still running. */
export class Running implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #stdout: Lines;
  readonly #stderr: Lines;

  /** Starts a command line. */
  constructor(args: readonly string[], options: StartOptions = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      ...command(args, options),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stdout = new Lines(this.#child.stdout);
    this.#stderr = new Lines(this.#child.stderr);
  }

  /** The next line of standard output that `test` accepts; rejects when the output ends first. */
  line(test: (line: string) => boolean): Promise<string> {
    return this.#stdout.find(test);
  }

  /** As {@linkcode line}, of standard error. */
  errorLine(test: (line: string) => boolean): Promise<string> {
    return this.#stderr.find(test);
  }

  /** Sends a signal, unless the child has ended. */
  kill(signal: Deno.Signal): void {
    try {
      this.#child.kill(signal);
    } catch {
      // It has ended already.
    }
  }

  /** Stops reading, as `head` does when it has seen enough. */
  closeOutput(): Promise<void> {
    return this.#stdout.cancel();
  }

  /** Waits for the end. What was taken by line is not in the texts any more. */
  async finished(): Promise<Finished> {
    const [stdout, stderr] = await Promise.all([this.#stdout.rest(), this.#stderr.rest()]);
    const { code } = await this.#child.status;
    return { code, stdout, stderr, pid: this.pid };
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Ends the child if it still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.finished();
  }
}
