import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { z } from "zod";
import { realClock } from "../lab/clock.ts";
import { IncompleteError } from "../lab/errors.ts";
import type { CaseInfo, Scenario } from "../lab/scenario.ts";
import type { Opened } from "../lab/target.ts";
import type { Engine, Place } from "./engine.ts";
import { absentTarget, engineTarget } from "./target.ts";
import { assertRefused, exists, foldersOf, inTime, listenOn, scripted } from "./testing_engine.ts";

const FOUND = { program: "/bin/sh", version: "1.2.3", asRoot: false };
const ACCESS = { url: new URL("http://127.0.0.1:1"), headers: {}, insecure: false };
const SETTINGS = {
  originUrl: new URL("http://127.0.0.1:9"),
  lockWaitTimeoutMs: 1_000,
  lockAgeTimeoutMs: 1_000,
  maxWaiting: 0,
};

const one: CaseInfo = {
  id: "one",
  control: true,
  claim: "None.",
  provokes: "Nothing.",
  figure: "",
  meaning: "Nothing.",
  rule: "None.",
  source: "This test.",
  needs: [],
  defaults: {},
};

const scenario: Scenario = {
  id: "none",
  title: "None",
  summary: "It is there for tests.",
  role: "caching-proxy",
  source: "This test.",
  params: z.object({}),
  headline: "one",
  cases: [],
  embed: () => Promise.resolve({ access: ACCESS }),
  behind: () =>
    Promise.resolve({
      role: "caching-proxy",
      settings: SETTINGS,
      access: { originUrl: SETTINGS.originUrl },
    }),
  missing: () => Promise.resolve(undefined),
  limitMs: () => 60_000,
};

/** A script as an engine that can be a proxy. */
function playing(script: (place: Place) => string): Engine {
  const launch = (_: unknown, place: Place) => ({ args: ["-c", script(place)] });
  const play = { constants: [], applies: ["maxWaiting" as const], lacks: {}, launch };
  return { ...scripted, plays: { "caching-proxy": play } };
}

function open(
  engine: Engine,
  scope: AsyncDisposableStack,
  signal = new AbortController().signal,
): Promise<Opened> {
  const context = { scenario, params: {}, case: one, clock: realClock, scope, signal };
  return engineTarget(engine, FOUND).open(context);
}

Deno.test("target: an engine is opened with its version and what it was told, and ends with the scope", async () => {
  const scope = new AsyncDisposableStack();
  const { access, version, check } = await open(playing(({ port }) => listenOn(port)), scope);
  assertEquals(await (await fetch(access.url)).text(), "served");
  assertEquals([version, access.told], ["1.2.3", ["maxWaiting"]]);
  assertEquals(access.originUrl, SETTINGS.originUrl);
  // One that runs passes.
  await check?.();
  await scope.disposeAsync();
  await assertRefused(Number(access.url.port));
  assertEquals(await foldersOf(scripted.name), []);
});

Deno.test("target: one that has died is found out when it is asked, with the end of its log", async () => {
  await using scope = new AsyncDisposableStack();
  const dies = playing(({ port }) => listenOn(port, 'console.log("gone"), Deno.exit(3)'));
  const { access, check } = await open(dies, scope);
  await assertRejects(() => fetch(access.url), TypeError);
  assert(check);
  const error = await assertRejects(check, IncompleteError);
  assertMatch(error.message, /^Scripted ended with exit code 3: .*gone$/);
});

Deno.test("target: one that runs and has stopped listening is found out too", async () => {
  await using scope = new AsyncDisposableStack();
  const script = ({ port }: Place) =>
    `exec '${Deno.execPath()}' eval 'const server = Deno.serve({port: ${port}, ` +
    `hostname: "127.0.0.1"}, () => { server.shutdown(); return new Response("bye"); }); ` +
    `setInterval(() => {}, 1000)'`;
  const { access, check } = await open(playing(script), scope);
  const client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  assertEquals(await (await fetch(access.url, { client })).text(), "bye");
  client.close();
  assert(check);
  const error = await assertRejects(check, IncompleteError);
  assertEquals(error.message, "Scripted accepts no connections any more");
});

Deno.test("target: a run that ends while its engine starts has it gone when its scope is closed", async () => {
  const scope = new AsyncDisposableStack();
  const stop = new AbortController();
  const launched = Promise.withResolvers<string>();
  const engine = playing(({ folder }) => {
    launched.resolve(folder);
    return "exec sleep 600";
  });
  const opening = open(engine, scope, stop.signal);
  const folder = await launched.promise;
  stop.abort(new IncompleteError("stopped"));
  const settled = assertRejects(() => opening);
  await inTime(scope.disposeAsync());
  assertEquals(await exists(folder), false);
  await settled;
});

Deno.test("target: one that was not found says why", async () => {
  await using scope = new AsyncDisposableStack();
  const { signal } = new AbortController();
  const context = { scenario, params: {}, case: one, clock: realClock, scope, signal };
  const absent = absentTarget(scripted, "it is elsewhere");
  const error = await assertRejects(() => absent.open(context), IncompleteError);
  assertEquals([absent.kind, absent.name, error.message], [
    "engine",
    "scripted",
    "it is elsewhere",
  ]);
});

Deno.test("target: one that does not play the role of its scenario says so", async () => {
  await using scope = new AsyncDisposableStack();
  const error = await assertRejects(() => open(scripted, scope), IncompleteError);
  assertEquals(error.message, "Scripted cannot play the role caching-proxy");
});
