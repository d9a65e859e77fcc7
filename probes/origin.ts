// A client of the slow origin's log: which requests the target let through, and when.

import type { Clock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { ORIGIN_LOG_PATH, type OriginLog, originLogSchema } from "../lab/origin_log.ts";
import { controlJson } from "./http_json.ts";

/** The longest that the origin keeps a question open, in milliseconds. */
const LONGEST_WAIT_MS = 60_000;

/** The log of one origin. Disposing of it ends what it still waits for. */
export class OriginLogClient implements Disposable {
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  readonly #ended = new AbortController();

  /**
   * A client of the origin at `options.url`; nothing is asked yet.
   *
   * @param options Where the origin is; a path is one that it is mounted below.
   */
  constructor(options: { url: URL; clock: Clock; signal: AbortSignal }) {
    this.#url = options.url;
    this.#clock = options.clock;
    this.#signal = AbortSignal.any([options.signal, this.#ended.signal]);
  }

  /**
   * The requests for a pathname so far.
   *
   * @throws {InconclusiveError} when the origin is out of reach, or is not our slow origin.
   */
  read(path: string): Promise<OriginLog> {
    return this.#ask({ path });
  }

  /**
   * The requests for a pathname, as soon as there are `min` and, of these, `done` are over; or after
   * `timeoutMs` what there is.
   *
   * @throws {InconclusiveError} as {@linkcode OriginLogClient.read} does.
   */
  async waitFor(
    path: string,
    wanted: { min: number; done?: number; timeoutMs: number },
  ): Promise<OriginLog> {
    const { min, done = 0, timeoutMs } = wanted;
    const endMs = this.#clock.now() + timeoutMs;
    while (true) {
      const leftMs = Math.min(Math.max(0, endMs - this.#clock.now()), LONGEST_WAIT_MS);
      const wait = (leftMs / 1_000).toFixed(3);
      const query = { path, min: String(min), done: String(done), wait };
      const log = await this.#ask(query, leftMs);
      const over = log.requests.filter((request) => request.endedAtMs !== null).length;
      if (log.requests.length >= min && over >= done || this.#clock.now() >= endMs) return log;
    }
  }

  /** Makes the origin forget the requests for a pathname. */
  async forget(path: string): Promise<void> {
    await controlJson("the origin's log", this.#at({ path }), {
      method: "DELETE",
      signal: this.#signal,
    });
  }

  /** Ends what is still waited for. */
  [Symbol.dispose](): void {
    this.#ended.abort(new InconclusiveError("the origin's log is not waited for any more"));
  }

  async #ask(query: Record<string, string>, waitMs = 0): Promise<OriginLog> {
    const options = { signal: this.#signal, waitMs };
    const json = await controlJson("the origin's log", this.#at(query), options);
    const parsed = originLogSchema.safeParse(json);
    if (parsed.success) return parsed.data;
    throw new InconclusiveError(
      `Cannot read the origin's log at ${this.#url.host}: it is not our slow origin's ` +
        "(edge-repro serve slow-origin)",
    );
  }

  #at(query: Record<string, string>): URL {
    const url = new URL(this.#url);
    url.pathname = url.pathname.replace(/\/$/, "") + ORIGIN_LOG_PATH;
    url.search = String(new URLSearchParams(query));
    return url;
  }
}
