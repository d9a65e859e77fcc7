// `body-io` at targets that go away, say nothing, refuse who gives no key, or have no figures where they were to be.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { exitCodeOf, type Run } from "../lab/result.ts";
import type { Access } from "../lab/scenario.ts";
import { STATS_SCHEMA } from "../lab/figures.ts";
import { BUCKET, TESTING_KEY, TestingStore } from "../servers/object_store/testing_store.ts";
import { casesOf, only, type Options, probe, repro, said, SMALL } from "./body_io_runs.ts";
import { closedPort, startHandler } from "./targets.ts";

const STORE = { region: "us-east-1", credentials: TESTING_KEY, bucket: BUCKET };

const accessTo = (url: string, more: Partial<Access> = {}): Access => ({
  ...{ url: new URL(url), headers: {}, insecure: false, store: STORE },
  ...more,
});

/** Runs, and what the user was told meanwhile. */
async function probed(
  ids: readonly string[],
  access: Access,
  options: Options & { onWarning?: () => void } = {},
): Promise<{ runs: Run[]; warnings: string[] }> {
  const warnings: string[] = [];
  const observer = {
    warning(_id: string, message: string) {
      warnings.push(message);
      options.onWarning?.();
    },
  };
  return { runs: await probe(casesOf(...ids), access, { ...options, observer }), warnings };
}

for (const id of ["multipart-burst", "delete-burst"]) {
  Deno.test(`a target that goes away in ${id} was not judged, but for what it answered before`, async () => {
    await using store = await TestingStore.start();
    await using leaves = await startHandler(async (request) => {
      if (/partNumber|delete/.test(request.url)) leaves.close();
      return await store.store.fetch(request);
    });
    const gone = only((await probed([id], accessTo(leaves.url))).runs);
    assertEquals(gone.verdict, "inconclusive", gone.reason);
    assertMatch(gone.reason, /broken: /);
    assertMatch(gone.reason, /(the target is down|nothing works).*the connection was refused/);
    assertEquals(gone.unmet, undefined);
    await using answers = await startHandler(async (request) => {
      if (/partNumber|delete/.test(request.url)) {
        await request.body?.cancel();
        return new Response("<Error><Code>InternalError</Code></Error>", { status: 500 });
      }
      // What is asked for when the burst is over.
      if (request.url.includes("max-keys=1")) answers.close();
      return await store.store.fetch(request);
    });
    const failed = only((await probed([id], accessTo(answers.url))).runs);
    assertEquals(failed.verdict, "fail", failed.reason);
    assertMatch(failed.reason, /500 InternalError/);
  });
}

Deno.test("that nobody is there is said once, where it is known already", async () => {
  await using server = await startHandler(async (request) => {
    await request.body?.cancel();
    server.close();
    return new Response(null, { status: 500 });
  });
  const { reason, verdict } = only((await probed(["delete-burst"], accessTo(server.url))).runs);
  assertEquals([verdict, reason.match(/refused/g)?.length], ["inconclusive", 1], reason);
  assertMatch(reason, /^nothing works, in the burst or alone: /);
});

Deno.test("a mute target keeps nobody waiting after Ctrl-C, and what is waited for is said", async () => {
  const interrupt = new AbortController();
  const connections: Deno.Conn[] = [];
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepting = (async () => {
    for await (const connection of listener) {
      connections.push(connection);
      // The first only shows that somebody is there.
      if (connections.length === 2) interrupt.abort();
    }
  })();
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const { runs, warnings } = await probed(
    ["put-framing"],
    accessTo(url, { backendLogUrl: new URL(url) }),
    { signal: interrupt.signal },
  );
  for (const connection of connections) connection.close();
  listener.close();
  await accepting;
  assertMatch(only(runs).reason, /interrupted/);
  const [first, second] = warnings;
  assertMatch(first ?? "", /^interrupted: .* removes what was written below edge-repro\/.*for 3 s/);
  assertMatch(first ?? "", /a second Ctrl-C ends at once/);
  assertMatch(second ?? "", /could not be removed \(it was not over after 3 s\)/);
});

