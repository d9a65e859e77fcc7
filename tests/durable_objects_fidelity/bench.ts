// What the Worker's experiments are given, and what they are: rows that answer at once, and scripts.

import type { SocketData } from "../../servers/durable_objects/sockets/end.ts";
import type { WorkersWebSocket } from "../../servers/durable_objects/api.ts";

/** The Worker's bindings. */
export interface Bindings {
  /** Objects that do what rows and scripts say. */
  LAB: DurableObjectNamespace;
  /** Objects without any handler but `fetch`. */
  BARE: DurableObjectNamespace;
  /** Objects without `fetch`. */
  MUTE: DurableObjectNamespace;
  /** Objects of a class that extends nothing. */
  OLD: DurableObjectNamespace;
  /** Objects whose constructor throws. */
  BROKEN: DurableObjectNamespace;
  /** A server that the objects may ask, without a final slash. */
  ORIGIN: string;
}

/** What an experiment has at hand: its object, mostly one of its own. */
export interface Bench {
  /** The object's own. */
  ctx: DurableObjectState;
  /** The Worker's bindings. */
  env: Bindings;
  /** The object's name. */
  name: string;
  /** Which incarnation it is, from 1. */
  incarnation: number;
  /** The object. */
  self: object;
  /** Writes a line down that outlives the object. */
  note(line: string): void;
}

/** Experiments that are over when they return, each in a new object; by what they show. */
export type Rows = Readonly<Record<string, (bench: Bench) => unknown>>;

/** Experiments of the Worker itself, outside of objects. */
export type StubRows = Readonly<Record<string, (env: Bindings, name: string) => unknown>>;

/** What an object does when it is told something; an object follows the script that it is named after. */
export interface Script {
  /** In the constructor. */
  construct?(bench: Bench): unknown;
  /** Before it answers a request that is no handshake; what it gives is the answer. */
  request?(bench: Bench, request: Request): unknown;
  /** With a new socket; by default it is accepted with hibernation. */
  accept?(bench: Bench, ws: WorkersWebSocket, tag: string): unknown;
  /** With a message of a hibernatable socket; by default it is sent back. */
  message?(bench: Bench, ws: WorkersWebSocket, data: SocketData): unknown;
  /** When a hibernatable socket was closed. */
  close?(
    bench: Bench,
    ws: WorkersWebSocket,
    code: number,
    reason: string,
    wasClean: boolean,
  ): unknown;
  /** When a hibernatable socket broke. */
  error?(bench: Bench, ws: WorkersWebSocket, error: unknown): unknown;
  /** When the alarm is due. */
  alarm?(
    bench: Bench,
    info: { retryCount: number; isRetry: boolean; scheduledTime: number },
  ): unknown;
}

/** Scripts by the names of the objects that follow them. */
export type Scripts = Readonly<Record<string, Script>>;

const notes = new Map<string, string[]>();
const constructions = new Map<string, number>();

/** What an object's experiments have written down, whether the object is in memory or not. */
export function notesOf(name: string): string[] {
  let own = notes.get(name);
  if (own === undefined) notes.set(name, own = []);
  return own;
}

/** Counts one more construction of an object; returns which it is. */
export function constructed(name: string): number {
  const count = (constructions.get(name) ?? 0) + 1;
  constructions.set(name, count);
  return count;
}

/** A new socket of the object's, taken with hibernation. */
export function accepted({ ctx }: Bench, tags?: string[]): WorkersWebSocket {
  const { 1: server } = new WebSocketPair();
  ctx.acceptWebSocket(server, tags);
  return server;
}

/** Resolves after so many milliseconds. */
export function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
