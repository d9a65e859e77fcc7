// The matrix against every real engine that is here: what was found before is found again, and the
// page says what the result says.

import { assert, assertEquals } from "@std/assert";
import { type Engine, rolesOf } from "../engines/engine.ts";
import { engines } from "../engines/engines.ts";
import { findEngine } from "../engines/find.ts";
import { playOf } from "../engines/play.ts";
import { remediesOf, WITH } from "../engines/remedy.ts";
import { parseResult, type Result, type Run } from "../lab/result.ts";
import type { Role } from "../lab/role.ts";
import { reportOptionsFor } from "../cli/report_options.ts";
import { matricesOf } from "../reports/matrix_cells.ts";
import { matrixPage } from "../reports/matrix_page.ts";
import { scenarios } from "../scenarios/scenarios.ts";
import { MATRIX, run } from "./cli_process.ts";

/** The saved results, each with a page of that name. */
const NAMES = ["matrix", "matrix-stale-read", "matrix-ws-hibernation", "matrix-body-io"];

/** The cases that must be told for every product that collapses requests. */
const TOLD = ["disconnect", "close", "hang", "collapse", "uncacheable"];

/** What is measured again: of each role some cases, quick ones and those in which products differ. */
const AGAIN: Readonly<Partial<Record<Role, readonly string[]>>> = {
  "caching-proxy": TOLD.map((id) => `cache-lock/${id}`),
  "object-store": ["abandoned-get", "head", "delete-many", "unfinished-upload"]
    .map((id) => `stale-read/${id}`),
  "websocket-server": ["plain-accept"].map((id) => `ws-hibernation/${id}`),
};

const docs = (path: string) => Deno.readTextFile(new URL(`../docs/${path}`, import.meta.url));

const savedAs = async (name: string): Promise<Result> =>
  parseResult(await docs(`results/${name}.json`), `docs/results/${name}.json`);

/** The runs of all saved results. */
async function saved(): Promise<Pick<Result, "runs">> {
  const results = await Promise.all(NAMES.map(savedAs));
  return { runs: results.flatMap(({ runs }) => runs) };
}

const cellKey = (run: Run) => `${run.scenario}/${run.case}@${run.variant ?? run.target.name}`;

/** What all repeats of a cell agree on; undefined where they do not. */
function agreed(runs: readonly Run[]): Map<string, Run["verdict"] | undefined> {
  return new Map(
    [...Map.groupBy(runs, cellKey)].map(([key, some]) => {
      const verdicts = new Set(some.map(({ verdict }) => verdict));
      return [key, verdicts.size === 1 ? some[0]?.verdict : undefined];
    }),
  );
}

/** What stands between two spaces; `deno fmt` pads the columns of tables. */
const words = (text: string) => text.replaceAll(/-{3,}/g, "---").split(/\s+/).filter(Boolean);

for (const name of NAMES) {
  Deno.test(`docs/${name}.md is drawn from docs/results/${name}.json`, async () => {
    const options = reportOptionsFor(scenarios, engines);
    assertEquals(
      words(await docs(`${name}.md`)),
      words(matrixPage.render(await savedAs(name), options)),
      `docs/${name}.md is out of date: deno task matrix-page`,
    );
  });
}

Deno.test("the README's excerpt of the matrix is what the result says", async () => {
  const readme = await Deno.readTextFile(new URL("../README.md", import.meta.url));
  const tables = matricesOf(await saved(), reportOptionsFor(scenarios, engines));
  const { rows, targets } = tables.find(({ scenario }) => scenario === "cache-lock") ??
    { rows: [], targets: [] };
  const lines = readme.split("\n");
  const shown = lines.filter((line) => /^cache-lock\/\S+ {2,}(pass|fail)/.test(line));
  const names = lines.find((line) => /^ {10,}(bug|fix|nginx)\b/.test(line))?.trim().split(/\s+/) ??
    [];
  assert(shown.length >= 5 && names.length >= 4);
  for (const line of shown) {
    const [selector, ...cells] = line.split(/ {2,}/);
    const row = rows.find((one) => one.selector === selector);
    const measured = names.map((name) =>
      row?.cells[targets.findIndex((target) => target.name === name)]?.text
    );
    assertEquals(cells, measured, selector);
  }
});

