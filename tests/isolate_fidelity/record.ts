// What workerd gave, as it was written down: what the model is held against where workerd is not.

import type { Outcomes } from "./experiments.ts";
import record from "./workerd.json" with { type: "json" };

/** The behaviours that were seen on workerd. */
export const MEASURED = ["resume-in-own", "resume-in-settler"] as const;

/** One of them. */
export type Measured = typeof MEASURED[number];

/** What a record has. */
export interface WorkerdRecord {
  /** The version it was taken of. */
  version: string;
  /** What each experiment came to. */
  outcomes: Record<Measured, Outcomes>;
}

/** The record that is kept. */
export const recorded: WorkerdRecord = record;
