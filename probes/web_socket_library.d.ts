// What is used of the WebSocket library (ws 8), typed here: its own types bring Node.js's globals,
// which contradict those of the runtime wherever both are seen.

import type { Buffer } from "node:buffer";
import type { ClientRequest, IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/** Options of a client. */
export interface ClientOptions {
  /** Sent with the handshake. */
  headers?: Record<string, string>;
  /** Gives the connection in place of making one. */
  createConnection?: () => Duplex;
  /** Whether to offer compression. */
  perMessageDeflate?: boolean;
  /** How long the other side may take to answer a close frame, in milliseconds. */
  closeTimeout?: number;
  /** Whether several events may be emitted in one turn. */
  allowSynchronousEvents?: boolean;
}

/** The events, and what their listeners are called with. */
export interface Events {
  open: [];
  upgrade: [response: IncomingMessage];
  "unexpected-response": [request: ClientRequest, response: IncomingMessage];
  message: [data: Buffer | ArrayBuffer | Buffer[], isBinary: boolean];
  error: [error: Error & { code?: string }];
  close: [code: number, reason: Buffer];
}

/** A client. */
export class WebSocket {
  constructor(address: string, protocols: string[], options: ClientOptions);
  on<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
  once<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
  off<E extends keyof Events>(event: E, listener: (...args: Events[E]) => void): this;
  send(
    data: string | Uint8Array,
    options: { binary: boolean; compress: boolean },
    done: (error?: Error | null) => void,
  ): void;
  close(code?: number, reason?: string): void;
  terminate(): void;
}