for (
  const [id, moment] of [
    ["part-framing", "PUT"],
    ["multipart-burst", "PUT"],
    ["aws-chunked", "GET"],
  ] as const
) {
  Deno.test(`after ${id} a target that has answered has longer to remove what it may have`, async () => {
    await using store = await TestingStore.start();
    const interrupt = new AbortController();
    const told = Promise.withResolvers<void>();
    await using server = await startHandler(async (request) => {
      if (request.method === "DELETE") await told.promise;
      const answer = await store.store.fetch(request);
      if (request.method === moment) interrupt.abort();
      return answer;
    });
    const isFraming = id === "part-framing";
    const log = isFraming ? { backendLogUrl: new URL(server.url) } : {};
    const { warnings } = await probed([id], accessTo(server.url, log), {
      signal: interrupt.signal,
      onWarning: told.resolve,
    });
    assertEquals(warnings.length, 1, warnings.join("\n"));
    assertMatch(warnings[0] ?? "", /for 20 s at most/);
    for (const query of ["uploads=", "list-type=2"]) {
      const left = await (await store.fetch(`${store.url}/${BUCKET}?${query}`)).text();
      assertEquals(left.includes("<Key>"), false, left);
    }
  });
}

Deno.test("who gives no key is told so, and how to give one", async () => {
  await using store = await TestingStore.start();
  const url = new URL(store.url);
  const { credentials: _, ...unsigned } = STORE;
  const given = accessTo(store.url, { store: unsigned });
  for (const id of ["put-framing", "part-framing", "delete-burst", "aws-chunked"]) {
    const isFraming = id.endsWith("framing");
    const access = { ...given, ...(isFraming && { backendLogUrl: url }) };
    const run = only((await probed([id], access)).runs);
    assertEquals(run.verdict, "inconclusive", id);
    assertMatch(run.reason, /the request was not signed: set AWS_ACCESS_KEY_ID and /, id);
  }
});

Deno.test("figures that cannot be read are no unmet need, and warned of once", async () => {
  await using store = await TestingStore.start();
  const down = new URL(`http://127.0.0.1:${closedPort()}`);
  for (const id of ["multipart-burst", "warm-burst", "flat-memory"]) {
    const { runs, warnings } = await probed([id], accessTo(store.url, { statsUrl: down }));
    const run = only(runs);
    assertEquals([run.verdict, run.unmet], ["inconclusive", undefined], run.reason);
    assertMatch(run.reason, /cannot be seen: Cannot reach the figures at .* refused/);
    assertEquals(exitCodeOf(runs, false), 3);
    assertEquals(warnings.length, 1, warnings.join("\n"));
  }
});

Deno.test("the timeline has what figures tell, once, and nothing of what they leave out", async () => {
  await using store = await TestingStore.start();
  const figures = { schema: STATS_SCHEMA, waiting: 0, locks: 0, upstreams: 0, exchanges: 3 };
  await using stats = await startHandler(() => Response.json(figures));
  const given = accessTo(store.url, { statsUrl: new URL(stats.url) });
  const run = only((await probed(["multipart-burst"], given)).runs);
  const read = run.timeline.filter(({ lane }) => lane === "figures").map(({ detail }) => detail);
  assertEquals(read, [{ upstreams: 0, exchanges: 3 }]);
});

Deno.test("parameters that contradict each other judge no target, and nothing is asked of it", async () => {
  for (
    const [id, params, flags] of [
      ["multipart-burst", { thresholdMs: 300, stsDelayMs: 40_000 }, /--threshold-ms .*--sts-delay/],
      ["delete-burst", { thresholdMs: 300, stsDelayMs: 40_000 }, /--threshold-ms .*--sts-delay/],
      ["flat-memory", { numParts: 2, bufferLimit: 16 << 20 }, /--num-parts.*--buffer-limit/],
      ["put-framing", { stsTimeoutMs: 100, stsDelayMs: 4_000 }, /--sts-timeout .*--sts-delay/],
    ] as const
  ) {
    const runs = await repro(casesOf(id), { params: { ...SMALL, ...params } });
    for (const { verdict, reason, timeline } of runs) {
      assertEquals([verdict, timeline], ["inconclusive", []], said(runs).join("\n"));
      assertMatch(reason, flags);
    }
    assert(runs.length === 2);
  }
});
