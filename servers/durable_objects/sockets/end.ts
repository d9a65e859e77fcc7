// One end of a WebSocket inside the host: what is sent to it, and who listens at it.

/** What a WebSocket carries: text, or bytes. */
export type SocketData = string | ArrayBuffer;

/** Who listens at an end. */
export interface EndListener {
  /** A message came from the other end. */
  message(data: SocketData): void;
  /** The other end closed. Code 1005 when it gave none, 1006 when it vanished. */
  close(code: number, reason: string, wasClean: boolean): void;
  /** The connection broke: nothing follows, no `close` either, as workerd has it. */
  error(error: Error): void;
}
