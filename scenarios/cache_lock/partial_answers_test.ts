// Which answers to a range, to HEAD and to a condition are right, and what is said of wrong ones.

import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { whyNotHead, whyNotPart, whyNotUnchanged, type WhyWrong } from "./partial_answers.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const WHOLE = "slow-origin /edge-repro/abc/object request 1\n";
const whole = bytesOf(WHOLE);

type Row = [
  status: number,
  headers: Record<string, string>,
  body: string,
  /** What is said of it; undefined where it is right. */
  says?: RegExp,
];

function rows(name: string, why: WhyWrong, table: readonly Row[]): void {
  for (const [status, headers, body, says] of table) {
    const what = `${status} ${JSON.stringify(headers)} '${body.trim()}'`;
    Deno.test(`${name}: ${what} is ${says ? "wrong" : "right"}`, () => {
      const said = why({ status, headers: new Headers(headers), bytes: bytesOf(body) }, whole);
      if (says) assertMatch(said ?? "", says);
      else assertEquals(said, undefined);
    });
  }
}

const part = (range: string) => ({ "content-range": range });

rows("a range", whyNotPart({ first: 10, last: 29 }), [
  [206, part("bytes 10-29/45"), WHOLE.slice(10, 30)],
  [206, part("bytes 10-29/*"), WHOLE.slice(10, 30)],
  // Of an answer of the reader's own, the tenth.
  [206, part("bytes 10-29/46"), WHOLE.slice(10, 30)],
  [206, part("bytes 12-19/45"), WHOLE.slice(12, 20)],
  [200, {}, WHOLE],
  [200, {}, WHOLE.replace("request 1", "request 12")],
  [206, part("bytes 10-29/45"), WHOLE.slice(0, 20), /other bytes than these/],
  [206, part("bytes 10-29/45"), WHOLE.slice(10, 29), /other bytes than these/],
  [206, part("bytes 0-19/45"), WHOLE.slice(0, 20), /expected bytes 10-29 or a part of them/],
  [206, part("bytes 10-30/45"), WHOLE.slice(10, 31), /expected bytes 10-29/],
  [206, part("bytes 10-29/20"), WHOLE.slice(10, 30), /expected a length of 45/],
  [206, part("bytes 29-10/45"), "", /expected bytes 10-29/],
  [206, {}, WHOLE.slice(10, 30), /Content-Range: none/],
  [200, {}, WHOLE.slice(10, 30), /200 with 20 bytes that are not the whole/],
  [416, part("bytes */45"), "", /the answer was 416/],
  [503, {}, "later\n", /the answer was 503/],
  [304, {}, "", /the answer was 304/],
]);

rows("HEAD", whyNotHead, [
  [200, { "content-length": "45" }, ""],
  [200, { "content-length": "46" }, ""],
  [200, {}, ""],
  [200, { "content-length": "0" }, "", /Content-Length: 0, expected 45/],
  [304, {}, "", /the answer was 304, expected 200/],
  [502, {}, "", /the answer was 502/],
]);

rows("a condition", whyNotUnchanged, [
  [304, {}, ""],
  [200, {}, WHOLE],
  [200, {}, WHOLE.slice(1), /are not the whole/],
  [412, {}, "", /the answer was 412/],
]);

Deno.test("a range: right bytes are right wherever it lies, and one byte changed is wrong", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 1, maxLength: 60, min: 97, max: 122 }),
    fc.nat(),
    fc.nat(),
    fc.nat(),
    (given, a, b, at) => {
      const content = new Uint8Array(given);
      const first = a % content.length;
      const last = first + b % (content.length - first);
      const bytes = content.slice(first, last + 1);
      const headers = new Headers(part(`bytes ${first}-${last}/${content.length}`));
      const why = whyNotPart({ first, last });
      assertEquals(why({ status: 206, headers, bytes }, content), undefined);
      bytes[at % bytes.length] = 48;
      assertMatch(why({ status: 206, headers, bytes }, content) ?? "", /other bytes/);
    },
  ));
});
