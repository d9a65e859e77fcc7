// What must be known of a statement's text that SQLite's interface does not tell.

const SKIPPED = String.raw`\s|--[^\n]*|/\*[\s\S]*?(?:\*/|$)`;

const NO_STATEMENT = new RegExp(`^(?:${SKIPPED})*(?:;|$)`);

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\?(\d*)|([:@$][\w$]+)/g;

/** Whether the text begins without a statement: only white space and comments up to `;` or its end. */
export function hasNoStatement(text: string): boolean {
  return NO_STATEMENT.test(text);
}

/** The parameters of a statement: what to bind the values as. */
export interface Parameters {
  /** How many values the statement takes. */
  count: number;
  /** The names, where there are any, by position; undefined for those without. */
  names: readonly (string | undefined)[];
}

/** Finds the parameters of one statement (https://www.sqlite.org/lang_expr.html#varparam). */
export function parametersOf(text: string): Parameters {
  const names: (string | undefined)[] = [];
  if (!/[?:@$]/.test(text)) return { count: 0, names };
  for (const [, number, name] of text.matchAll(TOKEN)) {
    if (name !== undefined) {
      if (!names.includes(name)) names.push(name);
    } else if (number === "") {
      names.push(undefined);
    } else if (number !== undefined) {
      // A number far out of range is for SQLite to refuse.
      const index = Math.min(Number(number), 1_000);
      while (names.length < index) names.push(undefined);
    }
  }
  return { count: names.length, names };
}
