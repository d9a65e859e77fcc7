// Tests of the open reads: those of the clip, which of them is the host's own, and what is no figures.

import { assertEquals } from "@std/assert";
import { readsOfHost, readsOfStore } from "./reads.ts";
import type { UnreadState } from "./state.ts";

const UNREAD: UnreadState = {
  nth: 1,
  phase: "open",
  askedAgoMs: 5_020,
  openedAgoMs: 5_000,
  closedAgoMs: null,
};
const OF = { bucket: "videos", key: "a.mp4", sizeBytes: 9, region: "auto", unread: UNREAD };
const BASE = { schema: "edge-repro/stats@1", locks: 0, upstreams: 0 };

function read(ageMs: number, more: object = {}) {
  return {
    bucket: "videos",
    key: "a.mp4",
    region: "wnam",
    sentBytes: 4,
    sizeBytes: 9,
    ageMs,
    ...more,
  };
}

Deno.test("readsOfStore: the clip's reads, of which one has the age of the host's own", () => {
  const figures = {
    ...BASE,
    waiting: 2,
    reads: [
      read(60_000),
      read(5_010),
      read(900),
      read(5_010, { key: "b" }),
      read(5_010, { bucket: "c" }),
    ],
  };
  const reads = readsOfStore(figures, OF);
  assertEquals(reads?.open.map(({ ageMs, unread }) => [ageMs, unread]), [
    [60_000, false],
    [5_010, true],
    [900, false],
  ]);
  assertEquals([reads?.from, reads?.waiting], ["store", 2]);
  const closed = { ...OF, unread: { ...UNREAD, phase: "closed" as const, closedAgoMs: 1 } };
  assertEquals(readsOfStore(figures, closed)?.open.some(({ unread }) => unread), false);
});

Deno.test("readsOfStore: undefined for what tells nothing of reads", () => {
  for (
    const figures of [
      undefined,
      null,
      "text",
      { ...BASE, waiting: 0 },
      { ...BASE, waiting: 0, schema: "other@1", reads: [] },
      { ...BASE, waiting: 0, reads: [{ key: "a.mp4" }] },
    ]
  ) assertEquals(readsOfStore(figures, OF), undefined);
});

Deno.test("readsOfHost: the host's own read while it is open", () => {
  assertEquals(readsOfHost(OF).open, [
    { region: "auto", sentBytes: null, sizeBytes: 9, ageMs: 5_000, unread: true },
  ]);
  assertEquals(readsOfHost({ ...OF, unread: null }).open, []);
  assertEquals(readsOfHost({ ...OF, unread: { ...UNREAD, phase: "closed" } }).open, []);
});
