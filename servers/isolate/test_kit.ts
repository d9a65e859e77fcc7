// A test kit: a fetch handler in an isolate of its own, asked whether its requests touch each other's I/O.

import type { ForeignTouch } from "./foreign_touch.ts";
import { createIsolate, type Isolate } from "./isolate.ts";
import type {
  CancelledRequest,
  FetchHandler,
  IsolateFigures,
  IsolateOptions,
} from "./isolate_options.ts";

/** How a handler is tested: an isolate's options. What the kit itself listens to is taken. */
export type IsolateTestOptions = Omit<IsolateOptions, "handler" | "onTouch" | "onCancel" | "log">;

/** An assertion of the kit that does not hold. The message says who touched what, and where. */
export class ForeignIoError extends Error {
  /** `ForeignIoError`. */
  override name = "ForeignIoError";
}

/** The URL that requests have when a test gives only a path. */
const BASE = "https://isolate.test";

/** As many are named one by one. */
const SHOWN = 5;

/** `POST /b (request 2) called text() at b.ts:9 on what belongs to ...`. */
function shown({ ioType, action, by, of, touchedAt, madeAt }: ForeignTouch): string {
  const how = action === "return" ? "answered with" : `called ${action}() on`;
  const where = touchedAt === undefined ? "" : ` at ${touchedAt}`;
  const made = madeAt === undefined ? "came with that request" : `was made at ${madeAt}`;
  return `${by} ${how} I/O of ${of}${where} (I/O type: ${ioType}), which ${made}`;
}

function listed(all: readonly string[]): string {
  const more = all.length > SHOWN ? [`and ${all.length - SHOWN} more`] : [];
  return [...all.slice(0, SHOWN), ...more].map((line) => `\n  ${line}`).join("");
}

/** One handler under test. Disposing of it ends what it has under way. */
export class IsolateTest implements AsyncDisposable {
  /** The isolate, for whatever the kit does not have. */
  readonly isolate: Isolate;
  /** All touches of another request's I/O, in order. */
  readonly touches: readonly ForeignTouch[];
  /** All requests that were cancelled, in order. */
  readonly cancelled: readonly CancelledRequest[];
  /** The handler's log, as `level text text`. */
  readonly lines: readonly string[];

  /** Made by {@linkcode testIsolate}. */
  constructor(handler: IsolateOptions["handler"], options: IsolateTestOptions) {
    const touches: ForeignTouch[] = [];
    const cancelled: CancelledRequest[] = [];
    const lines: string[] = [];
    this.touches = touches;
    this.cancelled = cancelled;
    this.lines = lines;
    this.isolate = createIsolate({
      ...options,
      handler,
      onTouch: (touch) => void touches.push(touch),
      onCancel: (request) => void cancelled.push(request),
      log: (level, args) => void lines.push([level, ...args].join(" ")),
    });
  }

  /** Sends it a request. A path is enough. */
  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return await this.isolate.fetch(
      input instanceof Request && init === undefined
        ? input
        : new Request(typeof input === "string" ? new URL(input, BASE) : input, init),
    );
  }

  /** The isolate's figures. */
  figures(): IsolateFigures {
    return this.isolate.stats();
  }

  /**
   * Asserts that no request touched what belongs to another: a body, a reader, a response, a timer.
   *
   * @throws {ForeignIoError} naming the I/O, both requests, and where it was touched and made; also
   *   when there were fewer than two requests, which can show nothing.
   */
  assertNoForeignIo(): void {
    const { requests } = this.figures();
    if (requests < 2) {
      throw new ForeignIoError(
        `Cannot tell whether requests touch each other's I/O: received ${requests}, expected 2 or more`,
      );
    }
    if (this.touches.length === 0) return;
    throw new ForeignIoError(
      `I/O of another request was touched:${listed(this.touches.map(shown))}`,
    );
  }

  /**
   * Asserts that no request was cancelled: hung with nothing of its own under way, or over the
   * isolate's memory.
   *
   * @throws {ForeignIoError} naming the requests and the reasons.
   */
  assertNoneCancelled(): void {
    if (this.cancelled.length === 0) return;
    const all = this.cancelled.map(({ request, reason }) => `${request}: ${reason}`);
    throw new ForeignIoError(`Requests were cancelled:${listed(all)}`);
  }

  /** Ends what is under way. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.isolate.close();
  }
}

/**
 * Runs a fetch handler in an isolate, for a test.
 *
 * @param handler What answers requests, or a Worker's module that has it.
 *
 * @example A handler that keeps to its own
 * ```ts
 * import { testIsolate } from "./test_kit.ts";
 *
 * await using worker = testIsolate(async (request) => new Response(await request.text()));
 * await Promise.all(
 *   ["a", "b"].map((body) => worker.fetch("/", { method: "POST", body })),
 * );
 * worker.assertNoForeignIo();
 * ```
 */
export function testIsolate(
  handler: FetchHandler | { readonly fetch: FetchHandler },
  options: IsolateTestOptions = {},
): IsolateTest {
  return new IsolateTest(handler, options);
}
