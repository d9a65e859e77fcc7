// The requests that a tap has seen, and who waits for one.

import { createHash, type Hash } from "node:crypto";
import { framingText } from "./framing.ts";
import { type RequestHead, RequestParser, RequestSyntaxError } from "./request_parser.ts";

/** A request as it was on the wire. Its fields have what was sent: keys and signatures too. */
export interface TappedRequest extends RequestHead {
  /** Which connection it came on, from 1. */
  connection: number;
  /** Which request of that connection it is, from 1. */
  index: number;
  /** Its framing in a few words: `content-length: 5`, `chunked`. */
  framingText: string;
  /** How much of its content has come, in bytes, without chunked framing. */
  bodyBytes: number;
  /** SHA-256 of its content in lower-case hex, once it is complete; only where it was asked for. */
  sha256: string | undefined;
  /** Whether it was complete or its connection ended before it was; undefined while it is under way. */
  ended: "complete" | "cut" | undefined;
  /** The value of a field, whatever the case of its name; undefined where it is not one. */
  field(name: string): string | undefined;
}

/** A connection that could not be followed to its end. */
export interface LostConnection {
  /** Which, from 1. */
  connection: number;
  /** Why, without any field's value. */
  why: string;
}

/** What keeps requests, and for how many. */
export interface TappedRequestsOptions {
  /** Whether contents are hashed. Default: false. */
  digest?: boolean;
  /** How many requests are kept; older ones are dropped. Default: 10,000. */
  keep?: number;
}

interface Waiter {
  matches(request: TappedRequest): boolean;
  resolve(request: TappedRequest): void;
  reject(error: unknown): void;
}

/** The requests of one tap. */
export class TappedRequests {
  /** In the order in which their heads were complete. */
  readonly all: TappedRequest[] = [];
  /** The connections that could not be followed; what they brought was passed on all the same. */
  readonly lost: LostConnection[] = [];
  readonly #waiters = new Set<Waiter>();
  readonly #digest: boolean;
  readonly #keep: number;
  #connections = 0;

  /** Has none yet. */
  constructor({ digest = false, keep = 10_000 }: TappedRequestsOptions = {}) {
    this.#digest = digest;
    this.#keep = keep;
  }

  /** Begins to follow a connection. */
  open(): { push(bytes: Uint8Array): void; end(): void } {
    const connection = ++this.#connections;
    let current: TappedRequest | undefined;
    let hash: Hash | undefined;
    let index = 0;
    const end = (ended: "complete" | "cut") => {
      if (current === undefined) return;
      current.ended = ended;
      if (ended === "complete") current.sha256 = hash?.digest("hex");
      this.#tell(current);
      current = undefined;
    };
    const parser = new RequestParser({
      head: (head) => {
        hash = this.#digest ? createHash("sha256") : undefined;
        current = tapped(head, connection, ++index);
        this.all.push(current);
        if (this.all.length > this.#keep) this.all.shift();
        this.#tell(current);
      },
      content: (bytes) => {
        if (current !== undefined) current.bodyBytes += bytes.length;
        hash?.update(bytes);
      },
      end: () => end("complete"),
    });
    let isLost = false;
    return {
      push: (bytes) => {
        if (isLost) return;
        try {
          parser.push(bytes);
        } catch (error) {
          if (!(error instanceof RequestSyntaxError)) throw error;
          isLost = true;
          this.lost.push({ connection, why: error.message });
        }
      },
      end: () => end("cut"),
    };
  }

  /**
   * Resolves with the first request that matches, seen already or to come. Asked of each when its head
   * is complete, and again when it has ended.
   *
   * @throws {Error} when the tap is closed first.
   */
  wait(matches: (request: TappedRequest) => boolean): Promise<TappedRequest> {
    const found = this.all.find(matches);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => void this.#waiters.add({ matches, resolve, reject }));
  }

  /** Forgets what was seen. Requests under way are not seen any more. */
  clear(): void {
    this.all.length = 0;
    this.lost.length = 0;
  }

  /** Tells those who wait that nothing will come. */
  close(): void {
    for (const waiter of this.#waiters) {
      waiter.reject(new Error("Cannot wait for a request: the tap was closed"));
    }
    this.#waiters.clear();
  }

  #tell(request: TappedRequest): void {
    for (const waiter of [...this.#waiters]) {
      if (!waiter.matches(request)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(request);
    }
  }
}

function tapped(head: RequestHead, connection: number, index: number): TappedRequest {
  return {
    ...head,
    connection,
    index,
    framingText: framingText(head.framing),
    bodyBytes: 0,
    sha256: undefined,
    ended: undefined,
    field(name) {
      const wanted = name.toLowerCase();
      return head.fields.find(([one]) => one.toLowerCase() === wanted)?.[1];
    },
  };
}
