// Pieces of GitHub Flavored Markdown, safe for text from anywhere.

import { oneLine } from "./text.ts";

/**
 * Text that shows as it is: one line, with whatever Markdown or HTML would read escaped, also what
 * would begin a list at the start of a line.
 */
export function prose(text: string): string {
  return oneLine(text)
    .replaceAll(/[\\`*_{}[\]<>#|~!&$]/g, "\\$&")
    .replace(/^(\d*)([-+.)])(?=\s|$)|^([-=])(?=\3)/, "$1\\$2$3");
}

/** Text inside an HTML element, where Markdown's escapes do not work. */
export function html(text: string): string {
  return oneLine(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/**
 * Text as code. What holds a backtick or a pipe, which a code span in a table cannot carry
 * safely, stays prose.
 */
export function code(text: string): string {
  const line = oneLine(text);
  return line === "" || /[`|]/.test(line) ? prose(text) : `\`${line}\``;
}

/** A table; the cells are Markdown already. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)];
}

/** Lines as a code block, under a fence that is longer than any in them. */
export function codeBlock(lines: readonly string[], language = "text"): string[] {
  const longest = Math.max(2, ...lines.join("\n").matchAll(/`+/g).map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return [fence + language, ...lines, fence];
}
