// Raw HTTP/1.1 on one connection: requests go out as written, and every way to leave is there.

import { Buffer } from "node:buffer";
import {
  type BodySink,
  DEFAULT_MAX_BODY_BYTES,
  type Exchange,
  ExchangeError,
  ExchangeRecord,
  type ProbeRequest,
} from "./exchange.ts";
import { ResponseParser, ResponseSyntaxError } from "./http1_parser.ts";
import { type ConnectionEnd, type ConnectOptions, Transport } from "./transport.ts";

/** A request over HTTP/1.1. */
export interface Http1Request extends ProbeRequest {
  /** The content; its length is announced as Content-Length unless `headers` frames it. */
  body?: Uint8Array;
  /** Announces more content than `body` has: a request body that is never finished. In bytes. */
  declaredLength?: number;
  /**
   * Fails the exchange with `body-too-large` over this. Default {@linkcode DEFAULT_MAX_BODY_BYTES},
   * and no limit with `onBody`.
   */
  maxBodyBytes?: number;
  /** What messages call the path, when its query is a secret. Default: the path. */
  shownPath?: string;
  /** Takes the content of the response as it comes, in place of keeping it. */
  onBody?: BodySink;
}

/** One connection that speaks HTTP/1.1. Disposing of it destroys it at once. */
export class Http1Connection implements Disposable {
  readonly #transport: Transport;
  readonly #options: ConnectOptions;
  readonly #pending: { record: ExchangeRecord; parser: ResponseParser }[] = [];
  #ended: ExchangeError | null = null;
  /** One time for everything that one piece of the stream brings: its order is then its own. */
  #pieceAtMs = 0;
  #halfClosed = false;
  #paused = false;
  #bytesPerSecond = Infinity;
  #cancelReading: () => void = () => {};

  private constructor(transport: Transport, options: ConnectOptions) {
    this.#transport = transport;
    this.#options = options;
    transport.attach({
      data: (bytes, atMs) => this.#data(bytes, atMs),
      ended: (end, error) => this.#end(end, error),
    });
  }

  /** Connects. Rejects with an {@linkcode ExchangeError} whose message names the address. */
  static async connect(options: ConnectOptions): Promise<Http1Connection> {
    return new Http1Connection(await Transport.connect(options, ["http/1.1"]), options);
  }

  /** The client's port. */
  get localPort(): number {
    return this.#transport.localPort;
  }

  /** The server's port. */
  get remotePort(): number {
    return this.#transport.remotePort;
  }

  /** When and how the connection ended; never rejects. */
  get closed(): Promise<ConnectionEnd> {
    return this.#transport.closed;
  }

  /** Sends a request. More can be sent before it is answered: responses come in order. */
  send(request: Http1Request): Exchange {
    const bytes: Uint8Array[] = [];
    const record = this.#begin(request, bytes);
    for (const piece of bytes) this.#transport.socket.write(piece);
    return record;
  }

  /**
   * Sends several requests in one piece, so that the server has all of them before it can answer the
   * first (RFC 9112 §9.3.2). Returns their exchanges in the same order.
   */
  pipeline(requests: readonly Http1Request[]): Exchange[] {
    const bytes: Uint8Array[] = [];
    const records = requests.map((request) => this.#begin(request, bytes));
    if (bytes.length > 0) this.#transport.socket.write(Buffer.concat(bytes));
    return records;
  }

  /**
   * Sends more of the content that the last request announced (`declaredLength`). Resolves when the
   * kernel has taken it, or the connection has ended: what went wrong shows in the exchange.
   */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#ended !== null || this.#halfClosed) return;
    const taken = new Promise<void>((resolve) => {
      this.#transport.socket.write(bytes, () => resolve());
    });
    await Promise.race([taken, this.closed]);
  }

