// What every embedded server is: a fetch handler that tells its figures and can be closed.

import type { Figures } from "../lab/figures.ts";

/** The pathname under which every server answers a GET with its figures, as JSON. */
export const STATS_PATH = "/_edge-repro/stats";

/** How a connection is ended under a request: an orderly close, or a TCP reset. */
export type ConnectionEnd = "fin" | "reset";

/** What a handler can know of the connection that its request came on. Nothing, in memory. */
export interface ConnectionInfo {
  /** The client's side of the connection. */
  remoteAddr?: { hostname: string; port: number };
  /**
   * Ends the whole connection at once, without another byte: whatever the handler still answers is
   * not delivered. On HTTP/2 that takes the connection's other streams with it. There only when the
   * listener was asked for connection control.
   */
  abortConnection?: (how: ConnectionEnd) => void;
}

/** A further address at which a server is to be reached. */
export interface Entrance {
  /** What is behind it: a region of an object store, say. */
  name: string;
  /** Answers one request that came in there. */
  fetch: Server["fetch"];
}

/** Where a front listens, and where it passes what comes on to. */
export interface FrontOptions {
  /** The address to listen on. */
  hostname: string;
  /** The port to listen on; 0 lets the system choose. */
  port: number;
  /** The inner listener's port, on 127.0.0.1. */
  innerPort: number;
}

/** What listens in the place of a server's own listener, and passes bytes on to that. */
export interface Front {
  /** The port it listens on. */
  port: number;
  /** Stops listening and drops every connection; resolves when all sockets are closed. */
  close(): Promise<void>;
}

/** What whoever runs a server can make it do without a request. */
export interface TerminalAction {
  /** What it does, as in "Enter ...". */
  what: string;
  /** Does it, and resolves with a line that says what came of it. */
  run(): Promise<string>;
}

/** An embedded server. It can be listened on, mounted, called in memory and deployed. */
export interface Server {
  /** Answers one request. `request.signal` aborts when the client leaves before the answer is out. */
  fetch(request: Request, info?: ConnectionInfo): Response | Promise<Response>;
  /** The figures of this moment: what a GET of {@link STATS_PATH} answers. */
  stats(): Figures;
  /** Further addresses, listened on at the ports that follow its own. */
  readonly entrances?: readonly Entrance[];
  /**
   * Starts what listens in its place, such as a tap. Left out where nothing does. Handlers are then
   * told of its connections, and not of the clients'.
   *
   * @throws {Deno.errors.NotCapable} when the network permission for either address is missing.
   * @throws {Error} of `node:net`, with its `code`, when the port cannot be listened on.
   */
  readonly front?: (options: FrontOptions) => Promise<Front>;
  /** What pressing Enter in its terminal does. */
  readonly onEnter?: TerminalAction;
  /** Ends what is waiting and gives back timers and memory. Can be called more than once. */
  close(): Promise<void>;
}
