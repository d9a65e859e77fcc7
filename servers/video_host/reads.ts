// Which reads of a clip are open: as the store's figures say, or as the host alone can know.

import { z } from "zod";
import { figuresSchema } from "../../lab/figures.ts";
import type { ReadsState, UnreadState } from "./state.ts";

/** What a store's figures say of its reads, beside what all figures have. */
const storeFigures = z.looseObject({
  waiting: z.number(),
  reads: z.array(z.looseObject({
    bucket: z.string().optional(),
    key: z.string(),
    region: z.string(),
    sentBytes: z.number(),
    sizeBytes: z.number(),
    ageMs: z.number(),
  })),
});

/** What is known of the clip whose reads are asked for. */
export interface ReadsOf {
  /** The clip's bucket. */
  bucket: string;
  /** Its key. */
  key: string;
  /** Its length, in bytes. */
  sizeBytes: number;
  /** What the requests for it are signed for. */
  region: string;
  /** The host's own read. */
  unread: UnreadState | null;
}

/** By how much the ages of one read in two places may differ, in milliseconds. */
const SLACK_MS = 250;

/**
 * The reads of a clip as the store tells them.
 *
 * The host's own is known by its age: it began after it was sent and before its head came.
 *
 * @param figures What a stats URL answered.
 * @returns Undefined when these are no figures, or none that tell of reads.
 */
export function readsOfStore(figures: unknown, of: ReadsOf): ReadsState | undefined {
  const known = storeFigures.safeParse(figures);
  if (!known.success || !figuresSchema.safeParse(figures).success) return undefined;
  const { waiting, reads } = known.data;
  const open = reads
    .filter(({ bucket = of.bucket, key }) => bucket === of.bucket && key === of.key)
    .map(({ region, sentBytes, sizeBytes, ageMs }) => ({
      region,
      sentBytes,
      sizeBytes,
      ageMs,
      unread: false,
    }));
  const own = of.unread?.phase === "open" ? of.unread : undefined;
  const mine = own &&
    open.find(({ ageMs }) =>
      ageMs <= own.askedAgoMs + SLACK_MS && ageMs >= (own.openedAgoMs ?? 0) - SLACK_MS
    );
  if (mine) mine.unread = true;
  return { from: "store", waiting, open };
}

/** The reads of a clip that the host itself holds open. */
export function readsOfHost({ unread, region, sizeBytes }: ReadsOf): ReadsState {
  const open = unread?.phase === "open"
    ? [{
      region,
      sentBytes: null,
      sizeBytes,
      ageMs: unread.openedAgoMs ?? unread.askedAgoMs,
      unread: true,
    }]
    : [];
  return { from: "host", waiting: null, open };
}
