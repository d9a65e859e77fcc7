// What no message may show: keys, tokens, the target's own headers and signatures, however a store echoes them.

import type { Access } from "../../lab/scenario.ts";

/** Shorter ones are not looked for: replacing every `1` would destroy a line. */
const SHORTEST = 4;
const REPLACEMENT = "***";

/**
 * A text of someone else's without what the requests of this access are signed with or carry, as it
 * is or encoded for a URL or for XML, and without any signature. Hide first, shorten afterwards:
 * half a secret would not be found.
 */
export function withoutSecrets(
  text: string,
  { headers, store }: Pick<Access, "headers" | "store">,
): string {
  const values = [
    ...Object.values(store?.credentials ?? {}),
    // Of `Basic abc` a store may echo the second word alone.
    ...Object.values(headers).flatMap((value) => [value, ...value.split(/\s+/)]),
  ].filter((value) => value.length >= SHORTEST);
  const forms = [...new Set(values.flatMap(formsOf))].toSorted((a, b) => b.length - a.length);
  const hidden = forms.reduce(
    (left, form) => left.replace(new RegExp(RegExp.escape(form), "gi"), REPLACEMENT),
    text,
  );
  return hidden
    .replace(/((?:Signature|X-Amz-Credential|X-Amz-Security-Token)=)[^\s&,;"'<>]+/gi, "$1***")
    // An HMAC-SHA256 in hex, such as that of a chunk.
    .replace(/[0-9a-f]{64}/gi, REPLACEMENT);
}

/** The ways in which texts of stores write a value. */
function formsOf(value: string): string[] {
  const escaped = value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const form = encodeURIComponent(value.toWellFormed());
  return [value, form, form.replaceAll("%20", "+"), escaped];
}
