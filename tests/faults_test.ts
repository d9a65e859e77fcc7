// What a probe says of a target, an origin or a machine that is in no state to be judged.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { exitCodeOf, resultSchema, type Run } from "../lab/result.ts";
import type { Access } from "../lab/scenario.ts";
import { cacheLock } from "../scenarios/cache_lock/scenario.ts";
import { createCachingProxy } from "../servers/caching_proxy/caching_proxy.ts";
import { listen, type Listening } from "../servers/listen.ts";
import { run } from "./cli_process.ts";
import {
  accessTo,
  closedPort,
  probe,
  type ProbeOptions,
  saying,
  silent,
  startHandler,
  startOrigin,
  startPassThrough,
  startRaw,
} from "./targets.ts";

/** One run of the headline case, which no fault may make a verdict of. */
async function untold(access: Access, options?: ProbeOptions & { case?: string }): Promise<string> {
  const [run] = await probe([options?.case ?? "disconnect"], access, options);
  assert(run);
  assertEquals(run.verdict, "inconclusive", run.reason);
  assertEquals(exitCodeOf([run], false), run.unmet ? 0 : 3);
  assert(!run.reason.includes("\n"), run.reason);
  return run.reason;
}

/** Our own proxy in front of an origin. */
async function startProxy(originUrl: string): Promise<Listening> {
  const proxy = createCachingProxy({ origin: originUrl, variant: "bug", clock: realClock });
  const listening = await listen(proxy);
  const close = async () => {
    await proxy.close();
    await listening.close();
  };
  return { ...listening, close, [Symbol.asyncDispose]: close };
}

Deno.test("a target that refuses is named with the cause", async () => {
  await using origin = await startOrigin();
  const port = closedPort();
  for (const more of [{}, { origin: origin.url }]) {
    assertMatch(
      await untold(accessTo(`http://127.0.0.1:${port}`, more)),
      new RegExp(`^Cannot connect to 127\\.0\\.0\\.1:${port}: the connection was refused`),
    );
  }
});

Deno.test("a target that accepts and never answers is not taken for one that holds its readers", async () => {
  await using origin = await startOrigin();
  await using target = startRaw(silent);
  assertMatch(await untold(accessTo(target.url)), /did not answer the writer either/);
  assertMatch(
    await untold(accessTo(target.url, { origin: origin.url })),
    /never saw the writer's request: there was no answer; is the target a proxy of the origin/,
  );
});

const ANSWERS: Readonly<Record<string, [text: string, reason: RegExp]>> = {
  "answers garbage": ["SSH-2.0-OpenSSH_9.2\r\n\r\n", /never saw .*: Cannot read the response/],
  "closes in the middle of the header": [
    "HTTP/1.1 200 OK\r\nContent-Le",
    /never saw .*the server closed the connection/,
  ],
  "closes in the middle of the body": [
    "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc",
    /never saw .*the server closed the connection/,
  ],
  "closes without a word": ["", /never saw .*the server closed the connection/],
  "redirects": [
    "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.example/\r\nContent-Length: 0\r\n\r\n",
    /never saw .*the answer was 302 with 0 bytes; is the target a proxy of the origin/,
  ],
  "is something else": [
    "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno",
    /never saw .*the answer was 404 with 2 bytes/,
  ],
};

for (const [what, [text, reason]] of Object.entries(ANSWERS)) {
  Deno.test(`a target that ${what} cannot be judged, and the reason says so`, async () => {
    await using origin = await startOrigin();
    await using target = startRaw(saying(text));
    assertMatch(await untold(accessTo(target.url, { origin: origin.url })), reason);
    // Without an origin it is only seen that nobody waited.
    assertMatch(await untold(accessTo(target.url)), /answered before they left/);
  });
}

Deno.test("a target that does not cache has readers that did not queue", async () => {
  await using origin = await startOrigin();
  await using target = await startPassThrough(origin.url);
  assertMatch(
    await untold(accessTo(target.url, { origin: origin.url })),
    /did not queue: the origin had 4 requests .* is the cache lock of the target on\?$/,
  );
});

