// Reads and drops the body of a request, since a server hears of its client leaving only after that.

import type { Exchange } from "./exchange.ts";
import { Refusal } from "./refusal.ts";

/**
 * Reads a request's body to its end and drops it. Until then `request.signal` says nothing of a
 * client that leaves (`Deno.serve`, Deno 2.9); here the failing read does, and ends the exchange.
 *
 * @param mostBytes The largest body that is taken.
 * @throws {Refusal} with status 413 when the body is larger.
 */
export async function discardBody(
  request: Request,
  exchange: Exchange,
  mostBytes: number,
): Promise<void> {
  if (request.body === null) return;
  const reader = request.body.getReader();
  const stop = () => void reader.cancel().catch(() => {});
  exchange.signal.addEventListener("abort", stop, { once: true });
  try {
    for (let total = 0;;) {
      const { done, value } = await reader.read();
      if (done) return;
      total += value.length;
      if (total > mostBytes) {
        stop();
        const reason = `Cannot take the body: expected at most ${mostBytes} bytes (the limit here)`;
        throw new Refusal(413, reason);
      }
    }
  } catch (error) {
    if (!(error instanceof Refusal)) exchange.end("aborted");
    throw error;
  } finally {
    exchange.signal.removeEventListener("abort", stop);
  }
}
