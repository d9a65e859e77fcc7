// What a target's own figures tell of reads of the run's object, where they tell of reads at all.

import { z } from "zod";
import { readFigures } from "../../probes/figures.ts";
import type { Context, Stage } from "./stage.ts";

/** The reads that a target's figures may tell of, oldest first. */
const readsSchema = z.array(
  z.looseObject({
    bucket: z.string(),
    key: z.string(),
    sentBytes: z.number(),
    sizeBytes: z.number(),
  }),
);

/**
 * How many bytes the target has not handed over yet of each read of the object, oldest read first.
 * Undefined when there are no figures, or they do not tell of reads.
 */
export async function heldBackByFigures(
  { access: { statsUrl }, signal }: Context,
  { bucket, object: { key } }: Pick<Stage, "bucket" | "object">,
  expectedBytes: number,
): Promise<number[] | undefined> {
  if (statsUrl === undefined) return undefined;
  const { reads } = await readFigures(statsUrl, { signal });
  const told = readsSchema.safeParse(reads);
  if (!told.success) return undefined;
  return told.data
    .filter((one) => one.bucket === bucket && one.key === key && one.sizeBytes === expectedBytes)
    .map(({ sizeBytes, sentBytes }) => sizeBytes - sentBytes);
}
