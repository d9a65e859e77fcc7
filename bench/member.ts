// One client of a benchmark: a raw connection that notes when its answer begins, and little else.

import type { Clock } from "../lab/clock.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One connection with one request at a time. */
export class Member implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #clock: Clock;
  readonly #chunk = new Uint8Array(4_096);
  #received = 0;
  #firstByte: Promise<number> = Promise.resolve(NaN);

  private constructor(connection: Deno.TcpConn, clock: Clock) {
    this.#connection = connection;
    this.#clock = clock;
  }

  /** Connects to a port of 127.0.0.1. */
  static async connect(port: number, clock: Clock): Promise<Member> {
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    connection.setNoDelay(true);
    return new Member(connection, clock);
  }

  /** Sends a GET and begins to read. */
  async send(path: string): Promise<void> {
    await this.#connection.write(encoder.encode(`GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`));
    this.#firstByte = this.#begin();
  }

  /** When the answer began, in milliseconds since the Unix epoch. */
  get firstByte(): Promise<number> {
    return this.#firstByte;
  }

  /** Reads the answer to its end. Throws when it is not a 200. */
  async rest(): Promise<void> {
    await this.#firstByte;
    let text = decoder.decode(this.#chunk.subarray(0, this.#received));
    while (!isWhole(text)) {
      const count = await this.#connection.read(this.#chunk);
      if (count === null) throw new Error(`Cannot read on: received '${text}', then the end`);
      text += decoder.decode(this.#chunk.subarray(0, count));
    }
    const [first = ""] = text.split("\r\n", 1);
    if (!first.startsWith("HTTP/1.1 200")) throw new Error(`Cannot use '${first}', expected 200`);
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#connection.close();
  }

  async #begin(): Promise<number> {
    this.#received = await this.#connection.read(this.#chunk) ?? 0;
    return this.#clock.now();
  }
}

/** Whether a response of known length, or a chunked one, is all there. */
function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, end + 2))?.[1];
  if (length === undefined) return text.endsWith("\r\n0\r\n\r\n");
  return text.length - end - 4 >= Number(length);
}
