// The WebSocket servers that the benchmarks start: our Durable Object host, workerd, and a bare handler.

import { findEngine, type Found } from "../../engines/find.ts";
import { writeFiles } from "../../engines/folder.ts";
import { freePort } from "../../engines/free_port.ts";
import { launcherOf } from "../../engines/play.ts";
import { workerd } from "../../engines/workerd.ts";
import type { WebSocketServerSettings } from "../../lab/role.ts";
import { Child, ChildError } from "../process.ts";
import { type Running, whenListening } from "./peer.ts";

/** A kind of WebSocket server. */
export interface WsPeer {
  /** Its name in the tables. */
  name: string;
  /** Whether it has objects that are evicted. */
  evicts: boolean;
  /** How many sockets it can hold with the files that it may open; left out: as many as are asked for. */
  mostSockets?: number;
  /** Its version; undefined when it is not installed. */
  version(): Promise<string | undefined>;
  /** Starts it in a folder of its own. */
  start(folder: string): Promise<Running>;
}

/** What each is told: nothing happens by itself while it is measured. */
const SETTINGS: WebSocketServerSettings = {
  heartbeatTimeoutMs: 3_600_000,
  cleanupIntervalMs: 3_600_000,
  // What workerd has built in.
  hibernateAfterMs: 10_000,
};

function denoPeer(kind: "host" | "bare", name: string): WsPeer {
  return {
    name,
    evicts: kind === "host",
    version: () => Promise.resolve(Deno.version.deno),
    async start() {
      const child = new Child(name, Deno.execPath(), [
        ...["run", "--no-prompt", "--allow-net=127.0.0.1"],
        new URL("../ws_serve.ts", import.meta.url).pathname,
        ...[kind, String(SETTINGS.hibernateAfterMs), String(SETTINGS.heartbeatTimeoutMs)],
      ]);
      return { child, port: Number(await child.line()) };
    },
  };
}

let finding: Promise<Found | undefined> | undefined;

/** workerd without its guard, which would stand between us and the process whose memory is read. */
export const workerdPeer: WsPeer = {
  name: workerd.title,
  evicts: true,
  // It opens two files for each, of 12,000.
  mostSockets: 5_500,
  version: async () => (await (finding ??= findEngine(workerd)))?.version,
  async start(folder) {
    const found = await (finding ??= findEngine(workerd));
    const launch = launcherOf(workerd, { role: "websocket-server", settings: SETTINGS });
    if (found === undefined || launch === undefined) {
      throw new ChildError(`Cannot start workerd: it is not installed (${workerd.install})`);
    }
    const { program, asRoot } = found;
    const port = freePort();
    const { args, env = {}, files = {}, folders = [] } = launch({ program, asRoot, folder, port });
    for (const name of folders) await Deno.mkdir(`${folder}/${name}`, { recursive: true });
    await writeFiles(folder, files);
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    // The objects log each message, and nobody reads that: a pipe that is full would stop it.
    const child = new Child(workerd.title, "sh", [
      ...["-c", 'exec "$@" > /dev/null', "sh"],
      ...["env", "-C", folder, ...variables, program, ...args],
    ]);
    return await whenListening(child, port);
  },
};

/** Ours. */
export const ourHost: WsPeer = denoPeer("host", "our host");
/** What the runtime under ours costs by itself. */
export const bareWebSockets: WsPeer = denoPeer("bare", "bare Deno handler");
/** All, in the order in which they are shown. */
export const wsPeers: readonly WsPeer[] = [ourHost, workerdPeer, bareWebSockets];
