// How an isolate is run, and what it tells of itself.

import type { Clock } from "../../lab/clock.ts";
import type { LogLevel } from "../durable_objects/context.ts";
import type { CancelReason, CrossRequest } from "./cross_request.ts";
import type { ForeignTouch } from "./foreign_touch.ts";

/** What a handler gets as its third argument. */
export interface ExecutionContext {
  /** The request is not over before this has settled. */
  waitUntil(promise: PromiseLike<unknown>): void;
  /** Does nothing: there is no origin behind. */
  passThroughOnException(): void;
}

/** What answers requests: a Worker's `fetch`. */
export type FetchHandler = (
  request: Request,
  env: never,
  ctx: ExecutionContext,
) => Response | Promise<Response>;

/** One request that was cancelled. */
export interface CancelledRequest {
  /** Which, as `POST /a (request 2)`. */
  readonly request: string;
  /** Why. */
  readonly reason: CancelReason;
}

/** How an isolate is run. */
export interface IsolateOptions {
  /** What answers the requests, or a Worker's module that has it. */
  handler: FetchHandler | { readonly fetch: FetchHandler };
  /** What the handler gets as `env`. Default: an empty object. */
  env?: unknown;
  /** What happens where two requests meet. Default: `resume-in-own`. */
  crossRequest?: CrossRequest;
  /** What its requests may hold at once, in bytes. Default: 128 MiB. */
  memoryLimitBytes?: number;
  /**
   * After how long without any I/O under way in the whole isolate the requests that are unanswered
   * then are cancelled as hung, in milliseconds. workerd does it at once; code here may wait for
   * something that is not known to the isolate. Default: 1,000.
   */
  hungAfterMs?: number;
  /** Its time. Default: the wall clock. */
  clock?: Clock;
  /** What `fetch` goes out by. Default: the runtime's. */
  outbound?: typeof fetch;
  /** Told of each touch of another's I/O, when it happens. */
  onTouch?: (touch: ForeignTouch) => void;
  /** Told of each request that is cancelled. */
  onCancel?: (cancelled: CancelledRequest) => void;
  /** Takes the Worker's log. Default: the console. */
  log?: (level: LogLevel, args: readonly unknown[]) => void;
}

/** What an isolate tells of itself. */
export interface IsolateFigures {
  /** Requests that came in. */
  requests: number;
  /** Requests inside their handler. */
  waiting: number;
  /** Touches of another request's I/O. */
  foreignTouches: number;
  /** Requests that were woken by another request: those that were parked on what it did. */
  parked: number;
  /** Requests that were cancelled, by the reason. */
  cancelled: Record<CancelReason, number>;
  /** What is buffered at this moment, in bytes. */
  bufferedBytes: number;
  /** The most that was buffered at once, in bytes. */
  peakBufferedBytes: number;
}
