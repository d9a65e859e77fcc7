// An engine that is a shell script, for the tests of what all engines have in common.

import { assertRejects } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import type { Engine } from "./engine.ts";
import { folderPrefix } from "./folder.ts";

/** What nothing in a test takes, in milliseconds: a test that would hang fails instead. */
const FOR_EVER_MS = 30_000;

/** Serves nothing: each test's script is all that runs. */
export const scripted: Engine = {
  name: "scripted",
  title: "Scripted",
  program: "sh",
  variable: "EDGE_REPRO_SCRIPTED",
  versionArgs: ["-c", "echo scripted/1.2.3"],
  version: /scripted\/(\S+)/,
  install: "nothing to install",
  broken: /\[emerg\]/,
  plays: {},
};

/**
 * A script that listens on a port, by the `deno` that runs the test.
 *
 * @param answer What it does with a request: an expression without single quotes.
 */
export function listenOn(port: number, answer = 'new Response("served")'): string {
  return `exec '${Deno.execPath()}' eval 'Deno.serve({port: ${port}, hostname: "127.0.0.1"}, ` +
    `() => (${answer}))'`;
}

/** Whether there is a file or folder at a path. */
export function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

/** Whether any other process of this machine has `text` in its command line or working folder. */
export async function isRunning(text: string): Promise<boolean> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name) || name === String(Deno.pid)) continue;
    const [command, folder] = await Promise.all([
      Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => ""),
      Deno.readLink(`/proc/${name}/cwd`).catch(() => ""),
    ]);
    if (command.includes(text) || folder.includes(text)) return true;
  }
  return false;
}

/**
 * Fails when processes stay that have `text` in their command line or working folder. A guard that has
 * ended may leave the `sleep` of its last look at the program, which is over in a moment.
 */
export async function assertGone(text: string): Promise<void> {
  await until(async () => !await isRunning(text), `'${text}' is still running`);
}

/** Fails unless a connection to a port of 127.0.0.1 is refused. */
export async function assertRefused(port: number): Promise<void> {
  await assertRejects(async () => {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
  }, Deno.errors.ConnectionRefused);
}

/** The names of the folders that a process has made for an engine and not removed. */
export async function foldersOf(engine: string, pid: number = Deno.pid): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir("/tmp"));
  return entries.map(({ name }) => name)
    .filter((name) => name.startsWith(folderPrefix(engine, pid)));
}

/** Waits until something that another process does has happened; rejects when it does not. */
export async function until(
  happened: () => Promise<boolean>,
  otherwise = "It has not happened",
): Promise<void> {
  const start = realClock.now();
  while (!await happened()) {
    if (realClock.now() - start > FOR_EVER_MS) throw new Error(otherwise);
    await realClock.sleep(10);
  }
}

/** Waits for what must come; rejects when it does not. */
export async function inTime<T>(promise: Promise<T>): Promise<T> {
  const over = new AbortController();
  const late = realClock.sleep(FOR_EVER_MS, { signal: over.signal }).then(() => {
    throw new Error(`Nothing has come within ${FOR_EVER_MS} ms`);
  });
  late.catch(() => {}); // The sleep was ended.
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
}
