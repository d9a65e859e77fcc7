// Columns for help texts, listings and tables.

import { indented, padEnd, textWidth } from "../reports/text.ts";

/** The widest first column; a longer entry gets its description on the next line. */
const WIDEST_TERM = 30;
/** Terms in the first column, what they mean in the second, wrapped to a terminal's width. */
export function rows(pairs: readonly (readonly [string, string])[], width: number): string[] {
  const longest = Math.max(
    ...pairs.map(([term]) => textWidth(term)).filter((n) => n <= WIDEST_TERM),
    0,
  );
  // On a narrow terminal the second column would be a ribbon: its text goes below the term.
  const column = width < longest + 30 ? 4 : longest + 4;
  return pairs.flatMap(([term, meaning]) => {
    const head = `  ${term}`;
    if (textWidth(head) + 2 <= column) {
      return indented(meaning, width, padEnd(head, column));
    }
    return [...indented(term, width, "  "), ...indented(meaning, width, " ".repeat(column))];
  });
}

/**
 * A table with a line of headings. All columns but the last are as wide as what stands in them; the
 * last one is wrapped to the terminal's width.
 */
export function grid(
  headings: readonly string[],
  lines: readonly (readonly string[])[],
  width: number,
): string[] {
  const columns = headings.map((heading, at) =>
    Math.max(...[heading, ...lines.map((line) => line[at] ?? "")].map(textWidth))
  );
  return [headings, ...lines].flatMap((line) => {
    const head = line.slice(0, -1).map((cell, at) => padEnd(cell, (columns[at] ?? 0) + 2)).join("");
    const last = line.at(-1) ?? "";
    const fits = width - textWidth(head) >= 20;
    return fits ? indented(last, width, head) : [head.trimEnd(), ...indented(last, width, "    ")];
  });
}
