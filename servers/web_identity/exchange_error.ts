// An exchange of tokens or keys that failed: what whoever answered said of it, and whether to try again.

/** An answer that is not what was asked for. */
export class ExchangeError extends Error {
  /** `ExchangeError`. */
  override name = "ExchangeError";
  /** The code of the answer, such as `ExpiredTokenException`; empty where it bears none. */
  readonly code: string;
  /** The HTTP status of the answer; 0 where none came. */
  readonly status: number;
  /** Whether the same request may come out otherwise later. */
  readonly retryable: boolean;

  /**
   * Says what came instead.
   *
   * @param code The code of the answer; empty where it bears none.
   * @param status Its HTTP status; 0 where none came.
   * @param message One sentence for people. It must have no token and no key in it.
   */
  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryable = status === 0 || status === 429 || status >= 500 || RETRYABLE.includes(code);
  }
}

/** Refusals with a status of 4xx that are of the moment. Source: STS API reference, "Errors". */
const RETRYABLE = [
  "IDPCommunicationError",
  "Throttling",
  "ThrottlingException",
  "RequestLimitExceeded",
];
