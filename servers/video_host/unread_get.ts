// The GET whose answer is begun and never read: TCP's windows fill up, and the store stays mid-body.

import type { Clock } from "../../lab/clock.ts";

/** What has become of the GET: sent and not answered yet, open and unread, or over. */
export type UnreadPhase = "asked" | "open" | "closed";

/** A GET that is sent to be left unread. */
export class UnreadGet {
  /** What is read. */
  readonly key: string;
  /** When it was sent, in milliseconds of the clock. */
  readonly askedAtMs: number;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  // Kept so that the body is not collected, which would close the connection.
  #response: Response | undefined;
  #openedAtMs: number | undefined;
  #closedAtMs: number | undefined;

  /** Nothing is sent yet. */
  constructor(key: string, clock: Clock) {
    this.key = key;
    this.#clock = clock;
    this.askedAtMs = clock.now();
  }

  /** What has become of it. */
  get phase(): UnreadPhase {
    if (this.#closedAtMs !== undefined) return "closed";
    return this.#openedAtMs === undefined ? "asked" : "open";
  }

  /** When the answer's head came, in milliseconds of the clock. */
  get openedAtMs(): number | undefined {
    return this.#openedAtMs;
  }

  /** When it was closed, likewise. */
  get closedAtMs(): number | undefined {
    return this.#closedAtMs;
  }

  /**
   * Sends it. Resolves when the answer's head has come, whose body is then left alone; or when it was
   * closed meanwhile. Rejects with what `get` rejects with.
   */
  async open(get: (signal: AbortSignal) => Promise<Response>): Promise<void> {
    try {
      const response = await get(this.#abort.signal);
      if (this.#closedAtMs !== undefined) return await response.body?.cancel();
      this.#response = response;
      this.#openedAtMs = this.#clock.now();
    } catch (error) {
      if (this.#closedAtMs === undefined) {
        this.#closedAtMs = this.#clock.now();
        throw error;
      }
    }
  }

  /** Closes its connection. Can be called more than once. */
  close(): void {
    if (this.#closedAtMs !== undefined) return;
    this.#closedAtMs = this.#clock.now();
    this.#response = undefined;
    // Of a GET that is answered this closes the body, and with it the connection.
    this.#abort.abort(new DOMException("the unread GET was closed", "AbortError"));
  }
}
