// What holds for every engine that is installed: it serves and caches, and leaves nothing behind.

import { assert, assertEquals, assertNotEquals, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import type { ProxySettings } from "../lab/role.ts";
import { listen } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";
import type { Engine, Launch, Place, RolePlay } from "./engine.ts";
import { engines } from "./engines.ts";
import { findEngine, type Found } from "./find.ts";
import { startEngine } from "./start.ts";
import { assertGone, assertRefused, exists, inTime, isRunning } from "./testing_engine.ts";

/** How many requests for one URL come together. */
const CROWD = 3;
/** How often an engine is stopped at its start. */
const STOPS = 3;

/** An engine that is here, and how it plays its role. */
interface Subject {
  engine: Engine;
  found: Found;
  play: RolePlay<ProxySettings>;
}

/** A test of each engine that is installed, and the name of a test for each that is not. */
async function testEach(
  what: string,
  fn: (subject: Subject) => Promise<void>,
): Promise<void> {
  for (const engine of engines) {
    const play = engine.plays["caching-proxy"];
    const found = await findEngine(engine);
    if (found === undefined) {
      console.warn(`NOT TESTED: ${engine.title} is not installed (${engine.install}): ${what}`);
    }
    Deno.test({
      name: found
        ? `${engine.name}: ${what}`
        : `NOT TESTED, ${engine.title} is not installed: ${engine.name}: ${what}`,
      ignore: found === undefined,
      async fn() {
        assert(found && play);
        await fn({ engine, found, play });
      },
    });
  }
}

const settingsFor = (originUrl: string): ProxySettings => ({
  originUrl: new URL(originUrl),
  lockWaitTimeoutMs: 6_000,
  lockAgeTimeoutMs: 6_000,
  maxWaiting: 0,
});

/** Shared memory is not in the folder: by our convention its name has the port. */
const sharedMemory = (port: number) =>
  [...Deno.readDirSync("/dev/shm")].map(({ name }) => `/dev/shm/${name}`)
    .filter((path) => path.includes(String(port))).sort();

async function assertNothingLeft({ folder, port }: Place, { outside = [] }: Launch): Promise<void> {
  assertEquals(await exists(folder), false, folder);
  await assertGone(folder);
  await assertRefused(port);
  assertEquals(sharedMemory(port), []);
  for (const path of outside) assertEquals(await exists(path), false, path);
}

/** Resolves, for each that calls it, when so many have. */
function meeting(size: number): () => Promise<void> {
  const all = Promise.withResolvers<void>();
  let here = 0;
  return () => {
    if (++here === size) all.resolve();
    return all.promise;
  };
}

await testEach("caches by URL with its query, and leaves nothing behind", async (subject) => {
  const { engine, found, play } = subject;
  const collapses = play.lacks.collapsing === undefined;
  const slowOrigin = createSlowOrigin({ delayMs: 0, clock: realClock });
  // Those of a crowd that do not wait for one of them meet here.
  const met = meeting(CROWD);
  await using origin = await listen({
    async fetch(request, info) {
      if (new URL(request.url).pathname === "/crowd" && !collapses) await met();
      return await slowOrigin.fetch(request, info);
    },
  });
  const started: { place: Place; plan: Launch }[] = [];
  const scope = new AsyncDisposableStack();
  try {
    const { url } = await startEngine(engine, found, {
      launch(place) {
        const plan = play.launch(settingsFor(origin.url), place);
        started.push({ place, plan });
        return plan;
      },
      clock: realClock,
      scope,
      signal: new AbortController().signal,
    });
    const get = async (path: string) => await (await fetch(new URL(path, url))).text();
    // The body tells which request of its path the origin had.
    const first = await get("/object?of=one");
    assertEquals(first, "slow-origin /object request 1\n");
    assertEquals(await get("/object?of=one"), first);
    assertEquals(await get("/object?of=two"), "slow-origin /object request 2\n");
    // Who comes while the first is being fetched waits for its answer, or goes to the origin too.
    const together = await Promise.all(
      Array.from({ length: CROWD }, () => get("/crowd?sleep=0.2")),
    );
    assertEquals(new Set(together).size, collapses ? 1 : CROWD);
    const { place, plan } = started.at(-1) ?? {};
    assert(place && plan);
    assert(await isRunning(place.folder));
    assertEquals(sharedMemory(place.port), [...plan.outside ?? []].sort());
  } finally {
    await scope.disposeAsync();
    await slowOrigin.close();
  }
  for (const { place, plan } of started) await assertNothingLeft(place, plan);
});

await testEach(
  "stopped right after its start was asked for, it leaves nothing",
  async (subject) => {
    const { engine, found, play } = subject;
    for (let stop = 0; stop < STOPS; stop++) {
      const scope = new AsyncDisposableStack();
      const ended = new AbortController();
      const started: { place: Place; plan: Launch }[] = [];
      let closing: Promise<void> | undefined;
      const starting = startEngine(engine, found, {
        launch(place) {
          ended.abort(new Error("stopped"));
          closing = scope.disposeAsync();
          const plan = play.launch(settingsFor("http://127.0.0.1:9"), place);
          started.push({ place, plan });
          return plan;
        },
        clock: realClock,
        scope,
        signal: ended.signal,
      });
      await assertRejects(() => inTime(starting), ReferenceError);
      await closing;
      assertNotEquals(started, []);
      for (const { place, plan } of started) await assertNothingLeft(place, plan);
    }
  },
);
