import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { type Clock, realClock } from "../lab/clock.ts";
import { IncompleteError } from "../lab/errors.ts";
import type { Place } from "./engine.ts";
import { freePort } from "./free_port.ts";
import { startEngine, type StartOptions } from "./start.ts";
import {
  assertGone,
  assertRefused,
  exists,
  foldersOf,
  inTime,
  isRunning,
  listenOn,
  scripted,
  until,
} from "./testing_engine.ts";

const FOUND = { program: "/bin/sh", version: "1.2.3", asRoot: false };

/** A clock that stands until something has happened; a limit is then over in ten sleeps. */
function clockAfter(happened: () => Promise<boolean>, limitMs: number): Clock {
  let nowMs = 0;
  return {
    ...realClock,
    now: () => nowMs,
    async sleep(ms, options) {
      await realClock.sleep(ms, options);
      if (await happened()) nowMs += limitMs / 10;
    },
  };
}

/** Starts a script as an engine; gives its folder with what it came to. */
async function start(
  script: (place: Place) => string,
  options: Partial<StartOptions> & { scope: AsyncDisposableStack },
) {
  const seen = { folder: "" };
  const running = await startEngine(scripted, FOUND, {
    launch(place) {
      seen.folder = place.folder;
      return {
        args: ["-c", script(place)],
        files: { "conf/engine.conf": "a setting" },
        folders: ["cache"],
        outside: [`${place.folder}.outside`],
        env: { EDGE_REPRO_GREETING: "hello" },
      };
    },
    clock: realClock,
    signal: new AbortController().signal,
    ...options,
  });
  return { running, seen };
}

Deno.test("start: files, folders and environment are there, and all of it is gone afterwards", async () => {
  const scope = new AsyncDisposableStack();
  const { running, seen } = await start(
    ({ port, folder }) =>
      `cat conf/engine.conf >out; : >${folder}.outside; echo "$EDGE_REPRO_GREETING" >>out; ls -d cache >>out; ${
        listenOn(port)
      }`,
    { scope },
  );
  assertEquals(await (await fetch(running.url)).text(), "served");
  assertEquals(await Deno.readTextFile(`${seen.folder}/out`), "a settinghello\ncache\n");
  assert(await exists(`${seen.folder}.outside`));
  assert(await isRunning(seen.folder));
  await scope.disposeAsync();
  assertEquals(await exists(seen.folder), false);
  assertEquals(await exists(`${seen.folder}.outside`), false);
  await assertGone(seen.folder);
  await assertRefused(Number(running.url.port));
});

Deno.test("start: an engine that ends says so with the end of its log, and leaves no folder", async () => {
  await using scope = new AsyncDisposableStack();
  let folder = "";
  const error = await assertRejects(
    () =>
      start((place) => {
        folder = place.folder;
        return "echo one; echo 'no such directive' >&2; exit 7";
      }, { scope }),
    IncompleteError,
  );
  assertMatch(error.message, /^Scripted ended with exit code 7: .*no such directive/);
  await scope.disposeAsync();
  assertEquals(await exists(folder), false);
});

Deno.test("start: an engine that never listens is given up, with the end of its log", async () => {
  await using scope = new AsyncDisposableStack();
  const readyLimitMs = 500;
  let folder = "";
  const clock = clockAfter(() => exists(`${folder}/said`), readyLimitMs);
  const error = await assertRejects(
    () =>
      start((place) => {
        folder = place.folder;
        return "echo still thinking; : >said; exec sleep 600";
      }, { scope, clock, readyLimitMs }),
    IncompleteError,
  );
  assertMatch(
    error.message,
    /^Scripted accepted no connection on port \d+ within 500 ms: still thinking$/,
  );
});

Deno.test("start: an engine that dies later breaks its run", async () => {
  await using scope = new AsyncDisposableStack();
  const { running } = await start(
    ({ port }) => listenOn(port, 'console.log("gone"), Deno.exit(3)'),
    { scope },
  );
  // It dies of its first request.
  await assertRejects(() => fetch(running.url), TypeError);
  const error = await assertRejects(() => running.broken, IncompleteError);
  assertMatch(error.message, /^Scripted ended with exit code 3: .*gone$/);
});

