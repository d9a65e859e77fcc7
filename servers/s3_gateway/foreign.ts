// Telling the runtime's complaint about another request's I/O from every other failure.

/** How the Workers runtime begins it (workerd 2026-11-17). */
const COMPLAINT = "Cannot perform I/O on behalf of a different request";

/**
 * The runtime's complaint that one request touched what belongs to another, where an error is that or was
 * caused by it; undefined for any other. It is no fault of the client's, whatever it came out of.
 */
export function foreignTouch(error: unknown): Error | undefined {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one.message.startsWith(COMPLAINT)) return one;
  }
  return undefined;
}

/** Throws an error on, or the runtime's complaint where that caused it. */
export function rethrow(error: unknown): never {
  throw foreignTouch(error) ?? error;
}
