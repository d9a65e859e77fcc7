// A case of this scenario: what a case is, and which of a gateway's switches its variants are about.

import { type Case, type CaseDefinition, type CaseInfo, defineCase } from "../../lab/scenario.ts";
import { type GatewaySwitches, VARIANT_SWITCHES } from "../../servers/s3_gateway/config.ts";
import type { Variant } from "../../lab/verdict.ts";
import { type BodyIoParams, bodyIoParams } from "./params.ts";

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

/** Defines a case, as `defineCase` does. */
export function switchedCase<O>(
  { about, hashed = false, ...definition }:
    & CaseDefinition<BodyIoParams, O>
    & Pick<SwitchedCase, "about" | "hashed">,
): SwitchedCase {
  return { ...defineCase(bodyIoParams, definition), about, hashed };
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
