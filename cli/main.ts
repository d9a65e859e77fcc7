// The command line as a process: real streams, real signals, an exit code.

import type { Catalog } from "./command.ts";
import { SignalInterrupt } from "./interrupt.ts";
import { ProcessIo } from "./io.ts";
import { reportError, runCli } from "./run.ts";

/** What ships with the program. */
const shipped: Catalog = {
  scenarios: async () => (await import("../scenarios/scenarios.ts")).scenarios,
  engines: async () => (await import("../engines/engines.ts")).engines,
  async servers() {
    const { servers } = await import("../servers/servers.ts");
    const { defineSite } = await import("../site/definition.ts");
    return [...servers, defineSite(servers)];
  },
};

/**
 * Runs a command line and ends the process with its exit code.
 *
 * @param catalog The scenarios and servers to choose from. Default: those that ship.
 */
export async function main(args: readonly string[], catalog: Catalog = shipped): Promise<never> {
  const io = new ProcessIo();
  const verbose = args.includes("--verbose");
  // The runtime's own way out is exit code 1, which here means that the bug is there.
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    Deno.exit(reportError(event.reason, { io, verbose }));
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    Deno.exit(reportError(event.error, { io, verbose }));
  });
  using interrupt = new SignalInterrupt();
  Deno.exit(await runCli(args, { catalog, io, interrupt }));
}
