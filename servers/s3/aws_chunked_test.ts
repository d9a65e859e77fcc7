// Tests of taking aws-chunked framing off: any split of the wire, broken framing, bounds of memory.

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { AwsChunkedDecoder, type AwsChunkedOptions } from "./aws_chunked.ts";
import { S3Error } from "./error.ts";
import { TEST_SIGNER, writeChunked } from "./testing_aws_chunked.ts";

const ascii = new TextEncoder();

/** The content and the trailer, or why there is none. */
function decode(
  wire: Uint8Array,
  options: AwsChunkedOptions,
  cuts: readonly number[] = [],
): { content: string; trailer: [string, string][] } | { error: string } {
  const decoder = new AwsChunkedDecoder(options);
  const edges = [0, ...cuts.map((cut) => cut % (wire.length + 1)), wire.length].sort((a, b) =>
    a - b
  );
  try {
    let content = "";
    for (const [i, edge] of edges.entries()) {
      content += decoder.push(wire.slice(edge, edges[i + 1])).toHex();
    }
    return { content, trailer: [...decoder.end()] };
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return { error: `${error.code}: ${error.message}` };
  }
}

const chunkedContent = fc.record({
  content: fc.uint8Array({ maxLength: 300 }),
  sizes: fc.array(fc.integer({ min: 1, max: 100 }), { maxLength: 6 }),
  signer: fc.constantFrom(undefined, TEST_SIGNER),
  trailer: fc.constantFrom(undefined, ["x-amz-checksum-crc32:AAAAAA=="], []),
  cuts: fc.array(fc.nat(2000), { maxLength: 12 }),
});

Deno.test("aws-chunked: any content comes out however it is chunked and the wire is split", () => {
  fc.assert(fc.property(chunkedContent, ({ content, cuts, ...how }) => {
    const wire = writeChunked(content, how);
    const trailer = how.trailer !== undefined;
    assertEquals(
      decode(wire, { decodedBytes: content.length, signer: how.signer, trailer }, cuts),
      {
        content: content.toHex(),
        trailer: how.trailer?.length ? [["x-amz-checksum-crc32", "AAAAAA=="]] : [],
      },
    );
  }));
});

const damage = fc.record({
  at: fc.nat(2000),
  remove: fc.nat(3),
  insert: fc.uint8Array({ maxLength: 3 }),
});

Deno.test("aws-chunked: damage has one outcome however the wire is split, and is refused if signed", () => {
  fc.assert(
    fc.property(chunkedContent, damage, ({ content, cuts, ...how }, { at, remove, insert }) => {
      const whole = writeChunked(content, how);
      const start = at % (whole.length + 1);
      const wire = new Uint8Array([
        ...whole.subarray(0, start),
        ...insert,
        ...whole.subarray(start + remove),
      ]);
      const options = {
        decodedBytes: content.length,
        signer: how.signer,
        trailer: how.trailer !== undefined,
      };
      const outcome = decode(wire, options, cuts);
      assertEquals(outcome, decode(wire, options));
      if (how.signer !== undefined && "content" in outcome) {
        assertEquals(outcome.content, content.toHex());
      }
    }),
    { numRuns: 1000 },
  );
});

Deno.test("aws-chunked: any byte of signed content, size, signature or trailer that changes is refused", () => {
  const content = ascii.encode("signed content");
  const trailer = ["x-amz-checksum-crc32:AAAAAA=="];
  const whole = writeChunked(content, { sizes: [5], signer: TEST_SIGNER, trailer });
  const options = { decodedBytes: content.length, signer: TEST_SIGNER, trailer: true };
  const accepted: string[] = [];
  for (const at of whole.keys()) {
    const wire = whole.map((byte, i) => i === at ? byte ^ 1 : byte);
    const outcome = decode(wire, options);
    if ("content" in outcome) accepted.push(String.fromCharCode(...whole.subarray(at - 1, at + 2)));
  }
  assertEquals(accepted, []);
});

const BROKEN: Record<string, string> = {
  "no size": "\r\nhello\r\n0\r\n\r\n",
  "a size that is no number": "5g\r\nhello\r\n0\r\n\r\n",
  "a negative size": "-5\r\nhello\r\n0\r\n\r\n",
  "an extension": "5;a=b\r\nhello\r\n0\r\n\r\n",
  "LF alone": "5\nhello\n0\n\n",
  "data longer than its chunk": "4\r\nhello\r\n1\r\no\r\n0\r\n\r\n",
  "data shorter than its chunk": "5\r\nhell\r\n0\r\n\r\n",
  "less content than was said": "4\r\nhell\r\n0\r\n\r\n",
  "more content than was said": "6\r\nhello!\r\n0\r\n\r\n",
  "more after the end": "5\r\nhello\r\n0\r\n\r\n\r\n",
  "no last chunk": "5\r\nhello\r\n",
  "no end after the last chunk": "5\r\nhello\r\n0\r\n",
  "nothing": "",
};