Deno.test("an origin that answers before the readers leave is no fault of the proxy's", async () => {
  await using origin = await startOrigin();
  await using proxy = await startProxy(origin.url);
  const stats = `${proxy.url}/_edge-repro/stats`;
  const params = { originDelayMs: 1_000, disconnectDelayMs: 4_000 };
  for (const id of ["disconnect", "close", "reset", "h2-cancel", "collapse", "all-leave"]) {
    const access = accessTo(proxy.url, { origin: origin.url, stats });
    assertMatch(
      await untold(access, { case: id, params }),
      /answered before (they left|the readers)/,
    );
  }
});

Deno.test("a proxy of another origin is told from one of ours", async () => {
  await using origin = await startOrigin();
  await using other = await startOrigin();
  await using proxy = await startProxy(other.url);
  assertMatch(
    await untold(accessTo(proxy.url, { origin: origin.url })),
    /is the target a proxy of the origin that --origin names/,
  );
});

Deno.test("an origin that is down is named as such", async () => {
  const url = `http://127.0.0.1:${closedPort()}`;
  await using proxy = await startProxy(url);
  assertMatch(
    await untold(accessTo(proxy.url, { origin: url })),
    /^Cannot reach the origin's log at http:\/\/127\.0\.0\.1:\d+\/\S+: the connection was refused$|the answer was 50\d/,
  );
});

Deno.test("an origin that is not our slow origin is named as such", async () => {
  await using origin = await startOrigin();
  await using proxy = await startProxy(origin.url);
  for (const answer of ['{"schema":"something-else@1"}', "<html></html>"]) {
    await using other = await startHandler(() => new Response(answer));
    assertMatch(
      await untold(accessTo(proxy.url, { origin: other.url })),
      /^Cannot read the origin's log at /,
    );
  }
});

