// The command line that was given, as a report may quote it.

import { shellWord } from "../reports/reproduce.ts";
import type { Args, Flag } from "./flags.ts";
import { NAME } from "./tool.ts";

/** Flags that change where and how a result is shown, and nothing in it. */
const OF_THE_VIEW = new Set(["format", "output", "quiet", "verbose", "no-color"]);

/** The flags that were given, as words of a command line, each value as its flag lets it be shown. */
export function shownFlags(args: Args, flags: readonly Flag[]): string[] {
  return flags.filter(({ name }) => args.has(name)).flatMap(({ name, kind, shown }) =>
    kind === "boolean"
      ? [`--${name}`]
      : args.list(name).flatMap((value) => [`--${name}`, shown?.(value) ?? value])
  );
}

/** Writes the command line again, ready for a shell, without what holds secrets. */
export function commandLine(command: string, args: Args, flags: readonly Flag[]): string {
  const words = shownFlags(args, flags.filter(({ name }) => !OF_THE_VIEW.has(name)));
  return [NAME, command, ...args.positionals, ...words].map(shellWord).join(" ");
}
