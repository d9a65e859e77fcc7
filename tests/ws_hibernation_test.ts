// `ws-hibernation` end to end: every case on our own host, and on targets that are none.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { exitCodeOf } from "../lab/result.ts";
import type { RunObserver } from "../lab/runner.ts";
import { swapped } from "../lab/testing_runner.ts";
import { wsHibernation } from "../scenarios/ws_hibernation/scenario.ts";
import { STATS_PATH } from "../servers/server.ts";
import { sideBySide } from "./side_by_side.ts";
import { closedPort, saying, startHandler, startRaw } from "./targets.ts";
import {
  accessTo,
  type Behaviour,
  echoed,
  nothingLeft,
  only,
  probe,
  QUICK,
  repro,
  said,
  startEcho,
  startServer,
} from "./ws_hibernation_runs.ts";

const ALL = wsHibernation.cases.map(({ id }) => id);
const HEADLINE = ["reply-after-wake"];

Deno.test("every case comes out as it declares, on both variants, side by side", async () => {
  const defects: unknown[] = [];
  const warnings: string[] = [];
  const runs = await repro(wsHibernation.cases, {
    observer: {
      defect: (_id, error) => void defects.push(error),
      warning: (_id, message) => void warnings.push(message),
    },
  });
  assertEquals(runs.length, 2 * wsHibernation.cases.length);
  assertEquals([defects, warnings], [[], []]);
  assertEquals(said(runs.filter((one) => !one.asExpected)), []);
  assertEquals(exitCodeOf(runs, true), 0);
  const [bug, fix] = runs;
  assertMatch(bug?.reason ?? "", /^right after the welcome 3 of 3 .*, and after .* 3 of 3 /);
  assertMatch(
    bug?.reason ?? "",
    /had been evicted .* answered them: what it sent was lost on its way$/,
  );
  assertMatch(fix?.reason ?? "", /of silence, by a new instance/);
  const { unanswered, slept } = fix?.metrics ?? {};
  assertEquals([unanswered, slept], [{ unit: "count", value: 0 }, { unit: "count", value: 1 }]);
});

Deno.test("five cases tell the variants apart, the others are controls", () => {
  assertEquals(wsHibernation.cases.filter((one) => !one.control).map(({ id }) => id), [
    ...HEADLINE,
    "broadcast",
    "order",
    "server-push",
    "large",
  ]);
});

Deno.test("hosts whose variants were swapped are found out by each discriminating case", async () => {
  const cases = wsHibernation.cases.filter((one) => !one.control);
  const runs = await repro(cases, { scenario: swapped(wsHibernation) });
  for (const { id } of cases) {
    const own = runs.filter((run) => run.case === id);
    assertEquals(own.map((run) => run.asExpected), [false, false], said(own).join("\n"));
  }
});

Deno.test("a host that does not evict in time lets nothing pass that needs a sleep", async () => {
  const runs = await repro(wsHibernation.cases, {
    params: {
      ...QUICK,
      ...{ cleanupIntervalMs: 20_000, heartbeatTimeoutMs: 20_000, heartbeatMs: 5_000 },
    },
  });
  const without = ["plain-accept", "alarm-closes-stale"];
  const passed = runs.filter(({ verdict }) => verdict === "pass").map((run) => run.case);
  assertEquals([...new Set(passed)], without, said(runs).join("\n"));
  const fix = runs.find(({ id }) => id === "ws-hibernation/reply-after-wake@fix#1");
  assertEquals(fix?.unmet, undefined);
  assertMatch(fix?.reason ?? "", /^it never slept: after \d+ ms of silence .* longer --idle/);
});

Deno.test("nothing of a run stays: no socket, no timer", async () => {
  await using target = await startEcho("fix");
  const runs = await probe(ALL, accessTo(target.url, new URL(STATS_PATH, target.url)), {
    params: { idleMs: 20_000 },
  });
  assertEquals(said(runs.filter(({ verdict }) => verdict !== "pass")), []);
  await nothingLeft(target.echo);
});

Deno.test("nor of one that is interrupted in the silence", async () => {
  await using target = await startEcho("fix");
  const interrupted = new AbortController();
  const observer: RunObserver = {
    event: (_id, { event }) => void (event === "silence" && interrupted.abort()),
  };
  const { signal } = interrupted;
  const runs = await probe(["timer-blocks", "broadcast"], accessTo(target.url), {
    signal,
    observer,
  });
  for (const { reason } of runs) assertMatch(reason, /interrupted/);
  await nothingLeft(target.echo);
});