Deno.test("an origin that goes away in the middle makes the run inconclusive", async () => {
  const origin = await startOrigin();
  await using proxy = await startProxy(origin.url);
  const access = accessTo(proxy.url, { origin: origin.url });
  const observer = {
    event: (_id: string, { event }: { event: string }) => {
      if (event === "writer-arrived") origin.close();
    },
  };
  const reason = await untold(access, { observer });
  await origin.close();
  assertMatch(reason, /origin's log|before they left/);
});

Deno.test("a stats URL without figures is named as such", async () => {
  await using origin = await startOrigin();
  await using proxy = await startProxy(origin.url);
  for (
    const [answer, reason] of [
      [() => new Response("<html></html>"), /the answer is not JSON$/],
      [() => Response.json({ waiting: 3 }), /expected edge-repro\/stats@1$/],
      [() => new Response(null, { status: 403 }), /the answer was 403$/],
    ] as const
  ) {
    await using stats = await startHandler(answer);
    const access = accessTo(proxy.url, { origin: origin.url, stats: `${stats.url}/s?key=secret` });
    for (const id of ["disconnect", "close", "h2-cancel"]) {
      const said = await untold(access, { case: id });
      assertMatch(said, /^Cannot read the figures at http:\/\/127\.0\.0\.1:\d+\/s: /);
      assertMatch(said, reason);
      assert(!said.includes("secret"), said);
    }
  }
});

Deno.test("an interrupt in the middle makes every run inconclusive and leaves nothing behind", async () => {
  await using origin = await startOrigin();
  await using proxy = await startProxy(origin.url);
  const interrupt = new AbortController();
  const begun = new Set<string>();
  const all = cacheLock.cases.map(({ id }) => id);
  const defects: unknown[] = [];
  const stats = `${proxy.url}/_edge-repro/stats`;
  const runs = await probe(all, accessTo(proxy.url, { origin: origin.url, stats }), {
    signal: interrupt.signal,
    observer: {
      event(id, { event }) {
        if (event === "readers-queued") begun.add(id);
        if (begun.size === 3) interrupt.abort();
      },
      defect: (_id, error) => void defects.push(error),
    },
  });
  assertEquals(defects, []);
  assertEquals(runs.length, 8); // As many as were under way; no other was begun.
  for (const run of runs) {
    assertEquals(run.reason, "interrupted before the run was over");
    assertEquals(run.verdict, "inconclusive");
  }
});

Deno.test("an interrupt at any event of a run leaves nothing behind", async () => {
  await using origin = await startOrigin();
  await using proxy = await startProxy(origin.url);
  const access = accessTo(proxy.url, { origin: origin.url });
  for (let at = 1; at <= 8; at++) {
    const interrupt = new AbortController();
    let seen = 0;
    const observer = { event: () => void (++seen === at && interrupt.abort()) };
    const [run] = await probe(["disconnect"], access, { signal: interrupt.signal, observer });
    assertEquals(run?.reason, "interrupted before the run was over", `after event ${at}`);
  }
});

Deno.test("a run over its time is ended and says how long it had", async () => {
  await using target = startRaw(silent);
  const scenario = { ...cacheLock, limitMs: () => 60 };
  assertEquals(
    await untold(accessTo(target.url), { scenario }),
    "the run was not over after 60 ms",
  );
});

/** What the command line says of a target, as JSON. */
async function cli(args: readonly string[], permissions = ["--allow-net"]): Promise<[number, Run]> {
  const quick = ["--speed", "20", "--format", "json", "--quiet"];
  const { code, stdout, stderr } = await run(["probe", ...args, ...quick], { permissions });
  assertEquals(stderr, "");
  const [only] = resultSchema.parse(JSON.parse(stdout)).runs;
  assert(only);
  return [code, only];
}

Deno.test("the command line ends with 1 for a proxy that has the bug, and with 3 where nothing can be told", async () => {
  await using origin = await startOrigin();
  await using proxy = await startProxy(origin.url);
  await using garbage = startRaw(saying("garbage"));
  const [bad, down, strange] = await Promise.all([
    cli(["cache-lock", "--target", proxy.url, "--origin", origin.url]),
    cli(["cache-lock", "--target", `http://127.0.0.1:${closedPort()}`, "--origin", origin.url]),
    cli(["cache-lock", "--target", garbage.url, "--origin", origin.url]),
  ]);
  assertEquals([bad[0], bad[1].verdict], [1, "fail"], bad[1].reason);
  assertEquals([down[0], down[1].verdict], [3, "inconclusive"]);
  assertMatch(down[1].reason, /refused/);
  assertEquals([strange[0], strange[1].verdict], [3, "inconclusive"]);
  assertMatch(strange[1].reason, /never saw the writer's request: Cannot read the response/);
});

Deno.test("the command line ends a run after --timeout", async () => {
  await using target = startRaw(silent);
  const [code, { verdict, reason }] = await cli(
    ["cache-lock", "--target", target.url, "--timeout", "300ms"],
  );
  assertEquals([code, verdict, reason], [
    3,
    "inconclusive",
    "the run was not over after 300 ms",
  ]);
});

Deno.test({
  name: "1,000 readers against a low limit of open files: how many could be opened, and the limit",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using origin = await startOrigin();
    await using proxy = await startProxy(origin.url);
    const main = new URL("../main.ts", import.meta.url).pathname;
    const flags = ["--target", proxy.url, "--origin", origin.url, "--num-readers", "1000"];
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: [
        ...["-c", 'ulimit -n 200 && exec "$@"', "sh"],
        ...[Deno.execPath(), "run", "--no-prompt", "--allow-net", main, "probe", "cache-lock"],
        ...[...flags, "--quiet", "--format", "json", "--speed", "20"],
      ],
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(text(stderr), "");
    const [run] = resultSchema.parse(JSON.parse(text(stdout))).runs;
    assert(run);
    assertEquals([code, run.verdict], [3, "inconclusive"], run.reason);
    const opened = /limit of open files \(ulimit -n\): (\d+) of 1000 readers could be opened; /
      .exec(run.reason);
    assert(opened, run.reason);
    assert(Number(opened[1]) > 50 && Number(opened[1]) < 200, run.reason);
    assertMatch(run.reason, /raise the limit or lower --num-readers$/);
  },
});
