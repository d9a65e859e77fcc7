// One client of an object store: a raw connection that sends requests made before, and little else.

/** A request as bytes, and what must answer it. */
export interface S3Request {
  /** Request line and header fields, with the empty line. */
  head: string;
  /** How much content it carries, in bytes. */
  sentBytes: number;
  /** How much content its answer must have, in bytes. */
  receivedBytes: number;
}

/** What is sent at once. */
const SENT_BYTES = 256 * 1024;
/** What is read at once of a content. */
const RECEIVED_BYTES = 256 * 1024;
/** What is read at once of an answer's beginning. */
const HEAD_BYTES = 16 * 1024;
/** Contents up to this long are sent together with the head. */
const TOGETHER_BYTES = 64 * 1024;

const encoder = new TextEncoder();
const latin1 = new TextDecoder("latin1");
/** What contents are made of. Nothing that a server could compress. */
const content = noise(SENT_BYTES);
/** Where the contents of all connections are read to: nobody looks at them. */
const discarded = new Uint8Array(RECEIVED_BYTES);

/** One connection with one request at a time; it connects again where the server does not keep it. */
export class S3Connection implements Disposable {
  readonly #port: number;
  readonly #first: Uint8Array<ArrayBuffer>;
  readonly #laterBytes: number;
  readonly #receivedBytes: number;
  readonly #buffer = new Uint8Array(HEAD_BYTES);
  readonly #onBytes: (count: number) => void;
  #connection: Deno.TcpConn | undefined;

  /**
   * Does not connect yet.
   *
   * @param port Of 127.0.0.1.
   * @param onBytes Told of content that was sent or received, in bytes.
   */
  constructor(port: number, request: S3Request, onBytes: (count: number) => void) {
    const head = encoder.encode(request.head);
    const together = request.sentBytes <= TOGETHER_BYTES ? request.sentBytes : 0;
    this.#first = new Uint8Array(head.length + together);
    this.#first.set(head);
    this.#first.set(content.subarray(0, together), head.length);
    this.#laterBytes = request.sentBytes - together;
    this.#receivedBytes = request.receivedBytes;
    this.#port = port;
    this.#onBytes = onBytes;
  }

  /** Sends the request and reads its answer. Throws when that is not a 200 of the right length. */
  async exchange(): Promise<void> {
    const connection = this.#connection ??= await connect(this.#port);
    try {
      await this.#send(connection);
    } catch (error) {
      // What the server has said before it closed is more worth than that it closed.
      await this.#receive(connection);
      throw error;
    }
    const isKept = await this.#receive(connection);
    if (!isKept) this[Symbol.dispose]();
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.#connection?.close();
    this.#connection = undefined;
  }

  async #send(connection: Deno.TcpConn): Promise<void> {
    await writeAll(connection, this.#first);
    for (let left = this.#laterBytes; left > 0;) {
      const count = await connection.write(content.subarray(0, left));
      left -= count;
      this.#onBytes(count);
    }
  }

  /** Returns whether the connection can be used again. */
  async #receive(connection: Deno.TcpConn): Promise<boolean> {
    const buffer = this.#buffer;
    let filled = 0;
    let head = "";
    let end = -1;
    while (end < 0) {
      const count = await connection.read(buffer.subarray(filled));
      // An empty buffer reads nothing: heads are not so long.
      if (count === null || count === 0) {
        throw new Error(`Cannot read an answer: it ends after '${head}'`);
      }
      filled += count;
      head = latin1.decode(buffer.subarray(0, filled));
      end = head.indexOf("\r\n\r\n");
    }
    const fields = head.slice(0, end + 2);
    if (!/^HTTP\/1\.[01] 200 /.test(fields)) {
      throw new Error(`Cannot use the answer '${head.slice(0, 600)}', expected status 200`);
    }
    let received = filled - end - 4;
    const length = lengthOf(fields);
    if (length === undefined) {
      const rest = latin1.decode(buffer.subarray(end + 4, filled));
      if (this.#receivedBytes === 0 && rest === "0\r\n\r\n") return isKept(fields);
      throw new Error(`Cannot use an answer without a length: '${fields}'`);
    }
    if (length !== this.#receivedBytes) {
      throw new Error(`Cannot use an answer of ${length} bytes, expected ${this.#receivedBytes}`);
    }
    this.#onBytes(received);
    while (received < length) {
      const count = await connection.read(discarded);
      if (count === null) throw new Error(`Cannot read on: ${length - received} bytes are missing`);
      received += count;
      this.#onBytes(count);
    }
    if (received > length) throw new Error(`Cannot use ${received} bytes, expected ${length}`);
    return isKept(fields);
  }
}

function lengthOf(fields: string): number | undefined {
  const text = /\r\ncontent-length: *(\d+)\r\n/i.exec(fields)?.[1];
  return text === undefined ? undefined : Number(text);
}

function isKept(fields: string): boolean {
  return fields.startsWith("HTTP/1.1") && !/\r\nconnection: *close\r\n/i.test(fields);
}

async function connect(port: number): Promise<Deno.TcpConn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  connection.setNoDelay(true);
  return connection;
}

async function writeAll(connection: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function noise(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  // No more than this is given at once.
  for (let at = 0; at < sizeBytes; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}
