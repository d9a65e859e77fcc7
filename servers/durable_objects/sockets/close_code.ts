// What a program may close a WebSocket with, as workerd 2026-11-17 has it.

/** The longest reason of a close frame, in bytes of UTF-8 (RFC 6455, section 5.5). */
export const MAX_REASON_BYTES = 123;

/** The code that stands for "none was given" (RFC 6455, section 7.4.1). */
export const NO_CODE = 1005;

/** The code that stands for "vanished without a close frame" (RFC 6455, section 7.4.1). */
export const ABNORMAL = 1006;

/** What workerd gives as the reason of a client that vanished. */
export const VANISHED_REASON = "WebSocket disconnected without sending Close frame.";

// Between these every code goes but the ones that stand for something that is not a frame.
const MIN_CODE = 1000;
const MAX_CODE = 4999;
const RESERVED = [1004, NO_CODE, ABNORMAL, 1015];

const encoder = new TextEncoder();

/**
 * The code and reason of `close(code, reason)`, converted as the runtime converts them.
 *
 * @returns The code {@linkcode NO_CODE} when none was given.
 * @throws {DOMException} `InvalidAccessError` for a code that may not be sent, or a reason without a
 * code; `SyntaxError` for a reason over {@linkcode MAX_REASON_BYTES}.
 */
export function closeArguments(code: unknown, reason: unknown): { code: number; reason: string } {
  if (code === undefined) {
    if (reason === undefined) return { code: NO_CODE, reason: "" };
    throw new DOMException(
      "If you specify a WebSocket close reason, you must also specify a code.",
      "InvalidAccessError",
    );
  }
  const number = Math.trunc(Number(code)) || 0;
  if (number < MIN_CODE || number > MAX_CODE || RESERVED.includes(number)) {
    throw new DOMException(`Invalid WebSocket close code: ${number}.`, "InvalidAccessError");
  }
  const text = reason === undefined ? "" : String(reason);
  if (encoder.encode(text).length > MAX_REASON_BYTES) {
    throw new DOMException(
      `WebSocket close reason must not be longer than ${MAX_REASON_BYTES} bytes when UTF-8 encoded.`,
      "SyntaxError",
    );
  }
  return { code: number, reason: text };
}
