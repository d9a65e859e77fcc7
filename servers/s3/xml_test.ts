// Tests of reading and writing XML.

import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { S3Error } from "./error.ts";
import { childrenNamed, childText, parseXml, writeXml, xmlResponse } from "./xml.ts";

const REFUSED: [name: string, document: string][] = [
  ["nothing", ""],
  ["no XML", "hello"],
  ["another root", "<Other/>"],
  ["two roots", "<Delete/><Delete/>"],
  ["text behind the root", "<Delete/>x"],
  ["an unclosed element", "<Delete><Object></Delete>"],
  ["an end that is missing", "<Delete>"],
  ["an unknown entity", "<Delete>&nbsp;</Delete>"],
  ["a bare ampersand", "<Delete>a & b</Delete>"],
  ["a reference to a surrogate", "<Delete>&#xD800;</Delete>"],
  ["a reference beyond Unicode", "<Delete>&#x110000;</Delete>"],
  ["a doctype", "<!DOCTYPE Delete><Delete/>"],
  [
    "a billion laughs",
    `<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "${
      "&lol;".repeat(10)
    }">]><Delete>&lol2;</Delete>`,
  ],
  [
    "an external entity",
    `<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><Delete>&f;</Delete>`,
  ],
  ["deep nesting", `<Delete>${"<a>".repeat(50)}${"</a>".repeat(50)}</Delete>`],
  ["very deep nesting", `<Delete>${"<a>".repeat(90_000)}${"</a>".repeat(90_000)}</Delete>`],
  ["too many elements", `<Delete>${"<a/>".repeat(200_001)}</Delete>`],
  ["names of prototypes", "<Delete><__proto__><x>1</x></__proto__></Delete>"],
];

for (const [name, document] of REFUSED) {
  Deno.test(`xml: ${name} is MalformedXML`, () => {
    const error = assertThrows(() => parseXml(document, "Delete"), S3Error);
    assertEquals([error.code, error.status], ["MalformedXML", 400]);
  });
}

Deno.test("xml: text is decoded once, and kept with its white space", () => {
  const key = (text: string) =>
    childText(parseXml(`<Object><Key>${text}</Key></Object>`, "Object"), "Key");
  assertEquals(key(" a\t"), " a\t");
  assertEquals(key("&lt;&gt;&amp;&quot;&apos;"), `<>&"'`);
  assertEquals(key("&amp;lt;"), "&lt;");
  assertEquals(key("&#13;&#xA;&#x1F600;"), "\r\n\u{1f600}");
  assertEquals(key("a<![CDATA[<&amp;>]]>b"), "a<&amp;>b");
  assertEquals(key("a<!-- x -->b"), "ab");
  assertEquals(key("1e3"), "1e3");
  assertEquals(key(""), "");
});

Deno.test("xml: a declaration, a namespace, prefixes and attributes change nothing", () => {
  const text =
    `<?xml version="1.0"?>\n<s:Delete xmlns:s="http://s3.amazonaws.com/doc/2006-03-01/" a="1">
    <s:Object><s:Key>x</s:Key></s:Object><s:Quiet/></s:Delete>\n`;
  const root = parseXml(text, "Delete");
  assertEquals(childrenNamed(root, "Object").map((object) => childText(object, "Key")), ["x"]);
  assertEquals(childText(root, "Quiet"), "");
  assertEquals(childText(root, "Missing"), undefined);
});

Deno.test("xml: one element where several may be is a list of one, and several where one may be are refused", () => {
  const one = parseXml("<D><O/></D>", "D");
  const two = parseXml("<D><O/><O/></D>", "D");
  assertEquals(childrenNamed(one, "O").length, 1);
  assertEquals(childrenNamed(two, "O").length, 2);
  assertThrows(() => childText(two, "O"), S3Error);
});

Deno.test("xml: any text survives being written and read", () => {
  const text = fc.string({ unit: "binary", maxLength: 40 }).filter((one) => one.isWellFormed());
  fc.assert(
    fc.property(fc.array(text), (keys) => {
      const root = parseXml(
        writeXml("List", { Name: "a", Contents: keys.map((Key) => ({ Key })) }),
        "List",
      );
      assertEquals(childrenNamed(root, "Contents").map((one) => childText(one, "Key")), keys);
    }),
    { numRuns: 100 },
  );
});

Deno.test("xml: what XML has no place for is written as references, and nothing is written raw", () => {
  const document = writeXml("Error", { Key: "\0\x01\r\n\t<&>\"'\x7f\uffff" });
  const [, key = ""] = /<Key>(.*)<\/Key>/s.exec(document) ?? [];
  assertEquals(key, "&#x0;&#x1;&#xD;&#xA;&#x9;&lt;&amp;&gt;&quot;&apos;&#x7F;&#xFFFF;");
});

Deno.test("xml: undefined is left out, an empty text and an empty list are not the same", async () => {
  const response = xmlResponse("R", { A: undefined, B: "", C: [], D: 0, E: false, F: ["x", "y"] });
  assertEquals(response.headers.get("content-type"), "application/xml");
  const text = await response.text();
  assert(
    text.startsWith(`<?xml version="1.0" encoding="UTF-8"?>\n<R xmlns="http://s3.amazonaws.com/`),
  );
  assert(text.endsWith("<B></B><D>0</D><E>false</E><F>x</F><F>y</F></R>"), text);
});

Deno.test("xml: whatever the document, nothing but an S3Error is thrown", () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ..."< > / & ; # <a> </a> <a/> <!-- --> <![CDATA[ ]]> <? ?> <!DOCTYPE a= ' &lt; &#1;".split(
        " ",
      ),
    ),
    fc.string({ unit: "binary", maxLength: 4 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), fc.boolean(), (pieces, wrapped) => {
      const text = pieces.join("");
      try {
        parseXml(wrapped ? `<a>${text}</a>` : text, "a");
      } catch (error) {
        if (!(error instanceof S3Error)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
});
