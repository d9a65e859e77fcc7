// Tests of reading a target's figures: the figures, and everything that is none.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { type Figures, STATS_SCHEMA } from "../lab/figures.ts";
import { readFigures, waitForFigures } from "./figures.ts";

const signal = new AbortController().signal;
const clock = realClock;
const FIGURES: Figures = { schema: STATS_SCHEMA, waiting: 0, locks: 0, upstreams: 0, more: 7 };

function serve(handler: (request: Request) => Response | Promise<Response>) {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, handler);
  const url = new URL(`http://127.0.0.1:${server.addr.port}/stats?key=secret`);
  return { url, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("readFigures: gives the figures with what a server adds", async () => {
  await using server = serve(() => Response.json(FIGURES));
  assertEquals(await readFigures(server.url, { signal }), FIGURES);
});

Deno.test("readFigures: what is none is inconclusive, with the address and without its query", async () => {
  const answers: [() => Response, string][] = [
    [() => new Response("not json"), "the answer is not JSON"],
    [() => new Response(""), "received JSON of another kind, expected edge-repro/stats@1"],
    [() => Response.json(null), "received JSON of another kind"],
    [() => Response.json({ ...FIGURES, schema: "edge-repro/stats@2" }), '"edge-repro/stats@2"'],
    [() => Response.json({ ...FIGURES, waiting: -1 }), "received it with other fields"],
    [() => new Response(null, { status: 404 }), "the answer was 404"],
    [() => Response.redirect("http://127.0.0.1:1/"), "the answer was 302"],
  ];
  for (const [answer, expected] of answers) {
    await using server = serve(answer);
    const error = await assertRejects(
      () => readFigures(server.url, { signal }),
      InconclusiveError,
      expected,
    );
    assert(error.message.includes(`${server.url.origin}/stats:`), error.message);
    assertEquals(error.message.includes("secret"), false);
  }
});

Deno.test("readFigures: nothing at the address is inconclusive", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = new URL(`http://127.0.0.1:${listener.addr.port}/`);
  listener.close();
  await assertRejects(() => readFigures(url, { signal }), InconclusiveError, "refused");
});

Deno.test("readFigures: the signal ends a question that is not answered", async () => {
  const asked = Promise.withResolvers<Request>();
  const answer = Promise.withResolvers<Response>();
  await using server = serve((request) => {
    asked.resolve(request);
    return answer.promise;
  });
  const abort = new AbortController();
  const reading = readFigures(server.url, { signal: abort.signal });
  await asked.promise;
  abort.abort(new InconclusiveError("ended"));
  await assertRejects(() => reading, InconclusiveError, "ended");
  answer.resolve(new Response());
});

Deno.test("waitForFigures: asks until they are as wanted, or gives the last ones", async () => {
  let asked = 0;
  await using server = serve(() => Response.json({ ...FIGURES, waiting: asked++ }));
  const wait = (waiting: number, timeoutMs: number) =>
    waitForFigures(server.url, (figures) => figures.waiting >= waiting, {
      ...{ timeoutMs, intervalMs: 1, clock, signal },
    });
  assertEquals((await wait(3, 60_000)).waiting, 3);
  assertEquals((await wait(1_000_000, 0)).waiting, 4);
});

Deno.test("waitForFigures: the signal ends it between two questions", async () => {
  const abort = new AbortController();
  await using server = serve(() => Response.json(FIGURES));
  const waiting = waitForFigures(server.url, () => {
    abort.abort(new InconclusiveError("ended"));
    return false;
  }, { timeoutMs: 60_000, intervalMs: 60_000, clock, signal: abort.signal });
  await assertRejects(() => waiting, InconclusiveError, "ended");
});
