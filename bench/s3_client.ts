// A child process that is the clients of an object store: `s3_client.ts PORT`. Each line on stdin is a
// {@linkcode Load} as JSON; the answer is a line of JSON on stdout: a number for each round.

import { realClock } from "../lab/clock.ts";
import { S3Connection, type S3Request } from "./s3_connection.ts";

/** What the clients are to do. */
export interface Load {
  /**
   * `requests`: each client repeats its request, and the last one of a round is finished; rounds are
   * counted in finished requests a second. `bytes`: the rounds follow each other in the midst of
   * requests, and are counted in bytes a second; then the process is of no more use.
   */
  count: "requests" | "bytes";
  /** One request for each client, which it repeats over its own connection. */
  requests: readonly S3Request[];
  /** For how long the clients are at work before the first round. 0: not at all. */
  warmUpMs: number;
  /** How long a round takes, or more: every client finishes at least one request. */
  roundMs: number;
  /** How many rounds. */
  rounds: number;
}

/** How many requests a second all clients finish together, each until its last one is answered. */
async function requestRate(clients: readonly S3Connection[], ms: number): Promise<number> {
  const startMs = realClock.now();
  const rates = await Promise.all(clients.map(async (client) => {
    let finished = 0;
    let nowMs: number;
    do {
      await client.exchange();
      finished++;
      nowMs = realClock.now();
    } while (nowMs < startMs + ms);
    return finished * 1_000 / (nowMs - startMs);
  }));
  return rates.reduce((sum, rate) => sum + rate, 0);
}

async function measureRequests(port: number, load: Load): Promise<number[]> {
  using scope = new DisposableStack();
  const clients = load.requests.map((one) => scope.use(new S3Connection(port, one, () => {})));
  if (load.warmUpMs > 0) await requestRate(clients, load.warmUpMs);
  const rates: number[] = [];
  for (let round = 0; round < load.rounds; round++) {
    rates.push(await requestRate(clients, load.roundMs));
  }
  return rates;
}

async function measureBytes(port: number, load: Load): Promise<number[]> {
  let bytes = 0;
  const failure = Promise.withResolvers<never>();
  for (const request of load.requests) {
    const client = new S3Connection(port, request, (count) => void (bytes += count));
    const repeat = async () => {
      while (true) await client.exchange();
    };
    repeat().catch(failure.reject);
  }
  const wait = (ms: number) => Promise.race([failure.promise, realClock.sleep(ms)]);
  await wait(load.warmUpMs);
  const rates: number[] = [];
  for (let round = 0; round < load.rounds; round++) {
    const startMs = realClock.now();
    const before = bytes;
    await wait(load.roundMs);
    rates.push((bytes - before) * 1_000 / (realClock.now() - startMs));
  }
  return rates;
}

if (import.meta.main) {
  const port = Number(Deno.args[0]);
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const load = JSON.parse(line) as Load;
      const measure = load.count === "requests" ? measureRequests : measureBytes;
      console.log(JSON.stringify(await measure(port, load)));
    }
  }
}
