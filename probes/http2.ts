// HTTP/2 on one connection: several streams, each of which can be cancelled.

import http2 from "node:http2";
import { realClock } from "../lab/clock.ts";
import {
  DEFAULT_MAX_BODY_BYTES,
  type Exchange,
  ExchangeError,
  ExchangeRecord,
  type HeaderList,
  type ProbeRequest,
} from "./exchange.ts";
import { describeError } from "./connect_error.ts";
import { type ConnectionEnd, type ConnectOptions, Transport } from "./transport.ts";

/** An exchange on a stream of its own. */
export interface Http2Exchange extends Exchange {
  /** Sends RST_STREAM(CANCEL) (RFC 9113 §8.1, §7). Returns when, in milliseconds of the clock. */
  cancel(): number;
}

/** How long the server may take to show that it speaks HTTP/2, in milliseconds of the wall clock. */
const SETTINGS_MS = 5_000;

/**
 * One HTTP/2 connection: by ALPN over TLS, by prior knowledge otherwise (RFC 9113 §3.3). Disposing
 * of it destroys it at once.
 */
export class Http2Connection implements Disposable {
  readonly #transport: Transport;
  readonly #session: http2.ClientHttp2Session;
  readonly #options: ConnectOptions;
  readonly #open = new Set<ExchangeRecord>();
  #ended: ExchangeError | null = null;

  private constructor(
    transport: Transport,
    session: http2.ClientHttp2Session,
    options: ConnectOptions,
  ) {
    this.#transport = transport;
    this.#session = session;
    this.#options = options;
    transport.attach({
      ended: (_end, error) => {
        this.#ended = error;
        for (const record of this.#open) record.fail(error);
        this.#open.clear();
        session.destroy();
      },
    });
  }

  /**
   * Connects and waits for the server's SETTINGS. Rejects with an {@linkcode ExchangeError}:
   * `not-http` when what answers does not speak HTTP/2.
   */
  static async connect(options: ConnectOptions): Promise<Http2Connection> {
    const { url, clock } = options;
    const transport = await Transport.connect(options, ["h2"]);
    const refused = (why: string) =>
      new ExchangeError(
        "not-http",
        `Cannot speak HTTP/2 with ${url.host}: ${why}`,
        clock.now(),
      );
    if (url.protocol === "https:" && transport.alpnProtocol !== "h2") {
      transport[Symbol.dispose]();
      throw refused("the server did not choose it by ALPN");
    }
    const session = http2.connect(url.origin, { createConnection: () => transport.socket });
    const settled = Promise.withResolvers<void>();
    session.once("remoteSettings", () => settled.resolve());
    session.on("error", (error: Error) => settled.reject(refused(error.message)));
    session.once("close", () => settled.reject(refused("the server closed the connection")));
    transport.closed.then(() => settled.reject(refused("the server closed the connection")));
    const limitMs = Math.min(options.connectTimeoutMs ?? SETTINGS_MS, SETTINGS_MS);
    const cancelTimer = realClock.setTimeout(
      () => settled.reject(refused(`no SETTINGS came within ${limitMs} ms`)),
      limitMs,
    );
    try {
      await settled.promise;
    } catch (error) {
      session.destroy();
      transport[Symbol.dispose]();
      throw error;
    } finally {
      cancelTimer();
    }
    return new Http2Connection(transport, session, options);
  }

  /** When and how the connection ended; never rejects. */
  get closed(): Promise<ConnectionEnd> {
    return this.#transport.closed;
  }

  /** Sends a request on a new stream; a Host field becomes `:authority`. */
  send({ method, path, headers = [] }: ProbeRequest): Http2Exchange {
    const { clock, url } = this.#options;
    const record = new ExchangeRecord(
      `${method} ${path} from ${url.host}`,
      clock.now(),
      DEFAULT_MAX_BODY_BYTES,
    );
    const fail = (error: unknown) => {
      this.#open.delete(record);
      record.fail(
        describeError(`Cannot read the response to ${record.label}`, error, {
          atMs: clock.now(),
          host: url.host,
        }),
      );
    };
    if (this.#ended !== null) {
      record.fail(this.#ended);
      return Object.assign(record, { cancel: () => clock.now() });
    }
    if (method === "HEAD") {
      // Deno 2.9.6 ends the whole session at the answer to a HEAD, other streams included.
      const message = `Cannot send ${record.label}: this runtime has no HEAD over HTTP/2`;
      fail(new ExchangeError("unsupported", message, clock.now()));
      return Object.assign(record, { cancel: () => clock.now() });
    }
    let stream: http2.ClientHttp2Stream;
    try {
      stream = this.#session.request(fieldsOf(method, path, headers));
    } catch (error) {
      // The server has said GOAWAY, or HTTP/2 does not allow one of the fields.
      fail(error);
      return Object.assign(record, { cancel: () => clock.now() });
    }
    this.#open.add(record);
    stream.on("response", (fields) => {
      const atMs = clock.now();
      record.began(atMs);
      record.head({ status: Number(fields[":status"]), headers: headersOf(fields), atMs });
      // Listened to from the start, data can come before its header (Deno 2.9.6).
      stream.on("data", (bytes: Uint8Array) => {
        try {
          record.data(bytes, clock.now());
        } catch (error) {
          fail(error);
          stream.close(http2.constants.NGHTTP2_CANCEL);
        }
      });
    });
    stream.on("end", () => {
      // A stream that was reset ends too, and is not complete for that.
      if (stream.rstCode !== http2.constants.NGHTTP2_NO_ERROR) return;
      this.#open.delete(record);
      record.done(clock.now());
    });
    stream.on("error", fail);
    stream.on("close", () => {
      if (record.settled) return void this.#open.delete(record);
      fail(
        new ExchangeError(
          "reset",
          `Cannot read the response to ${record.label}: the stream was reset ` +
            `(error code ${stream.rstCode})`,
          clock.now(),
        ),
      );
    });
    stream.end();
    const cancel = () => {
      const atMs = clock.now();
      const message = `Cannot read the response to ${record.label}: this side cancelled it`;
      this.#open.delete(record);
      record.fail(new ExchangeError("aborted", message, atMs));
      stream.close(http2.constants.NGHTTP2_CANCEL);
      return atMs;
    };
    return Object.assign(record, { cancel });
  }

  /** Destroys the connection at once; also twice. */
  [Symbol.dispose](): void {
    this.#session.destroy();
    this.#transport[Symbol.dispose]();
  }
}

function fieldsOf(method: string, path: string, headers: HeaderList): http2.OutgoingHttpHeaders {
  const fields: Record<string, string | string[]> = { ":method": method, ":path": path };
  for (const [field, value] of headers) {
    // RFC 9113 §8.3.1: the authority takes the place of Host.
    const name = field.toLowerCase() === "host" ? ":authority" : field.toLowerCase();
    const before = fields[name];
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
}

function headersOf(fields: http2.IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) {
    if (name.startsWith(":")) continue;
    for (const one of [value ?? []].flat()) headers.append(name, one);
  }
  return headers;
}