  /** Awaits the answer to a request, whose bytes are added to `out`; none when it cannot go out. */
  #begin(request: Http1Request, out: Uint8Array[]): ExchangeRecord {
    const { method, path, shownPath = path, headers = [], body, declaredLength } = request;
    const { clock, url } = this.#options;
    const label = `${method} ${shownPath} from ${this.#transport.peer}`;
    const record = new ExchangeRecord(
      label,
      clock.now(),
      request.maxBodyBytes ?? (request.onBody ? Infinity : DEFAULT_MAX_BODY_BYTES),
      request.onBody,
    );
    if (this.#ended !== null || this.#halfClosed) {
      const message = `Cannot send ${label}: this side has sent FIN already`;
      record.fail(this.#ended ?? new ExchangeError("aborted", message, clock.now()));
      return record;
    }
    const fields = [...headers];
    const has = (name: string) => fields.some(([field]) => field.toLowerCase() === name);
    if (!has("host")) fields.unshift(["Host", url.host]);
    const length = declaredLength ?? body?.byteLength;
    if (length !== undefined && !has("content-length") && !has("transfer-encoding")) {
      fields.push(["Content-Length", String(length)]);
    }
    const head = fields.map(([name, value]) => `${name}: ${value}\r\n`).join("");
    const parser = new ResponseParser(method, {
      head: (status, headers) => record.head({ status, headers, atMs: this.#pieceAtMs }),
      data: (bytes) => record.data(bytes, this.#pieceAtMs),
    });
    this.#pending.push({ record, parser });
    out.push(Buffer.from(`${method} ${path} HTTP/1.1\r\n${head}\r\n`));
    if (body !== undefined && body.byteLength > 0) out.push(body);
    return record;
  }

  /**
   * Sends FIN and goes on reading. Returns when. Over TLS as well: in Deno 2.9.6 `end()` of a
   * `node:tls` socket with `allowHalfOpen` sends close_notify and FIN, and what the server writes
   * after them is still read (the test of it looks at both on the wire).
   */
  halfClose(): number {
    this.#halfClosed = true;
    return this.#transport.halfClose();
  }

  /** Closes both directions. Returns when. */
  close(): number {
    return this.#transport.close();
  }

  /** Sends RST. Returns when. */
  reset(): number {
    return this.#transport.reset();
  }

  /** Stops reading: the kernel's buffers fill, then the server's. */
  pause(): void {
    this.#paused = true;
    this.#cancelReading();
    this.#transport.hold(true);
  }

  /** Reads on, at the rate that was set if one was. */
  resume(): void {
    this.#paused = false;
    this.#transport.hold(false);
  }

  /**
   * Reads at about this many bytes a second of the probe's clock from now on: after each piece it
   * stops for as long as the piece should have taken. `Infinity` is as fast as bytes come.
   */
  readRate(bytesPerSecond: number): void {
    if (!(bytesPerSecond > 0)) {
      throw new RangeError(
        `Cannot set a rate of reading: received ${bytesPerSecond}, expected a number above 0`,
      );
    }
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Destroys the connection at once; also twice. */
  [Symbol.dispose](): void {
    this.#transport[Symbol.dispose]();
  }

  #restAfter(bytes: Uint8Array): void {
    const restMs = bytes.byteLength / this.#bytesPerSecond * 1_000;
    if (restMs === 0 || this.#ended !== null) return;
    this.#transport.hold(true);
    this.#cancelReading();
    this.#cancelReading = this.#options.clock.setTimeout(() => {
      if (!this.#paused) this.#transport.hold(false);
    }, restMs);
  }

  #data(bytes: Uint8Array, atMs: number): void {
    this.#pieceAtMs = atMs;
    this.#restAfter(bytes);
    let rest = bytes;
    while (rest.byteLength > 0) {
      const [first] = this.#pending;
      if (first === undefined) return; // Nobody asked for it, and nothing depends on it.
      const { record, parser } = first;
      record.began(atMs);
      try {
        rest = rest.subarray(parser.push(rest));
      } catch (error) {
        return this.#refuse(record, error, atMs);
      }
      if (!parser.done) return;
      record.done(atMs);
      this.#pending.shift();
    }
  }

  /** What came is not what was asked for: nothing on this connection can be trusted any more. */
  #refuse(record: ExchangeRecord, error: unknown, atMs: number): void {
    const refusal = error instanceof ExchangeError
      ? error
      : error instanceof ResponseSyntaxError
      ? new ExchangeError(
        error.code,
        `Cannot read the response to ${record.label}: ${error.message}`,
        atMs,
        error,
      )
      : null;
    if (refusal === null) throw error;
    record.fail(refusal);
    this.#transport[Symbol.dispose]();
  }

  #end({ atMs, how }: ConnectionEnd, error: ExchangeError): void {
    this.#ended = error;
    this.#cancelReading();
    for (const { record, parser } of this.#pending.splice(0)) {
      if (how === "fin" && parser.end()) record.done(atMs);
      else record.fail(error);
    }
  }
}
