// The one command that makes a run again.

import type { Run } from "../lab/result.ts";
import { oneLine } from "./text.ts";

/** A word as a POSIX shell reads it back; plain words stay bare. */
export function shellWord(text: string): string {
  const word = oneLine(text);
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The command that makes one run again.
 *
 * @param speed The result's speed: named when it is not what the command paces at by itself.
 * @param flags The flags that give the run its nominal parameters.
 */
export function reproduceCommand(run: Run, speed: number, flags: readonly string[]): string {
  const { scenario, target, variant } = run;
  const selector = `${scenario}/${run.case}`;
  const words = target.kind === "embedded"
    ? ["repro", selector, ...(variant === null ? [] : ["--variant", variant])]
    : [
      "probe",
      selector,
      "--target",
      target.kind === "engine" ? `engine:${target.name}` : target.url,
    ];
  // `repro` runs at speed 20 and `probe` of a URL at 1 unless told otherwise.
  const usual = target.kind === "embedded" ? 20 : 1;
  const own = run.speed ?? speed;
  const pace = own === usual ? [] : ["--speed", String(own)];
  const access = target.flags ?? [];
  return ["edge-repro", ...words, ...access, ...pace, ...flags].map(shellWord).join(" ");
}
