// What happens where two requests of an isolate meet: the behaviours there are, and who saw each.

/** One of them. */
export interface CrossRequestBehaviour {
  /** What happens, in a sentence. */
  readonly what: string;
  /** The compatibility flag of Workers that makes it so; undefined where none does. */
  readonly flag: string | undefined;
  /** Measured on workerd 1.20261117.1, or told by the report that started this. */
  readonly source: "workerd" | "reporter";
}

/** All of them, by the values of `--cross-request`. */
export const CROSS_REQUEST = {
  /** What Workers do by default since 2024-10-14. */
  "resume-in-own": {
    what: "A request whose promise was settled by another goes on in its own context",
    flag: "handle_cross_request_promise_resolution",
    source: "workerd",
  },
  "resume-in-settler": {
    what: "A request whose promise was settled by another goes on in that one's context; its own " +
      "answer never goes out, and at its own next event it is cancelled as hung",
    flag: "no_handle_cross_request_promise_resolution",
    source: "workerd",
  },
  "cancel-503": {
    what:
      "The reporter's: a request whose I/O another one touches is cancelled with a warning, and " +
      "answered 503. Never seen on workerd",
    flag: undefined,
    source: "reporter",
  },
} as const satisfies Record<string, CrossRequestBehaviour>;

/** A value of `--cross-request`. */
export type CrossRequest = keyof typeof CROSS_REQUEST;

/** The kinds of I/O of which the model knows whose they are, by the runtime's own names. */
export type IoType =
  /** What is behind a body: of a request, of a `fetch` response, of what was made from bytes. */
  | "ReadableStreamSource"
  /** What is behind a stream's reader. */
  | "Canceler"
  /** A timer. The runtime says nothing: it only does not clear it. */
  | "Timeout";

/**
 * The message of the plain `Error` that the runtime throws, word for word. The `>` behind the first
 * type is in workerd 1.20261117.1, and was not in the report of June 2026.
 */
export function foreignIoMessage(type: IoType): string {
  const shown = type === "ReadableStreamSource" ? `${type}>` : type;
  return "Cannot perform I/O on behalf of a different request. I/O objects (such as streams, " +
    "request/response bodies, and others) created in the context of one request handler cannot be " +
    "accessed from a different request's handler. This is a limitation of Cloudflare Workers which " +
    `allows us to improve overall performance. (I/O type: ${shown})`;
}

/** What the runtime says of a body that was read, or used up by a touch that it refused, word for word. */
export const USED_MESSAGE =
  "Body has already been used. It can only be used once. Use tee() first if you need to read it twice.";

/** What it says of one that a reader holds, word for word. `clone()` and `tee()` end it with a comma. */
export const LOCKED_MESSAGE = "This ReadableStream is currently locked to a reader";

/** What it says to who makes a request anew whose body was used, word for word. */
export const RECONSTRUCTED_MESSAGE = "Cannot reconstruct a Request with a used body.";

/** What it says to who makes a response of a stream that was used, word for word. */
export const DISTURBED_MESSAGE =
  "This ReadableStream is disturbed (has already been read from), and cannot be used as a body.";

/** What the runtime logs of a request that it cancels as hung, word for word. */
export const HUNG_MESSAGE =
  "The Workers runtime canceled this request because it detected that your Worker's code had hung " +
  "and would never generate a response. Refer to: " +
  "https://developers.cloudflare.com/workers/observability/errors/";

/** What the runtime warns of when a promise of a request that is over is settled, word for word. */
export const DROPPED_MESSAGE =
  "Warning: A promise was resolved or rejected from a different request context than the one it " +
  "was created in. However, the creating request has already been completed or canceled. " +
  "Continuations for that request are unlikely to run safely and have been canceled. If this " +
  "behavior breaks your worker, consider setting the `no_handle_cross_request_promise_resolution` " +
  "compatibility flag for your worker.";

/** What the platform's error 1102 says. By its documentation; workerd itself has no limit. */
export const MEMORY_MESSAGE = "Worker exceeded resource limits";

/** Why a request was cancelled. */
export type CancelReason =
  /** Nothing of its own was under way any more. */
  | "hung"
  /** With `cancel-503`: another request touched its I/O. */
  | "touched"
  /** The isolate held more than its limit. */
  | "memory";

/** The status that a cancelled request is answered with, and what is logged. */
export const CANCELLED: Readonly<Record<CancelReason, { status: number; message: string }>> = {
  hung: { status: 500, message: HUNG_MESSAGE },
  touched: { status: 503, message: DROPPED_MESSAGE },
  // By the platform's documentation: not seen on workerd.
  memory: { status: 503, message: MEMORY_MESSAGE },
};
