// The documents of backends with the names in them turned back into those that clients know.

import { childText, parseXml, writeXml, type XmlElement, type XmlValue } from "../s3/xml.ts";
import type { ForwardedCall } from "./call.ts";
import { badBackend } from "./errors.ts";
import { encodeKey, keyInFront } from "./places.ts";

type Content = Record<string, XmlValue[]>;

/** An owner that says nothing of anybody: S3 has one, and clients want one. */
export const OWNER: XmlValue = { ID: "edge-repro", DisplayName: "edge-repro" };
/** Elements that say who the gateway is to a store: an account, a role. */
const WHO = ["Owner", "Initiator"];

/** Elements of a list that say again what was asked for, by the parameter that asked. */
const ASKED: Readonly<Record<string, string>> = {
  Prefix: "prefix",
  Delimiter: "delimiter",
  Marker: "marker",
  StartAfter: "start-after",
  KeyMarker: "key-marker",
};
/** Elements of a list that stand for one key each. */
const ENTRIES = ["Contents", "Upload"];
const NEXT = ["NextMarker", "NextKeyMarker"];

/**
 * Writes the answer to a list anew. A key that is the prefix itself, as folders in some consoles are, is
 * none to the client. It is not asked for, and left out of the answers of stores that know no start-after.
 *
 * @param root What the backend sent.
 * @throws {S3Error} 502 for names that are not of this bucket.
 */
export function listDocument(root: XmlElement, call: ForwardedCall): string {
  const { query, place } = call;
  const decode = childText(root, "EncodingType") === "url" ? decodeName : (name: string) => name;
  const wantsUrl = query.get("encoding-type") === "url";
  const encode = wantsUrl ? encodeKey : (name: string) => name;
  const inFront = (name: string) => {
    const key = keyInFront(place, decode(name));
    if (key === undefined) throw badBackend("it listed what was not asked for");
    return key;
  };
  const content: Content = {};
  let dropped = 0;
  for (const child of root.children) {
    const { name, text } = child;
    const values = content[name] ??= [];
    const asked = ASKED[name];
    if (name === "Name" || name === "Bucket") values.push(place.bucket);
    else if (asked !== undefined) {
      // The gateway's own is not told, and S3 tells of none that was not given.
      if (name !== "StartAfter" || query.has(asked)) values.push(encode(query.get(asked) ?? ""));
    } else if (NEXT.includes(name)) values.push(text === "" ? "" : encode(inFront(text)));
    else if (name === "CommonPrefixes") {
      values.push({ Prefix: encode(inFront(childText(child, "Prefix") ?? "")) });
    } else if (ENTRIES.includes(name)) {
      const key = inFront(childText(child, "Key") ?? "");
      if (key === "") dropped++;
      else values.push({ ...contentOf(child), Key: encode(key) });
    } else if (name === "EncodingType") {
      if (wantsUrl) values.push("url");
    } else values.push(valueOf(child));
  }
  if (dropped > 0 && content["KeyCount"] !== undefined) {
    content["KeyCount"] = [Math.max(Number(content["KeyCount"][0]) - dropped, 0)];
  }
  return writeXml(root.name, content);
}

/**
 * Writes a document anew that is about one object.
 *
 * @param url The URL of the object as the client knows it.
 */
export function objectDocument(root: XmlElement, call: ForwardedCall, url: string): string {
  const content = contentOf(root);
  const names: Readonly<Record<string, string>> = {
    Bucket: call.bucket,
    Key: call.key,
    Location: url,
  };
  for (const [name, value] of Object.entries(names)) {
    if (Object.hasOwn(content, name)) content[name] = [value];
  }
  return writeXml(root.name, content);
}

/** Writes the answer to a DeleteObjects anew. */
export function deleteDocument(root: XmlElement, { place }: ForwardedCall): string {
  const content: Content = {};
  for (const child of root.children) {
    const behind = childText(child, "Key");
    const key = behind === undefined ? undefined : keyInFront(place, behind);
    if (behind !== undefined && key === undefined) {
      throw badBackend("it deleted what it was not told");
    }
    const one = contentOf(child);
    if (key !== undefined) one["Key"] = [key];
    (content[child.name] ??= []).push(one);
  }
  return writeXml(root.name, content);
}

/**
 * Reads a document of a backend's.
 *
 * @throws {S3Error} 502 where it is another one, or none.
 */
export function parseDocument(text: string, root: string): XmlElement {
  try {
    return parseXml(text.trimStart(), root);
  } catch {
    throw badBackend("its answer is not the document that was expected");
  }
}

function contentOf(element: XmlElement): Content {
  const content: Content = {};
  for (const child of element.children) (content[child.name] ??= []).push(valueOf(child));
  return content;
}

function valueOf(element: XmlElement): XmlValue {
  if (WHO.includes(element.name)) return OWNER;
  return element.children.length === 0 ? element.text : contentOf(element);
}

/** Some stores write a space as a plus, as forms do; a plus itself is always `%2B`. */
function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll("+", "%20"));
  } catch {
    throw badBackend("a name in its answer cannot be read");
  }
}
