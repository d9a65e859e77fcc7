import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { IncompleteError } from "../lab/errors.ts";
import type { Place } from "./engine.ts";
import { findEngine } from "./find.ts";
import { freePort } from "./free_port.ts";
import { startEngine, type StartOptions } from "./start.ts";
import { isRunning, listenOn, scripted } from "./testing_engine.ts";

const FOUND = { program: "/bin/sh", version: "1.2.3", asRoot: false };

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
        env: { EDGE_REPRO_GREETING: "hello" },
      };
    },
    clock: realClock,
    signal: new AbortController().signal,
    ...options,
  });
  return { running, seen };
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("find: gives path and version of a program, and undefined for one that is not there", async () => {
  const found = await findEngine(scripted);
  assertMatch(found?.program ?? "", /^\/.*\/sh$/);
  assertEquals(found?.version, "1.2.3");
  assertEquals(found?.asRoot, Deno.uid() === 0);
  assertEquals(await findEngine({ ...scripted, program: "no-such-program" }), undefined);
});

Deno.test("find: the environment variable wins over the path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/own`, "#!/bin/sh\necho scripted/9.9.9\n", { mode: 0o755 });
    Deno.env.set("EDGE_REPRO_SCRIPTED", `${folder}/own`);
    const found = await findEngine(scripted);
    assertEquals(found?.program, `${folder}/own`);
    assertEquals(found?.version, "9.9.9");
    for (const path of [`${folder}/missing`, folder]) {
      Deno.env.set("EDGE_REPRO_SCRIPTED", path);
      assertEquals(await findEngine(scripted), undefined);
    }
  } finally {
    Deno.env.delete("EDGE_REPRO_SCRIPTED");
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("start: files, folders and environment are there, and all of it is gone afterwards", async () => {
  const scope = new AsyncDisposableStack();
  const { running, seen } = await start(
    ({ port }) =>
      `cat conf/engine.conf >out; echo "$EDGE_REPRO_GREETING" >>out; ls -d cache >>out; ${
        listenOn(port)
      }`,
    { scope },
  );
  assertEquals(await (await fetch(running.url)).text(), "served");
  assertEquals(await Deno.readTextFile(`${seen.folder}/out`), "a settinghello\ncache\n");
  assert(await isRunning(seen.folder));
  await scope.disposeAsync();
  assertEquals(await exists(seen.folder), false);
  assertEquals(await isRunning(seen.folder), false);
  await assertRejects(() =>
    Deno.connect({ hostname: "127.0.0.1", port: Number(running.url.port) })
  );
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
  const error = await assertRejects(
    () => start(() => "echo still thinking; sleep 600", { scope, readyLimitMs: 300 }),
    IncompleteError,
  );
  assertMatch(
    error.message,
    /^Scripted accepted no connection on port \d+ within .*: still thinking$/,
  );
});

Deno.test("start: an engine that dies later breaks its run", async () => {
  await using scope = new AsyncDisposableStack();
  const { running } = await start(
    ({ port }) => `(${listenOn(port)}) & sleep 1; echo gone; exit 3`,
    {
      scope,
    },
  );
  const error = await assertRejects(() => running.broken, IncompleteError);
  assertMatch(error.message, /Scripted ended with exit code 3: .*gone/);
});

Deno.test("start: an error in the log breaks the run", async () => {
  await using scope = new AsyncDisposableStack();
  const { running } = await start(
    ({ port }) => `(sleep 1; echo '[emerg] out of paper' >&2) & ${listenOn(port)}`,
    { scope },
  );
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
  assertEquals(await isRunning(`# ${seen.folder}`), false);
  assertEquals(await exists(seen.folder), false);
});

Deno.test("stop: an aborted start leaves nothing", async () => {
  await using scope = new AsyncDisposableStack();
  const stop = new AbortController();
  let folder = "";
  const starting = start((place) => {
    folder = place.folder;
    setTimeout(() => stop.abort(new IncompleteError("stopped")), 100);
    return `sleep 600 # ${place.folder}`;
  }, { scope, signal: stop.signal });
  await assertRejects(() => starting, IncompleteError);
  await scope.disposeAsync();
  assertEquals(await exists(folder), false);
  assertEquals(await isRunning(folder), false);
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
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline && (await exists(folder) || await isRunning(folder))) {
    await realClock.sleep(50);
  }
  assertEquals(await exists(folder), false);
  assertEquals(await isRunning(folder), false);
});
