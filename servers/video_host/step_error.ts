// Why a step of the story was not taken.

/** A step that was not taken. The message is one line for people. */
export class StepError extends Error {
  /** `StepError`. */
  override name = "StepError";
  /** 409: not now; 429: too often; 502: the store refused or failed; 503: the host is closing. */
  readonly status: 409 | 429 | 502 | 503;

  /** Says what could not be done, and why. */
  constructor(status: StepError["status"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}
