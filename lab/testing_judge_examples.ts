// Examples of what a judge passes, fails and cannot tell, as a table that becomes tests.

import { assertEquals, assertMatch } from "@std/assert";
import type { Judgement, Verdict } from "./verdict.ts";

/** What a judge says, and the reason that it is to give. */
export type Example = [verdict: Verdict, reason: RegExp, judgement: Judgement];

/** Registers a test for each example of a judge. */
export function examples(judge: string, table: Readonly<Record<string, Example>>): void {
  for (const [name, [verdict, reason, judgement]] of Object.entries(table)) {
    Deno.test(`${judge}: ${name}`, () => {
      assertEquals(judgement.verdict, verdict, judgement.reason);
      assertMatch(judgement.reason, reason);
    });
  }
}
