// Ports for programs that cannot be told to choose one themselves.

/**
 * Below the range that systems choose from for outgoing connections (Linux: 32768 and up), so that no
 * client of ours has taken the port by the time the program binds it.
 */
const FIRST = 20_000;
const LAST = 32_000;

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/**
 * A port of 127.0.0.1 that nobody listens on at this moment, and that this process has not been given
 * lately.
 *
 * @throws {Error} when none is free.
 */
export function freePort(): number {
  for (let tries = FIRST; tries < LAST; tries++) {
    next = next >= LAST ? FIRST : next + 1;
    try {
      Deno.listen({ hostname: "127.0.0.1", port: next }).close();
      return next;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error(`No port from ${FIRST} to ${LAST} is free`);
}
