// Tests of the response parser: framing, refusals, and that cutting the stream changes nothing.

import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { MAX_HEADER_BYTES, ResponseParser, ResponseSyntaxError } from "./http1_parser.ts";

/** What one parse came to, as plain data. */
interface Parsed {
  heads: [number, Record<string, string>][];
  content: string;
  consumed: number;
  complete: boolean;
  refusal: string | null;
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** Feeds `pieces` and then, unless it is complete, the end of the stream. */
function parse(pieces: readonly Uint8Array[], method = "GET"): Parsed {
  const parsed: Parsed = { heads: [], content: "", consumed: 0, complete: false, refusal: null };
  const parser = new ResponseParser(method, {
    head: (status, headers) => parsed.heads.push([status, Object.fromEntries(headers)]),
    data: (bytes) => parsed.content += String.fromCharCode(...bytes),
  });
  try {
    for (const piece of pieces) {
      const taken = parser.push(piece);
      parsed.consumed += taken;
      if (taken < piece.byteLength) break;
    }
    parsed.complete = parser.end();
  } catch (error) {
    if (!(error instanceof ResponseSyntaxError)) throw error;
    parsed.refusal = error.code;
    parsed.consumed = -1;
  }
  return parsed;
}

const parseText = (text: string, method?: string) => parse([latin1(text)], method);

const RESPONSES: Record<string, string> = {
  length: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\nx-a: 2\r\n\r\nhello",
  "length 0": "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
  "same length twice": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
  chunked: "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n" +
    '3;a="b"\r\nhel\r\n2 \r\nlo\r\n0;last\r\nX-Trailer: t\r\n\r\n',
  "until the end": "HTTP/1.0 200 OK\r\nServer: x\r\n\r\nhello",
  "coding that is not chunked": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
  interim: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" +
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  "no reason": "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello",
  "spaces around a value": "HTTP/1.1 200 OK\r\nContent-Length: \t 5 \r\n\r\nhello",
  "switching protocols": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nhello",
  truncated: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
  "truncated chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello",
  "cut before the last chunk":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
  "cut in the header": "HTTP/1.1 200 OK\r\nContent-Le",
  pipelined: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 404 Not Found\r\n\r\n",
  "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
  garbage: "220 mail.example ESMTP\r\n",
  "no CRLF after a chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello",
};

for (const [name, text] of Object.entries(RESPONSES)) {
  Deno.test(`ResponseParser: any cutting gives the same result (${name})`, () => {
    const bytes = latin1(text);
    const whole = parse([bytes]);
    fc.assert(fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts, bytes.length].toSorted((a, b) => a - b);
      const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
      assertEquals(parse(pieces), whole);
    }));
    assertEquals(parse(Array.from(bytes, (byte) => Uint8Array.of(byte))), whole);
  });
}

Deno.test("ResponseParser: content is framed as RFC 9112 section 6.3 says", () => {
  const whole = [
    ...["length", "same length twice", "chunked", "until the end", "coding that is not chunked"],
    ...["interim", "no reason", "spaces around a value", "switching protocols", "pipelined"],
  ];
  for (const name of whole) {
    const parsed = parseText(RESPONSES[name] ?? "");
    assertEquals([name, parsed.content, parsed.complete], [name, "hello", true]);
    assertEquals(parsed.heads.length, 1);
  }
  assertEquals(parseText(RESPONSES["length"] ?? "").heads, [
    [200, { "content-length": "5", "x-a": "1, 2" }],
  ]);
  for (const name of ["truncated", "truncated chunk", "cut before the last chunk"]) {
    const { content, complete } = parseText(RESPONSES[name] ?? "");
    assertEquals([name, content, complete], [name, "hello", false]);
  }
});

Deno.test("ResponseParser: a response takes no byte of the next one", () => {
  const first = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
  assertEquals(parseText(RESPONSES.pipelined ?? "").consumed, first.length);
});

