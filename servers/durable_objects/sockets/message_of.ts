// What a program gives to `send()`, turned into what goes over the wire.

import type { SocketData } from "./end.ts";

/**
 * The data as it is sent, as a copy that the sender cannot change any more. What is neither text nor
 * bytes is sent as its text, as workerd 2026-11-17 does.
 *
 * @throws {TypeError} for a symbol, which has no text.
 */
export function messageOf(message: unknown): SocketData {
  if (typeof message === "string") return message;
  if (message instanceof ArrayBuffer) return message.slice(0);
  if (ArrayBuffer.isView(message)) {
    return bytes(new Uint8Array(message.buffer, message.byteOffset, message.byteLength));
  }
  if (message instanceof SharedArrayBuffer) return bytes(new Uint8Array(message));
  return `${message}`;
}

function bytes(view: Uint8Array): ArrayBuffer {
  return new Uint8Array(view).buffer;
}
