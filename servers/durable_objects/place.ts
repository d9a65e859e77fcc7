// The place in an object's code, as `echo.ts:12`, from which the host was called.

/** The host's own code is below this, unless it was bundled into one file with everything else. */
const HOST = import.meta.url.endsWith("/place.ts")
  ? new URL("./", import.meta.url).href
  : undefined;

/** Whether a file is the host's. Its tests stand for an object's code. */
function isHost(url: string): boolean {
  return HOST !== undefined && url.startsWith(HOST) && !url.endsWith("_test.ts");
}

/** A frame's URL, line and column, at the end of its line, with or without parentheses. */
const FRAME = /((?:[a-z][a-z\d+.-]*:)[^()\s]*):(\d+):\d+\)?$/;

/** What belongs to the runtime. */
const RUNTIME = /^(?:ext|node|native|checkin):/;

/** File names that say little without their folder. */
const VAGUE = /^(?:index|main|mod|worker)\.[a-z]+$/;

/** `folder/index.ts`, else only the file's name; `data:` and the like for code without a file. */
function shortOf(url: string): string {
  if (/^(?:data|blob):/.test(url)) return `${url.slice(0, url.indexOf(":"))}:…`;
  const [folder, file] = url.replace(/[?#].*$/, "").split("/").slice(-2);
  if (file === undefined) return url;
  let short = VAGUE.test(file) && folder !== "" ? `${folder}/${file}` : file;
  try {
    short = decodeURIComponent(short);
  } catch {
    // A stray per cent sign: shown as it is.
  }
  return short;
}

/**
 * Finds the place in an object's code in a stack: the first frame that is neither the runtime's nor
 * the host's.
 *
 * @param stack As an error's `stack` has it. Default: of whoever calls this.
 * @returns The file's name and the line, or undefined when the stack has none.
 */
export function placeOf(stack: string = new Error().stack ?? ""): string | undefined {
  for (const line of stack.split("\n")) {
    const [, url, number] = FRAME.exec(line.trimEnd()) ?? [];
    if (url === undefined || RUNTIME.test(url) || !/^\s+at /.test(line)) continue;
    if (!isHost(url)) return `${shortOf(url)}:${number}`;
  }
  return undefined;
}

/**
 * A place that is looked up when it is asked for: taking the stack costs 2 µs, formatting it 17.
 * It can be given to `Activities.begin()` as the options.
 */
export class CallPlace {
  /** What is to be shown beside the place. */
  readonly detail: string | undefined;
  #trace: { stack?: string } | undefined;
  #place: string | undefined;

  /** @param callee The function whose caller is meant. */
  // deno-lint-ignore ban-types -- what the runtime's captureStackTrace takes
  constructor(callee: Function, detail?: string) {
    this.detail = detail;
    this.#trace = {};
    Error.captureStackTrace(this.#trace, callee);
  }

  /** The place, as `echo.ts:12`. */
  get place(): string | undefined {
    if (this.#trace !== undefined) {
      this.#place = placeOf(this.#trace.stack ?? "");
      this.#trace = undefined;
    }
    return this.#place;
  }
}
