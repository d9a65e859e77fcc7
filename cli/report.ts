// `report`: a saved result in another format.

import { messageOf, UsageError } from "../lab/errors.ts";
import { readResult } from "../reports/read.ts";
import type { Command } from "./command.ts";
import { EXIT_INTERRUPTED } from "./interrupt.ts";
import type { Io } from "./io.ts";
import { openSink } from "./output.ts";
import { missingPermission } from "./permission.ts";
import { reportOptions } from "./report_options.ts";
import { formatOf, resultFlags } from "./run_flags.ts";

/** The command `report`. */
export const report: Command = {
  positionals: { name: "FILE", usage: "FILE", min: 1, max: 1 },
  examples: [
    "report result.json --format junit --output result.xml",
    "report - --format vendor < result.json",
  ],
  notes: ["FILE was written with --format json or ndjson; - is standard input."],
  flags: () => resultFlags(),
  async run(args, { catalog, io, interrupt }) {
    const format = formatOf(args);
    const file = args.positionals[0] ?? "";
    const text = await Promise.race([read(file, io), aborted(interrupt.signal)]);
    if (text === undefined) return EXIT_INTERRUPTED;
    const result = readResult(text, file === "-" ? "standard input" : file);
    const sink = openSink(io, args.value("output"));
    const options = reportOptions(await catalog.scenarios(), await catalog.engines(), {
      io,
      sink,
      verbose: args.has("verbose"),
      color: !args.has("no-color"),
    });
    sink.write(format.render(result, options));
    return 0;
  },
};

/** Standard input can be a terminal that nobody types at: Ctrl-C must end the waiting. */
function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

async function read(file: string, io: Io): Promise<string> {
  if (file === "-") return await io.input();
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    throw new UsageError(`Cannot read ${file}: ${causeOf(error, file)}`);
  }
}

function causeOf(error: unknown, file: string): string {
  if (missingPermission(error) !== undefined) {
    return `missing permission; run with --allow-read=${file}, or as deno task start`;
  }
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return messageOf(error);
}
