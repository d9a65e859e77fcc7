// Text for terminals: what may be printed, how wide it is, how it wraps.

// C0 and C1 controls, DEL, characters that reorder a line, and surrogates without their partner.
// deno-lint-ignore no-control-regex -- control characters are what is looked for
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\p{Cs}]/gu;

/**
 * One line that is safe to print: white space of any kind becomes a space, and a character that
 * would steer the terminal (a target's answer can carry some into a reason) is written as `\u{1b}`.
 */
export function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim().replaceAll(
    UNPRINTABLE,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

const WIDE =
  /^[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{Emoji_Presentation}！-｠]$/u;

/** How many columns a terminal gives to one character (one code point). */
function columnsOf(character: string): number {
  if (/^[\p{M}\u200b-\u200d\ufeff]$/u.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** How many columns a line of text takes. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) width += columnsOf(character);
  return width;
}

/** The longest beginning of `text` that fits into `width` columns; at least one character. */
function headOf(text: string, width: number): string {
  let head = "", used = 0;
  for (const character of text) {
    used += columnsOf(character);
    if (used > width && head !== "") break;
    head += character;
  }
  return head;
}

/**
 * Breaks text into lines of at most `width` columns at its spaces; a word that is longer than a
 * line is broken where the line ends. The lines are without the spaces at which they were broken.
 */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  const room = Math.max(2, width);
  let line = "";
  for (let word of text.split(" ").filter((part) => part !== "")) {
    if (line !== "" && textWidth(line) + 1 + textWidth(word) > room) {
      lines.push(line);
      line = "";
    }
    while (line === "" && textWidth(word) > room) {
      const head = headOf(word, room);
      lines.push(head);
      word = word.slice(head.length);
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" && lines.length > 0 ? lines : [...lines, line];
}

/** Wraps text under an indentation: `first` before its first line, as many spaces before the rest. */
export function indented(text: string, width: number, first: string): string[] {
  const margin = " ".repeat(textWidth(first));
  return wrap(text, width - margin.length)
    .map((line, index) => ((index === 0 ? first : margin) + line).trimEnd());
}

/** Fills text up with spaces to `width` columns. */
export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}
