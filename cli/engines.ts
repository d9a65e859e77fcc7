// `engines`: which real products are here, and how to get the others; `engines install NAME` builds one.

import { buildEngine } from "../engines/build.ts";
import { type Engine, rolesOf } from "../engines/engine.ts";
import type { Found } from "../engines/find.ts";
import { UsageError } from "../lab/errors.ts";
import { oneLine } from "../reports/text.ts";
import type { Command, CommandContext } from "./command.ts";
import { engineNamed, look } from "./engine.ts";
import type { Args } from "./flags.ts";
import { EXIT_INTERRUPTED } from "./interrupt.ts";
import { LISTING_FLAGS } from "./list.ts";
import { grid } from "./table.ts";
import { wordOf } from "./values.ts";

/** The command `engines`. */
export const engines: Command = {
  positionals: { name: "install NAME", usage: "[install NAME]", min: 0, max: 2 },
  examples: ["engines", "engines install pingora"],
  notes: [
    "An engine is looked for on the path, unless the environment variable that stands with it names " +
    "its program.",
  ],
  flags: () => LISTING_FLAGS,
  async run(args, context) {
    const [verb, name] = args.positionals;
    const all = await context.catalog.engines();
    if (verb === undefined) return await show(args, all, context);
    if (verb !== "install") {
      throw new UsageError(`Unexpected argument '${verb}': expected install NAME, or nothing`);
    }
    if (name === undefined) {
      const built = all.filter(({ build }) => build !== undefined).map((engine) => engine.name);
      throw new UsageError(`engines install needs a name: expected ${built.join(", ")}`);
    }
    return await install(engineNamed(name, all), context);
  },
};

async function show(
  args: Args,
  all: readonly Engine[],
  { io }: CommandContext,
): Promise<number> {
  const format = wordOf(args, "format", ["pretty", "json"]) ?? "pretty";
  const rows = await Promise.all(
    all.map(async (engine) => ({ engine, found: await look(engine) })),
  );
  io.out(
    format === "json" ? JSON.stringify(rows.map(asJson), null, 2) + "\n" : grid(
      ["engine", "version", "roles", "found at, or how to install"],
      rows.map(asRow),
      io.width,
    )
      .join("\n") + "\n",
  );
  return 0;
}

interface Row {
  engine: Engine;
  found: Found | undefined;
}

function asRow({ engine, found }: Row): string[] {
  return [
    engine.name,
    found?.version ?? "-",
    rolesOf(engine).join(", "),
    found?.program ?? `${engine.install} (or set ${engine.variable})`,
  ];
}

function asJson({ engine, found }: Row): unknown {
  return {
    name: engine.name,
    title: engine.title,
    roles: rolesOf(engine),
    version: found?.version ?? null,
    program: found?.program ?? null,
    install: engine.install,
    variable: engine.variable,
  };
}

async function install(engine: Engine, { io, interrupt }: CommandContext): Promise<number> {
  const width = Math.max(20, io.errWidth - 1);
  let drawn = false;
  const onLine = (line: string) => {
    const text = oneLine(line).slice(0, width);
    drawn = io.errIsTerminal;
    io.err(io.errIsTerminal ? `\r\x1b[2K${text}` : `${text}\n`);
  };
  const clear = () => drawn && io.err("\r\x1b[2K");
  try {
    const { program, version } = await buildEngine(engine, { onLine, signal: interrupt.signal });
    clear();
    io.out(`${engine.title} ${version}: ${program}\n`);
    return 0;
  } catch (error) {
    clear();
    if (interrupt.signal.aborted) {
      io.err("interrupted: nothing was installed\n");
      return EXIT_INTERRUPTED;
    }
    throw error;
  }
}
