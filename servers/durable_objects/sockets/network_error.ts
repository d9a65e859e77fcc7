// What Deno says when a connection breaks, turned into what the Workers runtime tells an object.

import { NO_CODE, VANISHED_REASON } from "./close_code.ts";

/** The largest message that a client may send, in bytes, as workerd 2026-11-17 enforces it. */
export const MAX_MESSAGE_BYTES = 33_554_432;

/** What happened: the client closed or vanished, or it broke the protocol. */
export type NetworkEnd =
  | { kind: "closed"; code: number; reason: string; wasClean: boolean }
  | { kind: "error"; error: Error };

/** Deno 2.9.6 reports by these messages; the descriptions are workerd's where it has the same case. */
const BROKEN_RULES: ReadonlyMap<string, { code: number; description: string }> = new Map([
  ["Invalid value", { code: 1002, description: "Unknown opcode" }],
  ["Reserved bits are not zero", {
    code: 1002,
    description: "Received a WebSocket frame whose compression bit was set, but the compression " +
      "extension was not negotiated for this connection.",
  }],
  ["Control frame must not be fragmented", {
    code: 1002,
    description: "Received fragmented control frame",
  }],
  ["Invalid continuation frame", { code: 1002, description: "Unexpected continuation frame" }],
  ["Invalid fragment", { code: 1002, description: "Missing continuation frame" }],
  // Of these workerd takes the first two without complaint; Deno ends the connection.
  ["Ping frame too large", { code: 1002, description: "Ping frame too large" }],
  ["Invalid UTF-8", { code: 1007, description: "Invalid UTF-8" }],
  ["Frame too large", { code: 1009, description: "Message is too large" }],
]);

/** The error that an object is given when its client breaks the protocol, in workerd's words. */
export function protocolError(code: number, description: string): Error {
  return new Error(
    `WebSocket protocol error; protocolError.statusCode = ${code}; ` +
      `protocolError.description = ${description}`,
  );
}

/** What the message of a socket's `error` event stands for. What is not known is a client that vanished. */
export function networkEnd(message: string): NetworkEnd {
  const rule = BROKEN_RULES.get(message);
  if (rule !== undefined) {
    return { kind: "error", error: protocolError(rule.code, rule.description) };
  }
  // A close frame with half a code: as none.
  if (message === "Invalid close frame") {
    return { kind: "closed", code: NO_CODE, reason: "", wasClean: true };
  }
  // Deno has answered with 1002 and keeps the client's code to itself; workerd would give that.
  if (message === "Invalid close code") {
    return { kind: "closed", code: 1002, reason: "", wasClean: true };
  }
  return { kind: "closed", code: 1006, reason: VANISHED_REASON, wasClean: false };
}
