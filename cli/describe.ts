// `describe`: what a scenario or a case claims, takes and is judged by.

import { formatParam, type ParamField, paramFields, placeholderOf } from "../lab/params.ts";
import type { CaseInfo, Need, Scenario } from "../lab/scenario.ts";
import { resolve } from "../lab/selection.ts";
import { indented } from "../reports/text.ts";
import type { Command } from "./command.ts";
import { LISTING_FLAGS } from "./list.ts";
import { rows } from "./table.ts";
import { wordOf } from "./values.ts";

/** The command `describe`. */
export const describe: Command = {
  positionals: { name: "SELECTOR", usage: "SELECTOR", min: 1, max: 1 },
  examples: ["describe cache-lock", "describe cache-lock/disconnect --format json"],
  notes: ["A SELECTOR is SCENARIO or SCENARIO/CASE."],
  flags: () => LISTING_FLAGS,
  async run(args, { catalog, io }) {
    const format = wordOf(args, "format", ["pretty", "json"]) ?? "pretty";
    const found = resolve(await catalog.scenarios(), args.positionals[0] ?? "");
    const { scenario, case: one } = found;
    if (format === "json") {
      const shown = one ? caseJson(scenario, one) : scenarioJson(scenario);
      io.out(JSON.stringify(shown, null, 2) + "\n");
    } else {
      const lines = one ? caseLines(scenario, one, io.width) : scenarioLines(scenario, io.width);
      io.out(lines.join("\n") + "\n");
    }
    return 0;
  },
};

function caseJson(scenario: Scenario, info: CaseInfo): Record<string, unknown> {
  const { id, control, claim, provokes, rule, meaning, figure, needs, source, defaults } = info;
  const { uses = [] } = info;
  const selector = `${scenario.id}/${id}`;
  const texts = { claim, provokes, rule, meaning };
  return { selector, control, ...texts, figure, needs, uses, source, defaults };
}

function scenarioJson(scenario: Scenario): Record<string, unknown> {
  const { id, title, summary, role, source, headline } = scenario;
  return {
    id,
    title,
    summary,
    role,
    source,
    headline,
    params: paramFields(scenario.params),
    cases: scenario.cases.map((one) => caseJson(scenario, one)),
  };
}

function paramRow(field: ParamField): [string, string] {
  const usual = field.default === "" ? "" : ` (default: ${formatParam(field, field.default)})`;
  return [`--${field.flag} ${placeholderOf(field)}`, field.description + usual];
}

function scenarioLines(scenario: Scenario, width: number): string[] {
  return [
    ...indented(`${scenario.id}: ${scenario.title}`, width, ""),
    "",
    ...indented(scenario.summary, width, ""),
    "",
    ...rows([["role", scenario.role], ["source", scenario.source]], width),
    "",
    "Parameters:",
    ...rows(paramFields(scenario.params).map(paramRow), width),
    "",
    "Cases:",
    ...rows(
      scenario.cases.map(({ id, control, claim }) => [
        `${scenario.id}/${id}`,
        (id === scenario.headline ? "(headline) " : control ? "(control) " : "") + claim,
      ]),
      width,
    ),
  ];
}

function needText(need: Need | readonly Need[]): string {
  return typeof need === "string" ? need : need.join(" or ");
}

function caseLines(scenario: Scenario, info: CaseInfo, width: number): string[] {
  const fields = paramFields(scenario.params);
  const defaults = fields.flatMap((field) => {
    const value = info.defaults[field.name];
    return value === undefined ? [] : [`--${field.flag} ${formatParam(field, value)}`];
  });
  return [
    `${scenario.id}/${info.id}`,
    "",
    ...rows(
      [
        ["claim", info.claim],
        ["provokes", info.provokes],
        ["rule", info.rule],
        ["meaning", info.meaning],
        [
          "expected",
          info.control
            ? "control: pass on both variants"
            : "discriminating: fail on bug, pass on fix",
        ],
        ["needs", info.needs.map(needText).join(", ") || "nothing"],
        ["relies on", info.uses?.join(", ") || "nothing else that some targets lack"],
        ["defaults", defaults.join(", ") || `as ${scenario.id}`],
        ["source", info.source],
      ],
      width,
    ),
  ];
}
