// What the parser tells of requests, however they are cut, and what it does not follow.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type Framing, framingOf, framingText } from "./framing.ts";
import { MAX_HEAD_BYTES, RequestParser, RequestSyntaxError } from "./request_parser.ts";

const bytesOf = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

interface Seen {
  line: string;
  fields: (readonly [string, string])[];
  framing: Framing;
  content: string;
  complete: boolean;
}

/** What is seen of a stream that comes in pieces of these sizes, the last one repeated. */
function parse(stream: Uint8Array, sizes: readonly number[] = [Infinity]): Seen[] {
  const seen: Seen[] = [];
  const last = () => seen.at(-1) ?? { content: "", complete: false };
  const parser = new RequestParser({
    head: ({ method, target, version, fields, framing }) =>
      seen.push({
        line: `${method} ${target} ${version}`,
        fields: [...fields],
        framing,
        content: "",
        complete: false,
      }),
    content: (bytes) => last().content += String.fromCharCode(...bytes),
    end: () => last().complete = true,
  });
  for (let at = 0, n = 0; at < stream.length; n++) {
    const size = sizes[Math.min(n, sizes.length - 1)] ?? 1;
    parser.push(stream.subarray(at, at + size));
    at += size;
  }
  return seen;
}

const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,12}$/)
  .filter((text) => !/^(content-length|transfer-encoding)$/i.test(text));
const value = fc.stringMatching(
  /^([\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]{0,20}[\x21-\x7e\x80-\xff])?)?$/,
);
const content = fc.uint8Array({ maxLength: 100 })
  .map((bytes) => String.fromCharCode(...bytes));

const request = fc.record({
  method: fc.constantFrom("GET", "PUT", "POST", "M-SEARCH"),
  target: fc.stringMatching(/^\/[\x21-\x7e]{0,30}$/),
  fields: fc.array(fc.tuple(name, value), { maxLength: 5 }),
  framing: fc.oneof(
    fc.record({ kind: fc.constant("none") }),
    fc.record({ kind: fc.constant("content-length"), content }),
    fc.record({
      kind: fc.constant("chunked"),
      chunks: fc.array(content.filter((text) => text !== ""), { maxLength: 4 }),
      extension: fc.constantFrom("", ";a=b", " ;x"),
      trailers: fc.array(fc.tuple(name, value), { maxLength: 2 }),
    }),
  ),
});

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

function written({ method, target, fields, framing }: Request): { wire: string; seen: Seen } {
  const lines = (pairs: [string, string][]) =>
    pairs.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head = (all: [string, string][]) => `${method} ${target} HTTP/1.1\r\n${lines(all)}\r\n`;
  const line = `${method} ${target} 1.1`;
  if ("content" in framing) {
    const length = framing.content.length;
    const all: [string, string][] = [...fields, ["Content-Length", String(length)]];
    return {
      wire: head(all) + framing.content,
      seen: {
        line,
        fields: all,
        framing: { kind: "content-length", bytes: length },
        content: framing.content,
        complete: true,
      },
    };
  }
  if ("chunks" in framing) {
    const all: [string, string][] = [["transfer-encoding", "chunked"], ...fields];
    const chunks = framing.chunks
      .map((text) => `${text.length.toString(16)}${framing.extension}\r\n${text}\r\n`).join("");
    return {
      wire: `${head(all)}${chunks}0\r\n${lines(framing.trailers)}\r\n`,
      seen: {
        line,
        fields: all,
        framing: { kind: "chunked" },
        content: framing.chunks.join(""),
        complete: true,
      },
    };
  }
  return {
    wire: head(fields),
    seen: { line, fields, framing: { kind: "none" }, content: "", complete: true },
  };
}

Deno.test("request parser: requests one behind the other are seen as they were sent, however they are cut", () => {
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(fc.array(request, { maxLength: 4 }), sizes, (requests, sizes) => {
      const all = requests.map(written);
      const wire = bytesOf(all.map(({ wire }) => wire).join(""));
      assertEquals(parse(wire, sizes), all.map(({ seen }) => seen));
    }),
  );
});

