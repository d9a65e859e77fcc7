// The gateways that the experiments are made on: each switch alone, all, and the runtime's flag.

import type { Setup } from "./sides.ts";

/** A setup, and whether its token service refuses. */
type Given = Setup & { fails?: boolean };

/** The runtime's flag; who hangs in the queue is let go soon. */
const FLAG = {
  crossRequest: "resume-in-settler",
  limits: { exchangeMs: 6_000, silenceMs: 500 },
} as const;

/** By the names that stand before the experiments'. */
export const SETUPS: Readonly<Record<string, Given>> = {
  "as reported": { remedies: [] },
  "bodies read early": { remedies: ["read-body-early"] },
  "parts streamed": { remedies: ["stream-parts"] },
  "lengths kept": { remedies: ["fixed-length"] },
  "parts buffered and read early": { remedies: ["read-body-early", "fixed-length"] },
  "repaired": { remedies: ["repaired"] },
  "as reported, with the flag": { remedies: ["no-cross-request-resolution"], ...FLAG },
  "repaired, with the flag": { remedies: ["repaired", "no-cross-request-resolution"], ...FLAG },
  "repaired, no key": { remedies: ["repaired"], fails: true },
};
