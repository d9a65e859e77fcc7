// Reads one HTTP/1.1 response from a byte stream, strictly: what is not HTTP is said to be not HTTP.

/** What a {@linkcode ResponseParser} reports, in the order of the stream. */
export interface ResponseSink {
  /** The header of the final response is complete. */
  head(status: number, headers: Headers): void;
  /** A piece of content; only valid during the call. */
  data(bytes: Uint8Array): void;
}

/** The stream is not an HTTP/1.1 response, or one whose header is over the limit. */
export class ResponseSyntaxError extends Error {
  /** The class name, for logs. */
  override readonly name = "ResponseSyntaxError";
  /** Which of the two. */
  readonly code: "not-http" | "header-too-large";

  /**
   * A refusal of the stream.
   *
   * @param code Which of the two.
   * @param message "received Y, expected Z".
   */
  constructor(code: "not-http" | "header-too-large", message: string) {
    super(message);
    this.code = code;
  }
}

/** How long a header, a trailer section or a chunk-size line may be, in bytes (64 KiB). */
export const MAX_HEADER_BYTES: number = 64 * 1024;

const CR = 13;
const LF = 10;
const PREFIX = new TextEncoder().encode("HTTP/1.");
const STATUS_LINE = /^HTTP\/1\.[01] ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

type State =
  | "status-line"
  | "field-line"
  | "fixed"
  | "chunk-line"
  | "chunk-data"
  | "chunk-end"
  | "trailer-line"
  | "until-eof"
  | "done";

function excerpt(line: string): string {
  const text = line.length > 60 ? `${line.slice(0, 60)}…` : line;
  return JSON.stringify(text);
}

function contentLength(headers: Headers): number | null {
  const field = headers.get("content-length");
  if (field === null) return null;
  // RFC 9110, 8.6: a list of the same number is that number; anything else is an error.
  const values = new Set(field.split(",").map((value) => value.trim()));
  const [value] = values;
  if (values.size !== 1 || value === undefined || !/^\d{1,15}$/.test(value)) {
    throw new ResponseSyntaxError(
      "not-http",
      `received Content-Length ${excerpt(field)}, expected one number`,
    );
  }
  return Number(value);
}

/**
 * A push parser for one final response; interim (1xx) responses before it are skipped, `101` is
 * final. Framing is RFC 9112, section 6.3: no content for HEAD, 204 and 304; else chunked; else
 * Content-Length; else everything until the end of the stream. Lines end in CRLF; folded lines are
 * refused. The result does not depend on how the stream is cut into pieces.
 */
export class ResponseParser {
  readonly #sink: ResponseSink;
  readonly #isHead: boolean;
  #state: State = "status-line";
  #line: number[] = [];
  #sectionBytes = 0;
  #left = 0;
  #status = 0;
  #headers = new Headers();

  /**
   * A parser at the beginning of a response.
   *
   * @param method The request's method: a response to HEAD has no content.
   * @param sink Is told what comes.
   */
  constructor(method: string, sink: ResponseSink) {
    this.#isHead = method === "HEAD";
    this.#sink = sink;
  }

  /** Whether the response is complete. */
  get done(): boolean {
    return this.#state === "done";
  }

