// Child processes of a benchmark: started through a shell with a raised file limit, ended by id.

/** How many files a child may have open: readers, their origin, and some to spare. */
export const OPEN_FILES = 12_000;

/** A line that a child printed did not come: what it said on stderr instead. */
export class ChildError extends Error {
  /** `ChildError`. */
  override name = "ChildError";
}

/** One child. Disposing of it sends SIGTERM, and SIGKILL when that did not help in 5 s. */
export class Child implements AsyncDisposable {
  /** What it was started as, for messages. */
  readonly name: string;
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #stderr: Promise<string>;
  #over = false;

  /**
   * Starts a program. It is looked for where servers are installed too, which a user's `PATH` often
   * leaves out.
   */
  constructor(name: string, program: string, args: readonly string[]) {
    this.name = name;
    this.#process = new Deno.Command("sh", {
      args: ["-c", SHELL, "sh", program, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(lineSplitter()).getReader();
    this.#stdin = this.#process.stdin.getWriter();
    this.#stderr = new Response(this.#process.stderr).text();
    this.#process.status.then(() => this.#over = true);
  }

  /** The process id, which is the program's own: the shell has made way for it. */
  get pid(): number {
    return this.#process.pid;
  }

  /** Whether it has ended. */
  get over(): boolean {
    return this.#over;
  }

  /** The next line it prints. Throws a {@linkcode ChildError} when it ends instead. */
  async line(): Promise<string> {
    const { value } = await this.#lines.read();
    if (value !== undefined) return value;
    throw await this.failure();
  }

  /** Writes one line to its stdin. */
  async say(line: string): Promise<void> {
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
  }

  /** The end of a child that should still run, as an error with what it said last. */
  async failure(): Promise<ChildError> {
    const { code } = await this.#process.status;
    const said = (await this.#stderr).trim().split("\n").slice(-3).join(" | ");
    return new ChildError(`Cannot go on with ${this.name}: it ended with ${code}: ${said}`);
  }

  /** Ends it and waits until it has gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    const end = (signal: Deno.Signal) => {
      if (!this.#over) this.#process.kill(signal);
    };
    end("SIGTERM");
    const impatience = setTimeout(() => end("SIGKILL"), 5_000);
    await this.#process.status;
    clearTimeout(impatience);
    await Promise.allSettled([this.#stderr, this.#lines.cancel(), this.#stdin.close()]);
  }
}

/** Runs a program to its end and gives what it printed on both streams; undefined if not there. */
export async function outputOf(
  program: string,
  args: readonly string[],
): Promise<{ code: number; text: string } | undefined> {
  const { code, stdout, stderr } = await new Deno.Command("sh", {
    args: ["-c", SHELL, "sh", program, ...args],
    stdin: "null",
  }).output();
  if (code === NOT_INSTALLED) return undefined;
  return { code, text: [stdout, stderr].map((one) => new TextDecoder().decode(one)).join("") };
}

/** What the shell exits with when it finds no such program (POSIX, "Command Search"). */
const NOT_INSTALLED = 127;

const SHELL = `
ulimit -n ${OPEN_FILES} 2>/dev/null || {
  echo "the limit of open files is $(ulimit -Hn), expected ${OPEN_FILES}: raise it (ulimit -Hn)" >&2
  exit 1
}
PATH="$PATH:/usr/sbin:/usr/local/sbin"
exec "$@"
`;

/** Resident memory of a process and all its children, in bytes (proc_pid_status(5), `VmRSS`). */
export async function residentBytes(pid: number): Promise<number> {
  const status = await fileOf(`/proc/${pid}/status`);
  const children = await fileOf(`/proc/${pid}/task/${pid}/children`);
  const own = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? NaN) * 1_024;
  if (!Number.isFinite(own)) throw new ChildError(`Cannot read the memory of process ${pid}`);
  const theirs = children.trim().split(" ").filter(Boolean).map((one) =>
    residentBytes(Number(one))
  );
  return (await Promise.all(theirs)).reduce((sum, bytes) => sum + bytes, own);
}

/** A file of the kernel's about another process, which Deno reads with all permissions only. */
async function fileOf(path: string): Promise<string> {
  const { stdout } = await new Deno.Command("cat", { args: [path], stdin: "null" }).output();
  return new TextDecoder().decode(stdout);
}

function lineSplitter(): TransformStream<string, string> {
  let rest = "";
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) controller.enqueue(line);
    },
  });
}
