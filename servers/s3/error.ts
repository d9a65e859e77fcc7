// An error as S3 answers it: a code that clients know, a status, a sentence.

/** A request that an S3 server refuses. */
export class S3Error extends Error {
  /** `S3Error`. */
  override name = "S3Error";
  /** The code that clients decide by, as the S3 API reference lists it. */
  readonly code: string;
  /** The HTTP status. */
  readonly status: number;
  /** What the answer has beside code and message: elements, or header fields if in lower case. */
  readonly details: Readonly<Record<string, string>>;

  /**
   * Says why a request is refused.
   *
   * @param code One of S3's codes, such as `NoSuchKey`.
   * @param status The HTTP status that S3 gives it.
   * @param message One sentence for people.
   * @param details Further elements of the answer, such as `Key`; header fields if in lower case.
   */
  constructor(
    code: string,
    status: number,
    message: string,
    details: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.status = status;
    this.details = details;
  }
}
