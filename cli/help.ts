// Help texts, drawn from the same data that arguments are read by.

import { indented } from "../reports/text.ts";
import type { Catalog, Command, CommandEntry } from "./command.ts";
import { type Flag, shapeOf } from "./flags.ts";
import { rows } from "./table.ts";
import { NAME, VERSION } from "./tool.ts";

/** Flags that every command takes. */
export const COMMON_FLAGS: readonly Flag[] = [
  {
    name: "verbose",
    kind: "boolean",
    description: "show more, and the stack of an internal error",
  },
  { name: "no-color", kind: "boolean", description: "no colours (as the variable NO_COLOR)" },
  { name: "help", kind: "boolean", description: "show this text" },
];

/** Text is hard to follow across more columns than this. */
const WIDEST = 110;

function flagRow(flag: Flag): [string, string] {
  const shape = shapeOf(flag);
  const extra = [
    ...(flag.kind === "list" ? ["repeatable"] : []),
    ...(flag.default === undefined ? [] : [`default: ${flag.default}`]),
  ].join(", ");
  return [
    `--${flag.name}${shape === "" ? "" : ` ${shape}`}`,
    flag.description + (extra === "" ? "" : ` (${extra})`),
  ];
}

/** The program's help text: the commands, and how to go on. Ends in a newline. */
export function programHelp(commands: readonly CommandEntry[], terminalWidth: number): string {
  const width = Math.min(terminalWidth, WIDEST);
  return [
    ...indented(`${NAME} ${VERSION}: reproduce and probe stuck I/O at the edge`, width, ""),
    "",
    `Usage: ${NAME} COMMAND [ARGUMENTS]`,
    "",
    "Commands:",
    ...rows(
      [
        ...commands.map(({ name, summary }) => [name, summary] as const),
        ["help [COMMAND]", "show this text, or a command's"],
      ],
      width,
    ),
    "",
    "Flags:",
    ...rows([["--help", "show this text"], ["--version", "show the version"]], width),
    "",
    "Examples:",
    `  ${NAME} repro cache-lock`,
    `  ${NAME} probe cache-lock --target http://127.0.0.1:6148 --origin http://127.0.0.1:8000`,
    "",
    ...indented(
      "Exit codes: 0 as expected, 1 not as expected or the bug is there, 2 usage, 3 inconclusive, " +
        "130 interrupted.",
      width,
      "",
    ),
  ].join("\n") + "\n";
}

/** A command's help text. Ends in a newline. */
export async function commandHelp(
  entry: CommandEntry,
  command: Command,
  catalog: Catalog,
  terminalWidth: number,
): Promise<string> {
  const width = Math.min(terminalWidth, WIDEST);
  const { usage } = command.positionals;
  const flags = [...await command.flags(catalog), ...COMMON_FLAGS].filter(({ hidden }) => !hidden);
  return [
    ...indented(`${NAME} ${entry.name}: ${entry.summary}`, width, ""),
    "",
    `Usage: ${NAME} ${entry.name}${usage === "" ? "" : ` ${usage}`} [FLAGS]`,
    "",
    ...(command.notes ?? []).flatMap((note) => [...indented(note, width, ""), ""]),
    "Flags:",
    ...rows(flags.map(flagRow), width),
    "",
    "Examples:",
    ...command.examples.map((example) => `  ${NAME} ${example}`),
  ].join("\n") + "\n";
}
