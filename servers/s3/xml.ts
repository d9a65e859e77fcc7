// XML as the S3 API uses it: strict and bounded when read, exact for any key when written.

import { XMLBuilder, XMLParser, XMLValidator } from "fast-xml-parser";
import { malformedXml } from "./errors.ts";

/** An element that was read. Attributes and namespace prefixes are left out: S3 needs none. */
export interface XmlElement {
  /** Its name, without a prefix. */
  name: string;
  /** Its text, decoded, white space included; of an element with children, what is between them. */
  text: string;
  /** The elements in it, in order. */
  children: XmlElement[];
}

/** What an element to be written holds: text, elements by name, or an array: one element for each. */
export type XmlValue =
  | string
  | number
  | boolean
  | undefined
  | { readonly [name: string]: XmlValue }
  | readonly XmlValue[];

/** The namespace of S3's answers. */
const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";
/** S3's own documents are 4 deep. */
const MAX_DEPTH = 8;
/** The largest document, a completion with 10,000 parts, has about 100,000. */
const MAX_TAGS = 200_000;

const PREDEFINED: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

// Text is decoded here, since the parser's own decoder also knows entities that a document declares.
const parser = new XMLParser({
  preserveOrder: true,
  processEntities: false,
  parseTagValue: false,
  trimValues: false,
  removeNSPrefix: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: "#cdata",
  maxNestedTags: MAX_DEPTH,
});

const builder = new XMLBuilder({
  ignoreAttributes: false,
  processEntities: false,
  suppressEmptyNode: false,
  tagValueProcessor: (_name, value) => escapeText(String(value)),
});

/**
 * Reads a document.
 *
 * A DOCTYPE, entities other than XML's own five, nesting beyond 8 and more than 200,000 tags are
 * refused before anything is built of them, so a document costs no more than its size allows.
 *
 * @param text The document; whoever reads it off the wire bounds its size.
 * @param root The name that its root element must have.
 * @throws {S3Error} `MalformedXML` (400).
 *
 * @example
 * ```ts
 * import { childText, parseXml } from "./xml.ts";
 *
 * const root = parseXml("<Object><Key>a&amp;b</Key></Object>", "Object");
 * console.log(childText(root, "Key")); // a&b
 * ```
 */
export function parseXml(text: string, root: string): XmlElement {
  // In a CDATA section these two would be text. No S3 client writes such a section.
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text) || tooManyTags(text)) throw malformedXml();
  let nodes: unknown;
  try {
    // The parser is lenient, but it stops at the first element that is too deep.
    nodes = parser.parse(text);
    if (XMLValidator.validate(text) !== true) throw malformedXml();
  } catch {
    throw malformedXml();
  }
  const [element, another] = read("", nodes).children;
  // The parser drops a text that follows the root.
  const ends = text.trimEnd().endsWith(">");
  if (element?.name !== root || another !== undefined || !ends) throw malformedXml();
  return element;
}

/** The elements of a name that are directly in another. */
export function childrenNamed(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name);
}

/**
 * The text of the one element of a name that is directly in another; undefined where there is none.
 *
 * @throws {S3Error} `MalformedXML` (400) when there are several.
 */
export function childText(element: XmlElement, name: string): string | undefined {
  const [found, another] = childrenNamed(element, name);
  if (another !== undefined) throw malformedXml();
  return found?.text;
}

/**
 * Writes a document, in S3's namespace unless another is named, or, for `Error`, in none. Carriage returns, line feeds and
 * characters that XML 1.0 has no place for become character references, as S3 writes them.
 *
 * @param root The root element's name.
 * @param content What is in it, in the order of its properties; undefined ones are left out.
 * @param namespace The namespace. Default: S3's.
 *
 * @example
 * ```ts
 * import { writeXml } from "./xml.ts";
 *
 * console.log(writeXml("Error", { Code: "NoSuchKey", Key: "a\rb" }));
 * // <?xml version="1.0" encoding="UTF-8"?>
 * // <Error><Code>NoSuchKey</Code><Key>a&#xD;b</Key></Error>
 * ```
 */
export function writeXml(
  root: string,
  content: { readonly [name: string]: XmlValue },
  namespace: string = NAMESPACE,
): string {
  const xmlns = root === "Error" ? {} : { "@_xmlns": namespace };
  const body: string = builder.build({ [root]: { ...xmlns, ...content } });
  return `<?xml version="1.0" encoding="UTF-8"?>\n${body}`;
}

/** An answer with a document in it, as {@linkcode writeXml} writes it. */
export function xmlResponse(
  root: string,
  content: { readonly [name: string]: XmlValue },
  init: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return new Response(writeXml(root, content), {
    status: init.status ?? 200,
    headers: { "content-type": "application/xml", ...init.headers },
  });
}

/** A node of the parser's is an object with one property: `#text`, `#cdata` or the element's name. */
function read(name: string, nodes: unknown): XmlElement {
  const element: XmlElement = { name, text: "", children: [] };
  for (const node of Array.isArray(nodes) ? nodes : []) {
    for (const [key, value] of Object.entries<unknown>(node)) {
      if (key === "#text") element.text += decodeText(String(value));
      else if (key === "#cdata") element.text += cdataText(value);
      else if (key !== ":@") element.children.push(read(key, value));
    }
  }
  return element;
}

function cdataText(nodes: unknown): string {
  if (!Array.isArray(nodes)) return "";
  return nodes.map((node) => String(node["#text"] ?? "")).join("");
}

function decodeText(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&([^;&]*);?/g, (whole, name: string) => {
    const character = whole.endsWith(";") ? decodeReference(name) : undefined;
    if (character === undefined) throw malformedXml();
    return character;
  });
}

function decodeReference(name: string): string | undefined {
  const number = /^#(?:(\d{1,7})|x([0-9a-f]{1,6}))$/i.exec(name);
  if (number === null) return Object.hasOwn(PREDEFINED, name) ? PREDEFINED[name] : undefined;
  const [, decimal, hex] = number;
  const point = decimal === undefined ? parseInt(hex ?? "", 16) : parseInt(decimal, 10);
  if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return undefined;
  return String.fromCodePoint(point);
}

function escapeText(text: string): string {
  // deno-lint-ignore no-control-regex -- they are what is looked for
  return text.replace(/[&<>"'\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, (character) => {
    for (const [name, plain] of Object.entries(PREDEFINED)) {
      if (plain === character) return `&${name};`;
    }
    return `&#x${character.charCodeAt(0).toString(16).toUpperCase()};`;
  });
}

function tooManyTags(text: string): boolean {
  let tags = 0;
  for (let at = text.indexOf("<"); at >= 0; at = text.indexOf("<", at + 1)) {
    if (++tags > MAX_TAGS) return true;
  }
  return false;
}