  /**
   * Takes in a piece of the stream and returns how many of its bytes belonged to this response:
   * less than all only when it is complete. Throws {@linkcode ResponseSyntaxError}; the parser is
   * of no use after that.
   */
  push(bytes: Uint8Array): number {
    let at = 0;
    while (at < bytes.length && this.#state !== "done") {
      if (this.#state === "until-eof") {
        this.#sink.data(bytes.subarray(at));
        return bytes.length;
      }
      if (this.#state === "fixed" || this.#state === "chunk-data") {
        const piece = bytes.subarray(at, at + Math.min(this.#left, bytes.length - at));
        this.#sink.data(piece);
        at += piece.length;
        this.#left -= piece.length;
        if (this.#left === 0) this.#state = this.#state === "fixed" ? "done" : "chunk-end";
        continue;
      }
      const byte = bytes[at++];
      if (byte !== undefined) this.#lineByte(byte, bytes.subarray(at));
    }
    return at;
  }

  /** The stream has ended. Returns whether the response is complete. */
  end(): boolean {
    if (this.#state === "until-eof") this.#state = "done";
    return this.done;
  }

  /** @param rest What came with it: of a broken line, people want to see more than its first byte. */
  #lineByte(byte: number, rest: Uint8Array): void {
    const line = this.#line;
    if (++this.#sectionBytes > MAX_HEADER_BYTES) {
      throw new ResponseSyntaxError(
        "header-too-large",
        `received a header of more than ${MAX_HEADER_BYTES} bytes, expected at most that`,
      );
    }
    const previous = line.at(-1);
    if (byte === LF && previous === CR) {
      line.pop();
      this.#line = [];
      this.#lineDone(String.fromCharCode(...line));
      return;
    }
    line.push(byte);
    const broken = byte === LF || previous === CR ||
      this.#state === "status-line" && line.length <= PREFIX.length &&
        byte !== PREFIX[line.length - 1] ||
      this.#state === "chunk-end" && (line.length > 1 || byte !== CR);
    if (broken) {
      const more = String.fromCharCode(...rest.subarray(0, 60)).split(/[\r\n]/, 1)[0] ?? "";
      throw this.#unexpected(String.fromCharCode(...line) + more);
    }
  }

  #unexpected(line: string): ResponseSyntaxError {
    const expected = {
      "status-line": '"HTTP/1.1" and a status',
      "field-line": "a header field and CRLF",
      "trailer-line": "a trailer field and CRLF",
      "chunk-line": "a chunk size and CRLF",
      "chunk-end": "CRLF after a chunk",
    }[this.#state as string];
    return new ResponseSyntaxError("not-http", `received ${excerpt(line)}, expected ${expected}`);
  }

  #lineDone(line: string): void {
    switch (this.#state) {
      case "status-line": {
        const [, status] = STATUS_LINE.exec(line) ?? [];
        if (status === undefined) throw this.#unexpected(line);
        this.#status = Number(status);
        this.#headers = new Headers();
        this.#state = "field-line";
        return;
      }
      case "field-line":
        return line === "" ? this.#headDone() : this.#field(line, this.#headers);
      case "trailer-line":
        if (line === "") this.#state = "done";
        else this.#field(line, new Headers());
        return;
      case "chunk-end":
        return this.#enter("chunk-line");
      case "chunk-line": {
        const [, size] = CHUNK_LINE.exec(line) ?? [];
        if (size === undefined) throw this.#unexpected(line);
        this.#left = parseInt(size, 16);
        return this.#enter(this.#left === 0 ? "trailer-line" : "chunk-data");
      }
    }
  }

  #enter(state: State): void {
    this.#state = state;
    this.#sectionBytes = 0;
  }

  #field(line: string, into: Headers): void {
    const [, name, value] = FIELD_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) throw this.#unexpected(line);
    into.append(name, value);
  }

  #headDone(): void {
    const status = this.#status;
    if (status < 200 && status !== 101) return this.#enter("status-line");
    const codings = this.#headers.get("transfer-encoding");
    const length = contentLength(this.#headers);
    this.#sink.head(status, this.#headers);
    if (this.#isHead || status === 204 || status === 304) return this.#enter("done");
    if (status === 101) return this.#enter("until-eof");
    if (codings !== null) {
      const last = codings.split(",").at(-1)?.trim().toLowerCase();
      return this.#enter(last === "chunked" ? "chunk-line" : "until-eof");
    }
    this.#left = length ?? 0;
    this.#enter(length === null ? "until-eof" : length === 0 ? "done" : "fixed");
  }
}