Deno.test("the saved matrix has every way around at every case that it is for", async () => {
  const { runs } = await saved();
  for (const engine of engines) {
    for (const { name, cases } of remediesOf(engine)) {
      for (const selector of cases) {
        const made = runs.filter((run) =>
          run.target.name === `${engine.name}${WITH}${name}` &&
          `${run.scenario}/${run.case}` === selector
        );
        assertEquals(made.length, 3, `${engine.name}${WITH}${name} ${selector}`);
      }
    }
  }
});

Deno.test("the saved matrix fills every cell, three times, and names what an inconclusive one lacks", async () => {
  const { runs } = await saved();
  const options = reportOptionsFor(scenarios, engines);
  const cells = Map.groupBy(runs, cellKey);
  for (const scenario of scenarios) {
    const able = engines.filter((engine) => playOf(engine, scenario.role) !== undefined);
    const targets = ["bug", "fix", ...able.map(({ name }) => name)];
    for (const { id, uses = [] } of scenario.cases) {
      for (const target of targets) {
        const some = cells.get(`${scenario.id}/${id}@${target}`);
        assertEquals(some?.length, 3, `${scenario.id}/${id}@${target}`);
        for (const one of some ?? []) {
          if (one.verdict !== "inconclusive") continue;
          const lacks = options.lacks?.(one) ?? {};
          const named = one.unmet !== undefined || uses.some((feature) => feature in lacks);
          assert(named, `${one.id}: ${one.reason}`);
        }
      }
    }
  }
});

Deno.test("the saved matrix tells the five first cases for nginx, Varnish, Squid and Pingora", async () => {
  const cells = agreed((await saved()).runs);
  for (const name of ["nginx", "varnish", "squid", "pingora"]) {
    for (const id of TOLD) {
      const verdict = cells.get(`cache-lock/${id}@${name}`);
      assert(verdict === "pass" || verdict === "fail", `${id}@${name}: ${verdict}`);
    }
  }
});

const here: Engine[] = [];
for (const engine of engines) {
  if (await findEngine(engine) !== undefined) here.push(engine);
  else {console.warn(
      `NOT TESTED: ${engine.title} is not installed (${engine.install}), tests/matrix_test.ts`,
    );}
}

Deno.test({
  name: here.length > 0
    ? `what was found of ${here.map(({ name }) => name).join(", ")} is found again`
    : "NOT TESTED, no engine is installed: what was found of the engines is found again",
  ignore: here.length === 0,
  async fn() {
    const { runs } = await saved();
    const roles = new Set(here.flatMap(rolesOf));
    const { code, stdout, stderr } = await run([
      "matrix",
      ...[...roles].flatMap((role) => AGAIN[role] ?? []),
      ...["--engines", here.map(({ name }) => name).join(",")],
      ...["--format", "json", "--quiet"],
    ], { permissions: MATRIX });
    assertEquals([code, stderr], [0, ""]);
    const fresh = parseResult(stdout, "the matrix");
    const before = agreed(runs);
    for (const one of fresh.runs) {
      const known = before.get(cellKey(one));
      const same = runs.find((other) => cellKey(other) === cellKey(one))?.target.version;
      // Another version may do otherwise: that is a finding, not an error here.
      if (known === undefined || (one.target.version !== null && same !== one.target.version)) {
        console.warn(`NOT COMPARED: ${one.id}, ${one.target.version}: ${one.verdict}`);
        continue;
      }
      assertEquals(one.verdict, known, `${one.id}: ${one.reason}`);
    }
  },
});
