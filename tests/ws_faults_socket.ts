// For tests: a WebSocket client that breaks the protocol byte by byte, and vanishes without a word.

import { assert, assertEquals } from "@std/assert";
import { Buffer } from "node:buffer";
import { connect, type Socket } from "node:net";
import { realClock } from "../lab/clock.ts";

/** How long anything may take that is to come, in milliseconds. */
const PATIENCE_MS = 10_000;

/** What came: a frame of data or of control, or the end of the connection. */
export type Came =
  | { kind: "frame"; opcode: number; payload: Uint8Array }
  /** How the server ended it, once nothing more comes. */
  | { kind: "end"; how: "fin" | "reset" };

/** How a connection ended. */
export interface Ended {
  how: "fin" | "reset";
  /** The close frame's code, 1005 for none in it; absent where there was no close frame. */
  code?: number;
  reason?: string;
}

/** What is unusual about a frame. */
export interface FrameOptions {
  /** Default: true. */
  final?: boolean;
  /** The reserved bits as they stand in the first byte. */
  reserved?: number;
  /** Default: true, as a client must. */
  masked?: boolean;
  /** How long the frame says that it is, in bytes. Default: as long as it is. */
  sayBytes?: number;
}

/** The operation codes (RFC 6455 section 5.2). */
export const TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

/** A client after its handshake. */
export class RawClient implements Disposable {
  /** The TCP socket. */
  readonly socket: Socket;
  /** The handshake's answer, up to its empty line. */
  head = "";
  readonly #came: Came[] = [];
  readonly #waiting: ((came: Came) => void)[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  readonly #opened = Promise.withResolvers<void>();

  private constructor(port: number) {
    this.socket = connect(port, "127.0.0.1");
    this.socket.setNoDelay(true);
    this.socket.on("data", (bytes: Uint8Array) => this.#take(bytes));
    let how: "fin" | "reset" = "fin";
    this.socket.on("error", () => how = "reset");
    this.socket.on("close", () => {
      this.#opened.resolve();
      this.#tell({ kind: "end", how });
    });
  }

  /** Connects and waits for the handshake's answer, which need not be a 101. */
  static async dial(
    port: number,
    path: string,
    key = "dGhlIHNhbXBsZSBub25jZQ==",
  ): Promise<RawClient> {
    const client = new RawClient(port);
    client.socket.write(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\n` +
        `Connection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    );
    await client.#opened.promise;
    return client;
  }

  /** Connects and takes the welcome. */
  static async connect(port: number, path = "/websocket"): Promise<RawClient> {
    const client = await RawClient.dial(port, path);
    assert(client.head.startsWith("HTTP/1.1 101 "), client.head);
    assertEquals((await client.message()).type, "welcome");
    return client;
  }

  /** The next thing that came and was not taken yet. */
  async next(): Promise<Came> {
    const there = this.#came.shift();
    if (there !== undefined) return there;
    const { promise, resolve, reject } = Promise.withResolvers<Came>();
    this.#waiting.push(resolve);
    const cancel = realClock.setTimeout(
      () => reject(new Error(`Nothing came within ${PATIENCE_MS} ms, expected a frame or the end`)),
      PATIENCE_MS,
    );
    return await promise.finally(cancel);
  }

  /** The next text message, which must be JSON and must come before the end. */
  async message(): Promise<Record<string, unknown> & { type: string }> {
    for (let came = await this.next();; came = await this.next()) {
      assert(came.kind === "frame", "the connection ended, expected a message");
      if (came.opcode === PING) continue;
      assertEquals(came.opcode, TEXT, new TextDecoder().decode(came.payload));
      return JSON.parse(new TextDecoder().decode(came.payload));
    }
  }

  /** Takes all that comes up to the close frame or the end. Answers the frame, and waits for the end. */
  async ended(): Promise<Ended> {
    let frame = {};
    for (;;) {
      const came = await this.next();
      if (came.kind === "end") return { how: came.how, ...frame };
      if (came.opcode !== CLOSE) continue;
      const { payload } = came;
      frame = {
        code: payload.length < 2 ? 1005 : (payload[0] ?? 0) * 256 + (payload[1] ?? 0),
        reason: new TextDecoder().decode(payload.subarray(2)),
      };
      this.frame(CLOSE, payload);
      this.fin();
    }
  }

  /** Sends a frame. */
  frame(opcode: number, payload: Uint8Array | string, options: FrameOptions = {}): void {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    const { final = true, reserved = 0, masked = true, sayBytes = bytes.length } = options;
    const size = Buffer.alloc(10);
    const kind = sayBytes < 126 ? sayBytes : sayBytes < 65_536 ? 126 : 127;
    size[0] = (final ? 0x80 : 0) | reserved | opcode;
    size[1] = (masked ? 0x80 : 0) | kind;
    if (kind === 126) size.writeUInt16BE(sayBytes, 2);
    if (kind === 127) size.writeBigUInt64BE(BigInt(sayBytes), 2);
    const head = size.subarray(0, kind === 127 ? 10 : kind === 126 ? 4 : 2);
    // A mask of zeros leaves the payload as it is.
    this.socket.write(Buffer.concat([head, new Uint8Array(masked ? 4 : 0), bytes]));
  }

  /** Sends a value as a text message. */
  json(value: unknown): void {
    this.frame(TEXT, JSON.stringify(value));
  }

  /** Asks for a pong and takes the next message, which must be it. */
  async ping(): Promise<void> {
    this.json({ type: "ping" });
    assertEquals((await this.message()).type, "pong");
  }

  /** Vanishes with a reset. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  /** Ends its side of the connection without a close frame. */
  fin(): void {
    this.socket.end();
  }

  /** Vanishes. */
  [Symbol.dispose](): void {
    this.socket.destroy();
  }

  #take(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (this.head === "") {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.head = this.#bytes.subarray(0, end + 4).toString("latin1");
      this.#bytes = this.#bytes.subarray(end + 4);
      this.#opened.resolve();
    }
    for (;;) {
      const [first = 0, second = 0] = this.#bytes;
      const kind = second & 0x7f;
      const start = kind === 127 ? 10 : kind === 126 ? 4 : 2;
      if (this.#bytes.length < start) return;
      const size = kind === 127
        ? Number(this.#bytes.readBigUInt64BE(2))
        : kind === 126
        ? this.#bytes.readUInt16BE(2)
        : kind;
      if (this.#bytes.length < start + size) return;
      const payload = new Uint8Array(this.#bytes.subarray(start, start + size));
      this.#bytes = this.#bytes.subarray(start + size);
      this.#tell({ kind: "frame", opcode: first & 15, payload });
    }
  }

  #tell(came: Came): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#came.push(came);
    else waiting(came);
  }
}

/** The payload of a close frame; the reason may be bytes that are no text. */
export function closing(code: number, reason: string | Uint8Array = ""): Uint8Array {
  const bytes = typeof reason === "string" ? new TextEncoder().encode(reason) : reason;
  return Uint8Array.of(code >> 8, code & 255, ...bytes);
}
