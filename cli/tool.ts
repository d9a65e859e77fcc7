// What the program calls itself in results and help texts.

import config from "../deno.json" with { type: "json" };
import type { Tool } from "../lab/result.ts";

/** The program's name on the command line. */
export const NAME = "edge-repro";

/** The program's version, from its configuration. */
export const VERSION: string = config.version;

/** The program and what it runs on, as a result names them. */
export function toolOf(): Tool {
  const { os, arch } = Deno.build;
  const asked = Deno.permissions.querySync({ name: "sys", kind: "osRelease" });
  // What follows the numbers names whoever built it.
  const release = asked.state === "granted"
    ? /^\d+(\.\d+)*/.exec(Deno.osRelease())?.[0]
    : undefined;
  const kernel = release === undefined ? {} : { kernel: release };
  return { name: NAME, version: VERSION, deno: Deno.version.deno, os, arch, ...kernel };
}
