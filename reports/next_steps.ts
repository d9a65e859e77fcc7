// The last lines of a report: how many runs came out how, and what to do about the open ones.

import type { Result, Run } from "../lab/result.ts";
import { INTERRUPTED } from "../lab/verdict.ts";
import { outcomeOf } from "./outcome.ts";

/** What gives a need to a case that lacks it, by the need's name. */
const REMEDIES: Record<string, string> = {
  figures: "--stats-url URL of a target that tells its figures (edge-repro/stats@1)",
  local: "a target on this machine, on Linux, and --allow-run=cat",
  descriptors: "a target on this machine whose processes you may inspect",
  "lock-wait-timeout": "--lock-wait-timeout with the target's own, at --speed 1",
  "lock-age-timeout": "--lock-age-timeout with the target's own, at --speed 1",
  "waiting-limit": "--max-waiting N with the limit that the target really has",
  browser: "Chromium, and permission to run it: deno task start repro, or deno task start probe",
  "backend-log": "--backend-log URL of a tap in front of the gateway's backend (edge-repro serve " +
    "object-store --tap)",
  "backend-faults": "--backend-log likewise",
  sts: "--sts URL of the token service behind the gateway (edge-repro serve sts)",
  origin: "--origin URL of a slow origin behind the target (edge-repro serve slow-origin)",
};

/** `4 runs: 2 as expected; 1 pass, 1 fail, 2 inconclusive, 1 of them unmet`. */
export function summaryText({ summary, runs }: Pick<Result, "summary" | "runs">): string {
  const { pass, fail, inconclusive, unmet } = summary;
  const expecting = runs.some((run) => run.expected !== null);
  const counts = [
    `${pass} pass`,
    `${fail} fail`,
    `${inconclusive} inconclusive`,
    ...(unmet > 0 ? [`${unmet} of them unmet`] : []),
  ].join(", ");
  const total = summary.runs === 1 ? "1 run" : `${summary.runs} runs`;
  return `${total}: ${expecting ? `${summary.asExpected} as expected; ` : ""}${counts}`;
}

/** What to do next about runs that came out wrong or could not tell; nothing when all is well. */
export function nextSteps({ runs }: Pick<Result, "runs">): string[] {
  const steps: string[] = [];
  const wrong = runs.filter((run) => outcomeOf(run) === "not-ok");
  if (wrong.some((run) => run.expected !== null)) {
    steps.push(
      "not as expected: see the timeline with --verbose, and the case with " +
        selectors(wrong.filter((run) => run.expected !== null)).map((s) => `describe ${s}`).join(
          ", ",
        ),
    );
  }
  if (wrong.some((run) => run.expected === null)) {
    steps.push("the bug is there: --format vendor writes the report to file with the vendor");
  }
  const open = runs.filter((run) =>
    outcomeOf(run) === "inconclusive" && run.reason !== INTERRUPTED
  );
  if (open.length > 0) {
    steps.push(
      `inconclusive says neither good nor bad: mend what the reason names and run ` +
        `${selectors(open).join(", ")} again`,
    );
  }
  // What an engine lacks nobody can give it.
  const unmet = runs.filter((run) => run.unmet !== undefined && run.target.kind !== "engine");
  for (const [needs, lacking] of Map.groupBy(unmet, (run) => run.unmet?.join(", ") ?? "")) {
    const remedies = lacking[0]?.unmet?.flatMap((entry) =>
      entry.split(" or ").flatMap((need) =>
        REMEDIES[need] ?? []
      ).join(", or ") || []
    ) ?? [];
    const what = remedies.length > 0 ? remedies.join("; ") : "see the reason";
    steps.push(`unmet need ${needs} (${selectors(lacking).join(", ")}): ${what}`);
  }
  return steps;
}

/** How many selectors a line names before it only counts the rest. */
const MOST_SELECTORS = 3;

function selectors(runs: readonly Run[]): string[] {
  const all = [...new Set(runs.map((run) => `${run.scenario}/${run.case}`))];
  const left = all.length - MOST_SELECTORS;
  return left > 0 ? [...all.slice(0, MOST_SELECTORS), `${left} more`] : all;
}