Deno.test("ResponseParser: HEAD, 204 and 304 have no content whatever their fields say", () => {
  for (const [status, method] of [[200, "HEAD"], [204, "GET"], [304, "GET"]] as const) {
    for (const field of ["Content-Length: 5", "Transfer-Encoding: chunked"]) {
      const head = `HTTP/1.1 ${status} X\r\n${field}\r\n\r\n`;
      const parsed = parseText(`${head}HTTP/1.1`, method);
      assertEquals([parsed.complete, parsed.content, parsed.consumed], [true, "", head.length]);
    }
  }
});

Deno.test("ResponseParser: what is not HTTP/1.1 is refused", () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const refused = [
    ...[
      "SSH-2.0-x\r\n",
      "<html>",
      "\0\0\u0012\u0004",
      "\r\nHTTP/1.1 200 OK\r\n",
      "http/1.1 200 OK\r\n",
    ],
    ...["HTTP/1.1 20 OK\r\n", "HTTP/1.1 2000 OK\r\n", "HTTP/1.1 099 X\r\n", "HTTP/1.1200 OK\r\n"],
    ...["HTTP/1.2 200 OK\r\n", "HTTP/1.1 200 OK\n", "HTTP/1.1 200 \u0001\r\n"],
    ...[`${ok}Name\r\n`, `${ok}: v\r\n`, `${ok}A : v\r\n`, `${ok}A: v\r\n folded\r\n`],
    ...[`${ok}A: v\n`, `${ok}A: \0\r\n`, `${ok}A: v\rB: w\r\n`],
    ...["-1", "5x", "0x5", "5, 6", "", "1e3", "99999999999999999999", "5;6"]
      .map((value) => `${ok}Content-Length: ${value}\r\n\r\n`),
    ...["x\r\n", "-1\r\n", "\r\n", "5\n", "fffffffffffffff\r\n", "5 x\r\n", "0x5\r\n"]
      .map((line) => `${ok}Transfer-Encoding: chunked\r\n\r\n${line}`),
  ];
  for (const text of refused) {
    assertEquals([text, parseText(text).refusal], [text, "not-http"]);
  }
});

Deno.test("ResponseParser: a refusal says what came and what was expected, on one line", () => {
  const parser = new ResponseParser("GET", { head: () => {}, data: () => {} });
  const error = assertThrows(() => parser.push(latin1("SSH-2.0-OpenSSH_9.2\r\n")));
  const message = error instanceof ResponseSyntaxError ? error.message : "";
  assertMatch(message, /^received "SSH-2\.0-OpenSSH_9\.2", expected "HTTP\/1\.1" and a status$/);
});

Deno.test("ResponseParser: random bytes are refused or wait for more, and never crash it", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    const parsed = parse([latin1("HTTP/1.1 200 OK\r\n"), bytes]);
    return parsed.refusal === "not-http" || !parsed.complete || parsed.heads.length === 1;
  }));
});

Deno.test("ResponseParser: a header may have its limit, and not one byte more", () => {
  const start = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: ";
  const fits = `${start}${"x".repeat(MAX_HEADER_BYTES - start.length - 4)}\r\n\r\n`;
  assertEquals(fits.length, MAX_HEADER_BYTES);
  assertEquals(parseText(fits).complete, true);
  assertEquals(parseText(fits.replace("A: ", "A: x")).refusal, "header-too-large");
  assertEquals(
    parseText(`HTTP/1.1 200 ${"x".repeat(MAX_HEADER_BYTES)}`).refusal,
    "header-too-large",
  );
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const endless = `${chunked}0\r\n${"X: y\r\n".repeat(MAX_HEADER_BYTES)}`;
  assertEquals(parseText(endless).refusal, "header-too-large");
  assertEquals(
    parseText(`${chunked}5;${"x".repeat(MAX_HEADER_BYTES)}`).refusal,
    "header-too-large",
  );
});
