// What happens to objects, in the order in which the host sees it: what pages and timelines show.

import type { LogLevel } from "./context.ts";

/** Where an object is in its life. */
export type ObjectState =
  /** An event is being handled, or something that it began is under way. */
  | "running"
  /** In memory with nothing to do: it is evicted when the idle time is over. */
  | "idle"
  /** Evicted with its sockets held open by the host; or, without sockets, simply not in memory. */
  | "hibernated";

/** What came in or went out on a socket, as far as logs may show it. */
export interface ShownMessage {
  /** Its first 200 characters; for binary data `ArrayBuffer(N)`. */
  text: string;
  /** Its length in bytes. */
  sizeBytes: number;
}

/** What happened. */
export type HostEventKind =
  /** The class's constructor ran. `reason` says for what: `request`, `message`, `alarm`, `rpc`, `close`. */
  | { kind: "constructed"; reconstruction: boolean; reason: string }
  | { kind: "state"; state: ObjectState }
  /** Not in memory any more. */
  | { kind: "evicted" }
  /** Its incarnation ended by `abort()` or by what it threw. */
  | { kind: "reset"; reason: string }
  | { kind: "socket-accepted"; hibernatable: boolean; tags: readonly string[] }
  | { kind: "received"; message: ShownMessage }
  /** The object sent it. */
  | { kind: "sent"; message: ShownMessage }
  /** The host answered by the auto-response pair; the object saw nothing. */
  | { kind: "auto-response" }
  | { kind: "socket-closed"; code: number; reason: string; by: "client" | "object" }
  /** `dueMs` in milliseconds since the Unix epoch; null when it was taken back. */
  | { kind: "alarm-set"; dueMs: number | null }
  | { kind: "alarm-ran"; retryCount: number; ok: boolean }
  /** A handler threw. */
  | { kind: "threw"; handler: string; message: string }
  | { kind: "log"; level: LogLevel; line: string };

/** One event of one object. */
export type HostEvent = HostEventKind & {
  /** Counts up by one over the whole host. */
  seq: number;
  /** What the host's clock said, in milliseconds since the Unix epoch. */
  atMs: number;
  /** The object's id, 64 hexadecimal digits. */
  id: string;
  /** The name that its id was made from, where it was. */
  name: string | undefined;
  /** The class. */
  className: string;
  /** Which incarnation it is, from 1. */
  incarnation: number;
};