Deno.test("start: an error in the log breaks the run", async () => {
  await using scope = new AsyncDisposableStack();
  const { running } = await start(
    ({ port }) =>
      listenOn(port, 'console.error("[emerg] out of paper"), new Response("served all the same")'),
    { scope },
  );
  assertEquals(await (await fetch(running.url)).text(), "served all the same");
  const error = await assertRejects(() => running.broken, IncompleteError);
  assertEquals(error.message, "Scripted printed an error: [emerg] out of paper");
});

Deno.test("start: a port that is taken meanwhile is changed for another", async () => {
  await using scope = new AsyncDisposableStack();
  const ports: number[] = [];
  const { running } = await start(({ port }) => {
    ports.push(port);
    return ports.length === 1
      ? "echo 'bind(): Address already in use' >&2; exit 1"
      : listenOn(port);
  }, { scope });
  assertEquals(ports.length, 2);
  assertEquals(running.url.port, String(ports[1]));
});

Deno.test("start: a port that was asked for is not changed", async () => {
  await using scope = new AsyncDisposableStack();
  const port = freePort();
  const error = await assertRejects(
    () => start(() => "echo 'Address already in use' >&2; exit 1", { scope, port }),
    IncompleteError,
  );
  assertMatch(error.message, /Address already in use/);
});

Deno.test("stop: a process that ignores SIGTERM and its children are ended all the same", async () => {
  const scope = new AsyncDisposableStack();
  const { seen } = await start(
    ({ port, folder }) =>
      `trap '' TERM; sh -c "trap '' TERM; sleep 600 # ${folder}" & ${listenOn(port)}`,
    { scope },
  );
  assert(await isRunning(`# ${seen.folder}`));
  await scope.disposeAsync();
  await assertGone(`# ${seen.folder}`);
  assertEquals(await exists(seen.folder), false);
});

Deno.test("stop: an aborted start leaves nothing", async () => {
  await using scope = new AsyncDisposableStack();
  const stop = new AbortController();
  let folder = "";
  const starting = start((place) => {
    folder = place.folder;
    return ": >begun; exec sleep 600";
  }, { scope, signal: stop.signal });
  await until(() => exists(`${folder}/begun`));
  assert(await isRunning(folder));
  stop.abort(new IncompleteError("stopped"));
  await assertRejects(() => starting, IncompleteError, "stopped");
  await scope.disposeAsync();
  assertEquals(await exists(folder), false);
  await assertGone(folder);
});

Deno.test("stop: a run that ends while its engine is being started leaves nothing, at any moment", async () => {
  for (let time = 0; time < 20; time++) {
    const scope = new AsyncDisposableStack();
    let folder = "";
    let closing: Promise<void> | undefined;
    const starting = start((place) => {
      folder = place.folder;
      closing = scope.disposeAsync();
      // One process, which a signal to a group that is not there yet does not reach.
      return "exec sleep 600";
    }, { scope });
    await assertRejects(() => inTime(starting), ReferenceError);
    await closing;
    assertEquals(await exists(folder), false);
    await assertGone(folder);
  }
  assertEquals(await foldersOf(scripted.name), []);
});

Deno.test("crash: when this process is killed, engine and folder go too", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", new URL("./testing_crash.ts", import.meta.url).pathname],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const folder = ((await reader.read()).value ?? "").trim();
  assertMatch(folder, /^\/tmp\/edge-repro-scripted-/);
  assert(await isRunning(folder));
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  await until(async () => !await exists(folder));
  await assertGone(folder);
});

Deno.test("start: a configuration that cannot be made leaves no folder", async () => {
  await using scope = new AsyncDisposableStack();
  await assertRejects(
    () =>
      start(() => {
        throw new TypeError("no such place");
      }, { scope }),
    TypeError,
    "no such place",
  );
  assertEquals(await foldersOf(scripted.name), []);
});
