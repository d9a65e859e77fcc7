// Servers in Deno: our proxy in both variants, and a bare handler with nothing but one promise.

import { Child } from "../process.ts";
import type { Peer } from "./peer.ts";

/** Servers that `serve.ts` can be. */
export type DenoServer = "fix" | "bug" | "bare";

/**
 * A server in a Deno process of its own.
 *
 * @param kind Our proxy in the variant of that name, or the bare handler.
 * @param name Its name in the tables.
 */
export function denoPeer(kind: DenoServer, name: string): Peer {
  return {
    name,
    ours: kind !== "bare",
    version: () => Promise.resolve(Deno.version.deno),
    async start({ originPort }) {
      const child = new Child(name, Deno.execPath(), [
        ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
        new URL("../serve.ts", import.meta.url).pathname,
        ...[kind, String(originPort)],
      ]);
      return { child, port: Number(await child.line()) };
    },
  };
}