Deno.test("figures that cannot be read are warned of, and what was seen stays a fail", async () => {
  await using target = await startEcho("bug");
  const warnings: string[] = [];
  const observer = { warning: (_id: string, message: string) => void warnings.push(message) };
  const statsUrl = new URL("/nowhere", target.url);
  const run = only(
    await probe(HEADLINE, accessTo(target.url, statsUrl), { observer, params: QUICK }),
  );
  assertEquals(run.verdict, "fail", run.reason);
  assertMatch(run.reason, /whether it got them is not known \(--stats-url\)/);
  assertMatch(warnings.join(), /Cannot read the figures at .*\/nowhere/);
});

/** Servers that speak the messages of the report only, and what is said of them. */
const SERVERS: Readonly<Record<string, [Behaviour, verdict: string, reason: RegExp]>> = {
  "that answers nothing": [
    { answer: () => undefined },
    "fail",
    /^right after the welcome 3 of 3 .*, and after .* cannot be seen; .*\(--stats-url\)$/,
  ],
  "that answers nothing more after a silence": [
    { answer: (message, first) => first ? echoed(message) : undefined },
    "fail",
    /^right after the welcome all 3 requests were answered, but after \d+ ms of silence 3 of 3/,
  ],
  "that forgets heartbeats": [
    { answer: (message) => message.type === "heartbeat" ? undefined : echoed(message) },
    "fail",
    /^right after the welcome 1 of 3 requests got no answer \(heartbeat\), and/,
  ],
  "that is slow": [
    { answer: (message) => echoed(message), delayMs: 400 },
    "inconclusive",
    /^late, but not lost: a ping was answered after \d+ ms/,
  ],
  "that echoes no ids": [
    { answer: ({ id: _id, ...message }, first) => echoed(message, { instance: String(first) }) },
    "pass",
    /of silence, by a new instance/,
  ],
  "whose echo names otherwise what it repeats": [
    {
      answer: ({ content, ...message }, first) =>
        echoed({ ...message, original: { content } }, { instance: String(first) }),
    },
    "pass",
    /of silence, by a new instance/,
  ],
  "that echoes something else": [
    { answer: (message) => echoed({ ...message, content: "other" }) },
    "inconclusive",
    /^a message was answered with an echo of something else/,
  ],
  "that names no instance": [
    { answer: (message) => echoed(message) },
    "inconclusive",
    /^whether it slept in/,
  ],
  "that never sleeps": [
    {
      welcome: { instance: "only" },
      answer: (message) => echoed(message, { instance: "only" }),
    },
    "inconclusive",
    /^it never slept: after \d+ ms/,
  ],
  "that closes in the middle": [
    { answer: (message) => echoed(message), closesAfter: 4 },
    "inconclusive",
    /^the connection was closed [^(]*\((code 4000, reason 'enough'|the server .*)\), before it/,
  ],
  "that answers when nobody waits any more": [
    { answer: (message) => echoed(message), delayMs: 1_300 },
    "inconclusive",
    /^late, and perhaps not lost: 3 of 6 .* another was answered after 1\.\d+ s/,
  ],
  "that answers in binary": [
    { answer: (message) => new TextEncoder().encode(JSON.stringify(echoed(message))).buffer },
    "inconclusive",
    /^6 of 6 requests got no answer of the report's, but something else came \(binary data\)/,
  ],
  "that refuses, and says not what": [
    { answer: () => ({ type: "error" }) },
    "inconclusive",
    /something else came \(a message of type 'error'\): .* does not speak the messages/,
  ],
  "whose object was made anew before the silence and not in it": [
    {
      welcome: { instance: "a" },
      answer: (message) => echoed(message, { instance: "b" }),
    },
    "inconclusive",
    /^it never slept/,
  ],
  "that says no welcome": [
    { welcome: undefined, answer: (message) => echoed(message) },
    "inconclusive",
    /no welcome/,
  ],
  "that speaks otherwise": [
    { answer: ({ id }) => ({ type: "error", id }) },
    "inconclusive",
    /was answered with 'error', .* does not speak the messages of the report/,
  ],
};

Deno.test("a server of somebody else", async (t) => {
  const steps = Object.entries(SERVERS).map(([name, [behaviour, verdict, reason]]) => ({
    name,
    async fn() {
      await using server = await startServer(behaviour);
      const run = only(await probe(HEADLINE, accessTo(server.url), { params: QUICK }));
      assertEquals(run.verdict, verdict, run.reason);
      assertMatch(run.reason, reason);
    },
  }));
  await sideBySide(t, 8, steps);
});

Deno.test("an echo without the content is another protocol, and no lost message", async () => {
  await using server = await startServer({ answer: () => ({ type: "echo" }) });
  const run = only(await probe(["order"], accessTo(server.url), { params: QUICK }));
  assertEquals(run.verdict, "inconclusive", run.reason);
  assertMatch(run.reason, /^100 of 100 messages were not echoed, but .*an echo of something else/);
});

Deno.test("an echo that names otherwise what it repeats is one", async () => {
  await using server = await startServer({
    answer: ({ content }, first) => ({
      ...{ type: "echo", original: { content } },
      instance: String(first),
    }),
  });
  const run = only(await probe(["order"], accessTo(server.url), { params: QUICK }));
  assertMatch(run.reason, /^whether it slept in/);
  assertEquals(run.metrics.lost, { unit: "count", value: 0 });
});

Deno.test("a live client that may not beat as often as the target wants is nobody's fault", async () => {
  await using server = await startServer({
    welcome: { heartbeatTimeoutMs: 500, cleanupIntervalMs: 200 },
    answer: (message) => echoed(message),
  });
  const run = only(await probe(["alarm-closes-stale"], accessTo(server.url), { params: QUICK }));
  assertEquals(run.verdict, "inconclusive", run.reason);
  assertMatch(
    run.reason,
    /^a heartbeat every 1 s keeps no connection open .* shorter --heartbeat$/,
  );
});

Deno.test("a host's count of what was sent has the welcome in it, which answers nothing", async () => {
  await using server = await startServer({
    answer: (message) => message.type === "heartbeat" ? undefined : echoed(message),
  });
  await using figures = await startHandler((request) => {
    const name = new URL(request.url).searchParams.get("object");
    const object = { name, received: 6, answered: 5, evictions: 0, reconstructions: 0 };
    const counts = { waiting: 0, locks: 0, upstreams: 0 };
    return Response.json({ schema: "edge-repro/stats@1", ...counts, objects: [object] });
  });
  const access = accessTo(server.url, new URL(figures.url));
  const run = only(await probe(HEADLINE, access, { params: QUICK }));
  assertEquals(run.verdict, "fail", run.reason);
  assertMatch(run.reason, /it got all 6 messages and answered 4 of them at most$/);
});

Deno.test("what a server does not understand is an unmet need, named, and no exit code but for --strict", async () => {
  await using server = await startServer({ answer: (message) => echoed(message) });
  const needing = wsHibernation.cases.filter(({ needs }) => needs.includes("echo-features"));
  const runs = await probe(needing.map(({ id }) => id), accessTo(server.url), { params: QUICK });
  assertEquals(runs.length, needing.length);
  for (const { reason, unmet } of runs) {
    assertEquals(unmet, ["echo-features"], reason);
    assertMatch(reason, /^needs echo-features: .* does not name '\w+' among its features/);
  }
  assertEquals([exitCodeOf(runs, false), exitCodeOf(runs, true)], [0, 3]);
});

Deno.test("what is no WebSocket server lets no case tell anything, and says why", async () => {
  await using website = await startHandler(() => new Response("<html>hello</html>"));
  await using other = startRaw(saying("SSH-2.0-OpenSSH_9.2\r\n"));
  for (const url of [website.url, other.url, `http://127.0.0.1:${closedPort()}`]) {
    const runs = await probe(ALL, accessTo(url));
    assertEquals(runs.length, ALL.length);
    assertEquals(said(runs.filter((run) => run.verdict !== "inconclusive" || run.unmet)), []);
    assertEquals(exitCodeOf(runs, false), 3);
    for (const { reason } of runs) assert(reason.includes("127.0.0.1"), reason);
  }
});

Deno.test("a threshold that is too short to judge by is said to be that", async () => {
  await using target = await startEcho("fix");
  const run = only(await probe(HEADLINE, accessTo(target.url), { params: { thresholdMs: 200 } }));
  assertEquals(run.verdict, "inconclusive");
  assertMatch(run.reason, /^a threshold of 10 ms cannot tell .* expected 50 ms or more/);
});
