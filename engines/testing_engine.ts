// An engine that is a shell script, for the tests of what all engines have in common.

import type { Engine } from "./engine.ts";

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

/** A script that listens on a port, by the `deno` that runs the test. */
export function listenOn(port: number): string {
  return `exec '${Deno.execPath()}' eval 'Deno.serve({port: ${port}, hostname: "127.0.0.1"}, ` +
    `() => new Response("served"))'`;
}

/** Whether any process of this machine has `text` in its command line. */
export async function isRunning(text: string): Promise<boolean> {
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name) || name === String(Deno.pid)) continue;
    const command = await Deno.readTextFile(`/proc/${name}/cmdline`).catch(() => "");
    if (command.includes(text)) return true;
  }
  return false;
}
