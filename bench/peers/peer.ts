// What every server is that the benchmarks start: ours, and its peers.

import { type Child, ChildError, outputOf } from "../process.ts";

/** What a server is started with. */
export interface PeerOptions {
  /** The port of its origin on 127.0.0.1. */
  originPort: number;
  /** A folder of its own, removed afterwards. */
  folder: string;
  /** How many connections it has to take. */
  connections: number;
}

/** A server that runs. */
export interface Running {
  /** Its port on 127.0.0.1. */
  port: number;
  /** Its first process. */
  child: Child;
}

/** A kind of server. */
export interface Peer {
  /** Its name in the tables. */
  name: string;
  /** Whether it is ours, or what ours is measured against. */
  ours: boolean;
  /** Its version; undefined when it is not installed. */
  version(): Promise<string | undefined>;
  /** Starts it. It can be connected to when this resolves. */
  start(options: PeerOptions): Promise<Running>;
}

/** The version in what a program prints about itself, or undefined when there is no such program. */
export async function versionOf(program: string, flag: string): Promise<string | undefined> {
  const output = await outputOf(program, [flag]);
  return output && (/\d+(\.\d+)+/.exec(output.text)?.[0] ?? "unknown");
}

/** A port of 127.0.0.1 that nobody listens on at this moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Waits until a program that was started accepts connections. */
export async function whenListening(child: Child, port: number): Promise<Running> {
  const deadline = performance.now() + 20_000;
  while (performance.now() < deadline) {
    if (child.over) throw await child.failure();
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return { port, child };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  throw new ChildError(`Cannot reach ${child.name}: nothing listened on port ${port} in 20 s`);
}