for (const [name, wire] of Object.entries(BROKEN)) {
  Deno.test(`aws-chunked: refuses ${name}`, () => {
    const options = { decodedBytes: 5, signer: undefined, trailer: false };
    const outcome = decode(ascii.encode(wire), options);
    assertEquals("error" in outcome && outcome.error.split(":")[0], "IncompleteBody");
  });
}

Deno.test("aws-chunked: takes the trailer as minio-go sends it, with an empty line before its end", () => {
  const options = { decodedBytes: 5, signer: undefined, trailer: true };
  const wire = ascii.encode("5\r\nhello\r\n0\r\nX-Amz-Checksum-Crc32: NhCmhg==\n\r\n\r\n");
  assertEquals(decode(wire, options), {
    content: ascii.encode("hello").toHex(),
    trailer: [["x-amz-checksum-crc32", "NhCmhg=="]],
  });
});

Deno.test("aws-chunked: refuses half a line end behind a trailer", () => {
  const options = { decodedBytes: 0, signer: undefined, trailer: true };
  assertEquals("error" in decode(ascii.encode("0\r\na:1\r\n\r\n\r"), options), true);
});

Deno.test("aws-chunked: refuses a trailer that is no list of different fields", () => {
  for (
    const trailer of [
      "nothing",
      ":x",
      "a:1\r\na:2",
      [..."abcdefghi"].map((c) => `${c}:1`).join("\r\n"),
    ]
  ) {
    const wire = ascii.encode(`0\r\n${trailer}\r\n\r\n`);
    const outcome = decode(wire, { decodedBytes: 0, signer: undefined, trailer: true });
    assertEquals("error" in outcome && outcome.error.split(":")[0], "MalformedTrailerError");
  }
});

Deno.test("aws-chunked: refuses a signed trailer without its signature, and fields behind that", () => {
  const signed = new TextDecoder().decode(
    writeChunked(new Uint8Array(), { sizes: [], signer: TEST_SIGNER, trailer: ["a:1"] }),
  );
  const options = { decodedBytes: 0, signer: TEST_SIGNER, trailer: true };
  const code = (wire: string) => {
    const outcome = decode(ascii.encode(wire), options);
    return "error" in outcome ? outcome.error.split(":")[0] : "";
  };
  assertEquals(code(signed), "");
  assertEquals(code(signed.replace(/x-amz-trailer-signature:.*\r\n/, "")), "IncompleteBody");
  assertEquals(code(signed.replace(/\r\n\r\n$/, "\r\nb:2\r\n\r\n")), "MalformedTrailerError");
  assertEquals(code(signed.replace("a:1", "a:2")), "SignatureDoesNotMatch");
});

Deno.test("aws-chunked: a line without an end is refused after 1 KiB, in one piece or byte by byte", () => {
  for (const trailer of [false, true]) {
    const before = trailer ? "0\r\n" : "";
    const options = { decodedBytes: 0, signer: undefined, trailer };
    const whole = new AwsChunkedDecoder(options);
    whole.push(ascii.encode(before));
    assertThrows(() => whole.push(new Uint8Array(2 ** 20).fill(49)), S3Error, "too long");
    const slow = new AwsChunkedDecoder(options);
    slow.push(ascii.encode(before));
    let taken = 0;
    assertThrows(
      () => {
        for (; taken < 2 ** 20; taken++) slow.push(new Uint8Array([49]));
      },
      S3Error,
      "too long",
    );
    assertEquals(taken, 1024);
  }
});

Deno.test("aws-chunked: a chunk of 2^60 bytes is refused before any of its data", () => {
  for (const size of ["1000000000000000", "ffffffffffffffff", "80000000", "11111111111111111"]) {
    const options = { decodedBytes: 2 ** 20, signer: undefined, trailer: false };
    const outcome = decode(ascii.encode(`${size}\r\n`), options);
    assert("error" in outcome && outcome.error.startsWith("IncompleteBody"));
  }
});

Deno.test("aws-chunked: signed chunks of one byte come out as one array for each piece of the wire", () => {
  const content = new Uint8Array(2000).map((_, i) => i % 256);
  const wire = writeChunked(content, { sizes: Array(2000).fill(1), signer: TEST_SIGNER });
  const options = { decodedBytes: 2000, signer: TEST_SIGNER, trailer: false };
  const decoder = new AwsChunkedDecoder(options);
  assertEquals(decoder.push(wire), content);
  decoder.end();
});
