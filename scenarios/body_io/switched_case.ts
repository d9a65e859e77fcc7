// A case of this scenario: what a case is, and which of a gateway's switches its variants are about.

import { type Case, type CaseDefinition, type CaseInfo, defineCase } from "../../lab/scenario.ts";
import { InconclusiveError } from "../../lab/errors.ts";
import type { Metrics } from "../../lab/metrics.ts";
import { type GatewaySwitches, VARIANT_SWITCHES } from "../../servers/s3_gateway/config.ts";
import type { Variant } from "../../lab/verdict.ts";
import { type Contradiction, neverAKey } from "./contradictions.ts";
import { type BodyIoParams, bodyIoParams } from "./params.ts";
import { unlessGone } from "./still_there.ts";

/** One of the three decisions that the report's repairs are about. */
export type Switch = keyof GatewaySwitches;

/** All of them. */
export const SWITCHES: readonly Switch[] = ["readBody", "uploadPart", "framing"];

/** A case that says which switches it is about. */
export interface SwitchedCase extends Case {
  /** The switches that its variant sets; the others have their repaired value in both. */
  about: readonly Switch[];
  /** Whether what comes to the backend is compared byte for byte, so that its log has hashes. */
  hashed?: boolean;
}

/** What a case's author writes. */
interface SwitchedDefinition<O>
  extends CaseDefinition<BodyIoParams, O>, Pick<SwitchedCase, "about" | "hashed"> {
  /** Why parameters cannot be together for this case, beside those that can be for none. */
  contradiction?: Contradiction;
  /** Whether a `fail` stands, by its numbers, though the target has gone away. Default: it does not. */
  standsWhenGone?: (metrics: Metrics) => boolean;
}

/**
 * Defines a case, as `defineCase` does. Its run is `inconclusive` where parameters contradict each other,
 * and where the target has gone away meanwhile and did not show the fault before.
 */
export function switchedCase<O>(
  { about, hashed = false, contradiction, standsWhenGone, ...definition }: SwitchedDefinition<O>,
): SwitchedCase {
  const plain = defineCase(bodyIoParams, definition);
  return {
    ...{ ...plain, about, hashed },
    async run(context) {
      const params = context.params as BodyIoParams;
      const { told = [] } = context.access;
      const why = contradiction?.(params, told) ?? neverAKey(params, told);
      if (why !== undefined) throw new InconclusiveError(why);
      const outcome = await plain.run(context);
      if (outcome.verdict === "fail" && standsWhenGone?.(outcome.metrics)) return outcome;
      return await unlessGone({ ...context, params }, outcome);
    },
  };
}

/** Whether a log of the backend is to have hashes for a case. One that says nothing compares nothing. */
export function isHashed(info: CaseInfo): boolean {
  return "hashed" in info && info.hashed === true;
}

/** The switches that a case is about. One that says nothing is about all. */
export function aboutOf(info: CaseInfo): readonly unknown[] {
  return "about" in info && Array.isArray(info.about) ? info.about : SWITCHES;
}

/** The switches that our own gateway is started with for a case. One that says nothing is about all. */
export function switchesFor(info: CaseInfo, variant: Variant): GatewaySwitches {
  return switched(aboutOf(info), variant);
}

/** The repaired gateway with some of its switches set as a variant has them. */
export function switched(some: readonly unknown[], variant: Variant): GatewaySwitches {
  const { fix, [variant]: own } = VARIANT_SWITCHES;
  const valueOf = <S extends Switch>(name: S) => (some.includes(name) ? own : fix)[name];
  return {
    readBody: valueOf("readBody"),
    uploadPart: valueOf("uploadPart"),
    framing: valueOf("framing"),
  };
}