Deno.test("request parser: whatever comes, it is followed or refused, however it is cut", () => {
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(request, fc.nat(), fc.integer({ min: 0, max: 255 })).map(([one, at, byte]) => {
      const wire = bytesOf(written(one).wire);
      wire[at % wire.length] = byte;
      return wire;
    }),
  );
  const outcome = (stream: Uint8Array, sizes: number[]) => {
    try {
      return parse(stream, sizes);
    } catch (error) {
      if (!(error instanceof RequestSyntaxError)) throw error;
      return "refused";
    }
  };
  fc.assert(
    fc.property(junk, (stream) => assertEquals(outcome(stream, [1]), outcome(stream, [Infinity]))),
  );
});

Deno.test("request parser: lines may end in LF alone, and empty ones may come before a request", () => {
  const [one, other] = parse(bytesOf("\r\n\nGET /a HTTP/1.1\nHost: x\n\nGET /b HTTP/1.0\r\n\r\n"));
  assertEquals([one?.line, one?.fields, other?.line], [
    "GET /a 1.1",
    [["Host", "x"]],
    "GET /b 1.0",
  ]);
});

const HEAD = "PUT /a HTTP/1.1\r\nHost: x\r\n";
const LOST: [name: string, stream: string, said: string][] = [
  ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "METHOD TARGET HTTP/1.1"],
  ["TLS", "\x16\x03\x01\x02\x00\n", "METHOD TARGET HTTP/1.1"],
  ["a folded field", `${HEAD}A: b\r\n c\r\n\r\n`, "NAME: VALUE"],
  ["a space before the colon", `${HEAD}Content-Length : 3\r\n\r\n`, "NAME: VALUE"],
  ["a bare CR in a field", `${HEAD}A: b\rc\r\n\r\n`, "NAME: VALUE"],
  ["two different lengths", `${HEAD}Content-Length: 3\r\nContent-Length: 4\r\n\r\n`, "one number"],
  ["a length with a sign", `${HEAD}Content-Length: +3\r\n\r\n`, "one number"],
  ["a coding that is not chunked", `${HEAD}Transfer-Encoding: gzip\r\n\r\n`, "chunked last"],
  ["chunked twice", `${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n`, "chunked last"],
  ["no size of a chunk", `${HEAD}Transfer-Encoding: chunked\r\n\r\n-1\r\n`, "the size of a chunk"],
  [
    "a chunk longer than its size",
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n`,
    "empty line",
  ],
  ["a head without end", `${HEAD}A: ${"b".repeat(MAX_HEAD_BYTES)}`, "a head of at most that"],
];

for (const [name, stream, said] of LOST) {
  Deno.test(`request parser: ${name} is not followed`, () => {
    const error = assertThrows(() => parse(bytesOf(stream)), RequestSyntaxError);
    assertStringIncludes(error.message, said);
  });
}

Deno.test("request parser: what it says of a broken field has not the field's value", () => {
  const stream = bytesOf(`${HEAD}Authorization : secret\r\n\r\n`);
  const { message } = assertThrows(() => parse(stream), RequestSyntaxError);
  assertEquals(message.includes("secret"), false, message);
});

const FRAMINGS: [fields: [string, string][], text: string][] = [
  [[], "none"],
  [[["content-length", "5"]], "content-length: 5"],
  [[["Content-Length", "5"], ["content-length", " 5"]], "content-length: 5"],
  [[["Content-Length", "5, 5"]], "content-length: 5"],
  [[["Transfer-Encoding", "Chunked"]], "chunked"],
  [[["Transfer-Encoding", "gzip, chunked"]], "chunked"],
  [[["Transfer-Encoding", "gzip"], ["Transfer-Encoding", "chunked"]], "chunked"],
  [[["Transfer-Encoding", "chunked, gzip"]], "invalid"],
  [
    [["Content-Length", "5"], ["Transfer-Encoding", "chunked"]],
    "content-length and transfer-encoding",
  ],
  [[["Content-Length", "5"], ["Transfer-Encoding", "x"]], "content-length and transfer-encoding"],
  [[["Content-Length", ""]], "invalid"],
  [[["Content-Length", "5"], ["Content-Length", "6"]], "invalid"],
  [[["Content-Length", "1234567890123456"]], "invalid"],
];

Deno.test("framing: it is told from the fields, whatever their case and number", () => {
  for (const [fields, text] of FRAMINGS) assertEquals(framingText(framingOf(fields)), text);
});
