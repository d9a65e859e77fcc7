// The errors that a person caused or can mend: one line, and the exit code that goes with it.

/** What a command line, a file or an environment got wrong: one line for people, exit code 2. */
export class UsageError extends Error {
  /** `UsageError`. */
  override name = "UsageError";
}

/**
 * A run that cannot tell: the target is out of reach, refused us, or is not what the scenario needs.
 * The message names the cause and the next step; the runner makes an `inconclusive` verdict of it.
 */
export class InconclusiveError extends Error {
  /** `InconclusiveError`. */
  override name = "InconclusiveError";
}

/**
 * A run that was not measured to its end: the target could not be started, broke on its own, or the
 * run was ended from outside. What was seen says nothing of the case.
 */
export class IncompleteError extends InconclusiveError {
  /** `IncompleteError`. */
  override name = "IncompleteError";
}

/**
 * A case that could not be observed, which shows only while it runs: what it needs is not there.
 * Counted as unmet.
 */
export class UnmetError extends InconclusiveError {
  /** `UnmetError`. */
  override name = "UnmetError";
  /** The needs that are not there; the names that a case's `needs` has. */
  readonly needs: readonly string[];

  /**
   * Says which needs are not there.
   *
   * @param message What was found instead, and what to do about it.
   */
  constructor(needs: readonly string[], message: string) {
    super(message);
    this.needs = needs;
  }
}

/** What `error` says in one line, without a stack. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
