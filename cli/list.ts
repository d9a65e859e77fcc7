// `list`: what there is.

import { FORMATS } from "../reports/formats.ts";
import { indented } from "../reports/text.ts";
import { type Engine, rolesOf } from "../engines/engine.ts";
import type { Scenario } from "../lab/scenario.ts";
import type { ServerDefinition } from "../servers/definition.ts";
import type { Command } from "./command.ts";
import type { Flag } from "./flags.ts";
import { rows } from "./table.ts";
import { wordOf } from "./values.ts";

/** `--format` of the commands that show what there is. */
export const LISTING_FLAGS: readonly Flag[] = [
  {
    name: "format",
    kind: "string",
    placeholder: "pretty|json",
    description: "how to show it",
    default: "pretty",
  },
];

/** The command `list`. */
export const list: Command = {
  positionals: { name: "argument", usage: "", min: 0, max: 0 },
  examples: ["list", "list --format json"],
  flags: () => LISTING_FLAGS,
  async run(args, { catalog, io }) {
    const format = wordOf(args, "format", ["pretty", "json"]) ?? "pretty";
    const all = {
      scenarios: await catalog.scenarios(),
      servers: await catalog.servers(),
      engines: await catalog.engines(),
    };
    io.out(
      format === "json" ? JSON.stringify(asJson(all), null, 2) + "\n" : pretty(all, io.width),
    );
    return 0;
  },
};

/** What there is to list. */
interface Listing {
  scenarios: readonly Scenario[];
  servers: readonly ServerDefinition[];
  engines: readonly Engine[];
}

function asJson({ scenarios, servers, engines }: Listing): unknown {
  return {
    scenarios: scenarios.map(({ id, title, role, headline, cases }) => ({
      id,
      title,
      role,
      headline,
      cases: cases.map(({ id: name, control, claim }) => ({
        selector: `${id}/${name}`,
        control,
        claim,
      })),
    })),
    servers: servers.map(({ name, port, summary }) => ({ name, port, summary })),
    engines: engines.map((engine) => ({
      name: engine.name,
      title: engine.title,
      roles: rolesOf(engine),
    })),
    formats: [...FORMATS.values()].map(({ name, description }) => ({ name, description })),
  };
}

function pretty({ scenarios, servers, engines }: Listing, width: number): string {
  return [
    ...scenarios.flatMap((scenario) => [
      ...indented(`${scenario.id}: ${scenario.title} (${scenario.role})`, width, ""),
      ...rows(
        scenario.cases.map(({ id, control, claim }) => [
          `${scenario.id}/${id}`,
          (id === scenario.headline ? "(headline) " : control ? "(control) " : "") + claim,
        ]),
        width,
      ),
      "",
    ]),
    "servers:",
    ...rows(servers.map(({ name, port, summary }) => [name, `port ${port}: ${summary}`]), width),
    "",
    "engines ('engines' says which are installed):",
    ...rows(
      engines.map((engine) => [engine.name, `${engine.title}: ${rolesOf(engine).join(", ")}`]),
      width,
    ),
    "",
    "formats:",
    ...rows([...FORMATS.values()].map(({ name, description }) => [name, description]), width),
  ].join("\n") + "\n";
}
