// For tests: a WebSocket client that writes frames byte for byte, rules of the protocol or not.

import { connect, type Socket } from "node:net";
import { Buffer } from "node:buffer";

/** A connection after its handshake. */
export interface RawSocket extends Disposable {
  /** The TCP socket, to end or reset. */
  socket: Socket;
  /** The handshake's answer, up to its empty line. */
  head: string;
  /** Resolves to the frames that came once there are `count`, or when the server ended. */
  frames(count: number): Promise<{ opcode: number; payload: Uint8Array }[]>;
  /** Sends a frame. */
  frame(opcode: number, payload: Uint8Array | string, options?: FrameOptions): void;
}

/** What is unusual about a frame. */
export interface FrameOptions {
  /** Default: true. */
  final?: boolean;
  /** The reserved bits, as they stand in the first byte. */
  reserved?: number;
}

/** The payload of a close frame. */
export function closePayload(code: number, reason: string): Uint8Array {
  const text = new TextEncoder().encode(reason);
  return Uint8Array.of(code >> 8, code & 255, ...text);
}

/** Opens a WebSocket on `port` of 127.0.0.1. */
export async function rawWebSocket(port: number, headers = ""): Promise<RawSocket> {
  const socket = connect(port, "127.0.0.1");
  let all: Uint8Array = new Uint8Array();
  let ended = false;
  const listeners = new Set<() => void>();
  const changed = () => listeners.forEach((listener) => listener());
  socket.on("data", (bytes: Uint8Array) => {
    all = Buffer.concat([all, bytes]);
    changed();
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    ended = true;
    changed();
  });
  const until = (ready: () => boolean) =>
    new Promise<void>((resolve) => {
      const look = () => {
        if (!ready() && !ended) return;
        listeners.delete(look);
        resolve();
      };
      listeners.add(look);
      look();
    });
  socket.write(
    "GET / HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      `Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n${headers}\r\n`,
  );
  const headEnd = () => Buffer.from(all).indexOf("\r\n\r\n");
  await until(() => headEnd() >= 0);
  const start = headEnd() + 4;
  const head = Buffer.from(all.subarray(0, start)).toString("latin1");
  return {
    socket,
    head,
    async frames(count) {
      await until(() => parse(all.subarray(start)).length >= count);
      return parse(all.subarray(start));
    },
    frame(opcode, payload, { final = true, reserved = 0 } = {}) {
      const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
      const size = Buffer.alloc(10);
      const kind = bytes.length < 126 ? bytes.length : bytes.length < 65_536 ? 126 : 127;
      size[0] = (final ? 0x80 : 0) | reserved | opcode;
      size[1] = 0x80 | kind;
      if (kind === 126) size.writeUInt16BE(bytes.length, 2);
      if (kind === 127) size.writeBigUInt64BE(BigInt(bytes.length), 2);
      const length = kind === 127 ? 10 : kind === 126 ? 4 : 2;
      // A mask of zeros leaves the payload as it is.
      socket.write(Buffer.concat([size.subarray(0, length), new Uint8Array(4), bytes]));
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

function parse(bytes: Uint8Array): { opcode: number; payload: Uint8Array }[] {
  const frames = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 2 <= bytes.length;) {
    const kind = view.getUint8(at + 1) & 0x7f;
    const head = kind === 127 ? 10 : kind === 126 ? 4 : 2;
    if (at + head > bytes.length) break;
    const size = kind === 127
      ? Number(view.getBigUint64(at + 2))
      : kind === 126
      ? view.getUint16(at + 2)
      : kind;
    if (at + head + size > bytes.length) break;
    frames.push({
      opcode: view.getUint8(at) & 15,
      payload: new Uint8Array(bytes.subarray(at + head, at + head + size)),
    });
    at += head + size;
  }
  return frames;
}
