// What an object's code sees of the runtime besides storage: the vendor's interfaces, typed.

import type { SocketData } from "./sockets/end.ts";
import type { DurableObjectStorage } from "./storage/api.ts";

/** A WebSocket as the Workers runtime has it: not the browser's, since it must be accepted. */
export interface WorkersWebSocket extends EventTarget {
  /** Takes it over: from now on its events are listeners' and it keeps its object in memory. */
  accept(options?: { allowHalfOpen?: boolean }): void;
  /** Sends a message. Throws when it was closed or not accepted. */
  send(message: SocketData | ArrayBufferView): void;
  /** Closes it. Throws for a code that a program may not send, and for a reason over 123 bytes. */
  close(code?: number, reason?: string): void;
  /** Keeps a value with the connection, past eviction. Throws when it is too large or not cloneable. */
  serializeAttachment(value: unknown): void;
  /** That value, or null. */
  deserializeAttachment(): unknown;
  /** 0 connecting, 1 open, 2 closing, 3 closed. */
  readonly readyState: number;
  /** Where it was opened to, for one that the object opened. */
  readonly url: string | null;
  /** The subprotocol. */
  readonly protocol: string;
  /** The extensions. */
  readonly extensions: string;
  /** What binary messages come as. */
  binaryType: "arraybuffer" | "blob";
}

/** A request that the host answers by itself, and its answer. */
export interface AutoResponsePair {
  /** What a client sends, to the letter. */
  readonly request: string;
  /** What it is answered. */
  readonly response: string;
}

/** The id of an object. */
export interface DurableObjectId {
  /** 64 hexadecimal digits. */
  toString(): string;
  /** Whether it is the same object. */
  equals(other: DurableObjectId): boolean;
  /** The name that it was made from; undefined for others. */
  readonly name?: string;
}

/** `ctx`: what an object can do with itself. */
export interface DurableObjectState {
  /** Its own id. */
  readonly id: DurableObjectId;
  /** What it keeps. */
  readonly storage: DurableObjectStorage;
  /** The classes of the Worker's main module that can be bound, by their names. */
  readonly exports: Record<string, unknown>;
  /** What its class was given for all objects. */
  readonly props: unknown;
  /** Takes a promise whose rejection is nobody's business. It keeps nothing in memory. */
  waitUntil(promise: Promise<unknown>): void;
  /** Keeps every other event away until the callback has settled; what it throws resets the object. */
  blockConcurrencyWhile<T>(callback: () => Promise<T>): Promise<T>;
  /** Takes a socket over so that the object may be evicted while it is open. */
  acceptWebSocket(ws: WorkersWebSocket, tags?: string[]): void;
  /** The open sockets that were taken over so, or those with a tag. */
  getWebSockets(tag?: string): WorkersWebSocket[];
  /** The tags that a socket was accepted with. */
  getTags(ws: WorkersWebSocket): string[];
  /** Sets the request that the host answers by itself; without a pair, none is. */
  setWebSocketAutoResponse(pair?: AutoResponsePair): void;
  /** That pair, or null. */
  getWebSocketAutoResponse(): AutoResponsePair | null;
  /** When the host last answered so on this socket, or null. */
  getWebSocketAutoResponseTimestamp(ws: WorkersWebSocket): Date | null;
  /** How long a handler of a socket may run, in milliseconds. */
  setHibernatableWebSocketEventTimeout(timeoutMs?: number): void;
  /** That time, or null. */
  getHibernatableWebSocketEventTimeout(): number | null;
  /** Ends this incarnation at once; what is under way is rejected. */
  abort(reason?: string): void;
}

/** What a class may have for the host to call. Any other method is one for RPC. */
export interface DurableObjectHandlers {
  /** Answers a request. */
  fetch?(request: Request): Response | Promise<Response>;
  /** The alarm is due. */
  alarm?(info?: { retryCount: number; isRetry: boolean; scheduledTime: number }): unknown;
  /** A message came on a hibernatable socket. */
  webSocketMessage?(ws: WorkersWebSocket, message: SocketData): unknown;
  /** A hibernatable socket was closed by its client. */
  webSocketClose?(ws: WorkersWebSocket, code: number, reason: string, wasClean: boolean): unknown;
  /** A hibernatable socket broke. */
  webSocketError?(ws: WorkersWebSocket, error: unknown): unknown;
}

/** A stub: `fetch`, and every method of the class, called from outside. */
export interface DurableObjectStub {
  /** Sends the object a request. */
  fetch(input: Request | URL | string, init?: RequestInit): Promise<Response>;
  /** The object's id. */
  readonly id: DurableObjectId;
  /** The name that the id was made from. */
  readonly name?: string;
}

/** A binding: all objects of a class. */
export interface DurableObjectNamespace<Stub = DurableObjectStub> {
  /** The id that belongs to a name, always the same. */
  idFromName(name: string): DurableObjectId;
  /** The id that was once turned into a string. */
  idFromString(id: string): DurableObjectId;
  /** An id that nobody has. */
  newUniqueId(): DurableObjectId;
  /** Throws: objects of this host, as those of workerd, are where the host is. */
  jurisdiction(name: string): never;
  /** A stub for an object; nothing is started. */
  get(id: DurableObjectId): Stub;
  /** The same by name. */
  getByName(name: string): Stub;
}
