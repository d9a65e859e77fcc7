// A client of the log of a tap in front of a gateway's backend: how each request came there.

import type { Clock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { type BackendLog, backendLogSchema, type BackendRequest } from "../lab/backend_log.ts";
import { controlJson } from "./http_json.ts";

const WHAT = "the backend's log";

/** How a log is asked. */
export interface BackendLogOptions {
  /** Where it is. */
  url: URL;
  /** Gives the times of waiting. */
  clock: Clock;
  /** Ends what is under way. */
  signal: AbortSignal;
}

/** The log of one backend. */
export class BackendLogClient {
  readonly #options: BackendLogOptions;

  /** A client of a log; nothing is asked yet. */
  constructor(options: BackendLogOptions) {
    this.#options = options;
  }

  /**
   * The requests whose path has `text` in it.
   *
   * @throws {InconclusiveError} when the log is out of reach, or is no such log.
   */
  async read(text: string): Promise<BackendRequest[]> {
    return (await this.#ask("GET", { contains: text })).requests;
  }

  /**
   * The same until they are as wanted, or the time is over; the last ones either way.
   *
   * @param wanted Asked of what was read each time.
   */
  async waitFor(
    text: string,
    wanted: (requests: BackendRequest[]) => boolean,
    timeoutMs: number,
  ): Promise<BackendRequest[]> {
    const { clock, signal } = this.#options;
    const endMs = clock.now() + timeoutMs;
    while (true) {
      const requests = await this.read(text);
      if (wanted(requests) || clock.now() >= endMs) return requests;
      await clock.sleep(10, { signal });
    }
  }

  /**
   * Has the backend stop, or go on.
   *
   * @throws {InconclusiveError} when it cannot.
   */
  async stall(stalled: boolean, signal: AbortSignal = this.#options.signal): Promise<void> {
    await this.#ask("PUT", { stalled: String(stalled) }, signal);
  }

  async #ask(
    method: string,
    query: Record<string, string>,
    signal: AbortSignal = this.#options.signal,
  ): Promise<BackendLog> {
    const url = new URL(this.#options.url);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const parsed = backendLogSchema.safeParse(await controlJson(WHAT, url, { method, signal }));
    if (parsed.success) return parsed.data;
    throw new InconclusiveError(
      `Cannot read ${WHAT} at ${url.host}: it is not the log of a tap of ours (--backend-log)`,
    );
  }
}
