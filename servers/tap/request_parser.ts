// Reads the HTTP/1.1 requests of one connection as they were sent: heads kept, contents only counted.

import { type Field, type Framing, framingOf } from "./framing.ts";

/** The head of a request. */
export interface RequestHead {
  /** The method. */
  method: string;
  /** The target: path and query, byte for byte, one character a byte. */
  target: string;
  /** `1.1` or `1.0`. */
  version: string;
  /** The fields in the order and case in which they were sent, values without white space around. */
  fields: readonly Field[];
  /** How its content is delimited. */
  framing: Framing;
}

/** What a {@linkcode RequestParser} reports, in the order of the stream. */
export interface RequestSink {
  /** A head is complete. */
  head(head: RequestHead): void;
  /** A piece of content without chunked framing; only valid during the call. */
  content(bytes: Uint8Array): void;
  /** The request is complete. */
  end(): void;
}

/** How long a head, a trailer section or a chunk-size line may be, in bytes. */
export const MAX_HEAD_BYTES: number = 64 << 10;

/** The stream is no request of HTTP/1.1, or none whose end can be told. */
export class RequestSyntaxError extends Error {
  /** `RequestSyntaxError`. */
  override name = "RequestSyntaxError";
}

const CR = 13;
const LF = 10;
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e\x80-\xff]+) HTTP\/(1\.[01])$/;
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
const CHUNK_LINE = /^([0-9A-Fa-f]{1,13})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/;

type State = "request-line" | "field" | "fixed" | "chunk-size" | "chunk" | "chunk-end" | "trailer";

/**
 * A push parser for requests that follow each other, pipelined ones too. Lines may end in LF alone
 * (RFC 9112 §2.2). The result does not depend on how the stream is cut into pieces.
 */
export class RequestParser {
  readonly #sink: RequestSink;
  #state: State = "request-line";
  #line = "";
  #sectionBytes = 0;
  #left = 0;
  #start: Pick<RequestHead, "method" | "target" | "version"> | undefined;
  #fields: Field[] = [];

  /** A parser at the beginning of a connection. */
  constructor(sink: RequestSink) {
    this.#sink = sink;
  }

  /**
   * Takes in a piece of the stream.
   *
   * @throws {RequestSyntaxError} when it cannot be followed any more; the parser is then of no use.
   */
  push(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#state === "fixed" || this.#state === "chunk") {
        const piece = bytes.subarray(at, at + Math.min(this.#left, bytes.length - at));
        at += piece.length;
        this.#left -= piece.length;
        this.#sink.content(piece);
        if (this.#left > 0) continue;
        if (this.#state === "fixed") this.#end();
        else this.#enter("chunk-end");
        continue;
      }
      const lineFeed = bytes.indexOf(LF, at);
      const end = lineFeed === -1 ? bytes.length : lineFeed;
      this.#sectionBytes += end - at + 1;
      if (this.#sectionBytes > MAX_HEAD_BYTES) {
        throw unexpected(`more than ${MAX_HEAD_BYTES} bytes`, `a head of at most that`);
      }
      this.#line += latin1(bytes.subarray(at, end));
      at = end + 1;
      if (lineFeed === -1) return;
      const line = this.#line.charCodeAt(this.#line.length - 1) === CR
        ? this.#line.slice(0, -1)
        : this.#line;
      this.#line = "";
      this.#lineDone(line);
    }
  }

  #lineDone(line: string): void {
    switch (this.#state) {
      case "request-line": {
        // RFC 9112 §2.2: empty lines before a request are to be passed over.
        if (line === "") return this.#enter("request-line");
        const [, method, target, version] = REQUEST_LINE.exec(line) ?? [];
        if (method === undefined || target === undefined || version === undefined) {
          throw unexpected(excerpt(line), "METHOD TARGET HTTP/1.1");
        }
        this.#start = { method, target, version };
        this.#fields = [];
        this.#state = "field";
        return;
      }
      case "field":
        if (line === "") return this.#headDone();
        this.#fields.push(fieldOf(line));
        return;
      case "chunk-size": {
        const [, size] = CHUNK_LINE.exec(line) ?? [];
        if (size === undefined) throw unexpected(excerpt(line), "the size of a chunk");
        this.#left = parseInt(size, 16);
        return this.#enter(this.#left === 0 ? "trailer" : "chunk");
      }
      case "chunk-end":
        if (line !== "") throw unexpected(excerpt(line), "an empty line after a chunk");
        return this.#enter("chunk-size");
      case "trailer":
        if (line === "") return this.#end();
        fieldOf(line);
        return;
    }
  }

  #headDone(): void {
    if (this.#start === undefined) throw new TypeError("Cannot end a head: none has begun");
    const framing = framingOf(this.#fields);
    this.#sink.head({ ...this.#start, fields: this.#fields, framing });
    switch (framing.kind) {
      case "content-length":
        this.#left = framing.bytes;
        return framing.bytes === 0 ? this.#end() : this.#enter("fixed");
      case "chunked":
        return this.#enter("chunk-size");
      case "none":
        return this.#end();
      case "both":
        if (framing.chunked) return this.#enter("chunk-size");
        throw unexpected("a Transfer-Encoding that does not end in chunked", "one that does");
      case "invalid":
        throw new RequestSyntaxError(`Cannot tell a request's end: ${framing.why}`);
    }
  }

  #end(): void {
    this.#enter("request-line");
    this.#sink.end();
  }

  #enter(state: State): void {
    this.#state = state;
    this.#sectionBytes = 0;
  }
}

function fieldOf(line: string): Field {
  const [, name, value] = FIELD_LINE.exec(line) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw unexpected(excerpt(line), "NAME: VALUE");
}

/** What is shown of a line; never the value of a field, which may be a secret. */
function excerpt(line: string): string {
  const [name = ""] = line.split(":");
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}

function unexpected(received: string, expected: string): RequestSyntaxError {
  return new RequestSyntaxError(
    `Cannot read a request: received ${received}, expected ${expected}`,
  );
}

/** One character a byte; in pieces, since a call has room for only so many arguments. */
function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) {
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  }
  return text;
}
