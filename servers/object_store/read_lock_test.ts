// The read lock alone: who waits for whom in either variant, in what order, and what ends a wait.

import { assertEquals, assertRejects } from "@std/assert";
import { ManualClock } from "../../lab/clock.ts";
import type { Variant } from "../../lab/verdict.ts";
import { S3Error } from "../s3/error.ts";
import { type OpenRead, ReadLocks } from "./read_lock.ts";

const video = { bucket: "b", key: "video.mp4", region: "wnam" };
const here = new AbortController().signal;

/** Lets everything that can go on go on, without time passing. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

function table(variant: Variant, timeoutMs = 60_000) {
  const clock = new ManualClock(1_000);
  return { clock, locks: new ReadLocks({ variant, clock, timeoutMs }) };
}

/** A read that asks for its turn, and whether it has it. */
function asking(locks: ReadLocks, target = video, signal = here) {
  const asked = { has: false, read: locks.open(target, signal) };
  asked.read.then((read) => asked.has = read !== undefined, () => {});
  return asked;
}

async function has(promise: Promise<OpenRead | undefined>): Promise<OpenRead> {
  const read = await promise;
  if (read === undefined) throw new Error("The read has lost its turn");
  return read;
}

for (const variant of ["bug", "fix"] as const) {
  const bug = variant === "bug";

  Deno.test(`a second read of an object ${bug ? "waits for the end of the first" : "does not wait"} (${variant})`, async () => {
    const { locks, clock } = table(variant);
    const first = await has(locks.open(video, here));
    const second = asking(locks);
    await turn();
    assertEquals(second.has, !bug);
    assertEquals([locks.waiting, locks.held], bug ? [1, 1] : [0, 1]);
    first.end();
    first.end();
    (await has(second.read)).end();
    assertEquals([locks.waiting, locks.held, clock.pending], [0, 0, 0]);
  });

  Deno.test(`reads of another object, bucket or region do not wait (${variant})`, async () => {
    const { locks } = table(variant);
    const reads = [await has(locks.open(video, here))];
    for (
      const other of [
        { ...video, key: "other" },
        { ...video, bucket: "c" },
        { ...video, region: "weur" },
        // What is next to each other in one name must not run together in another.
        { ...video, bucket: "b/video", key: ".mp4" },
      ]
    ) reads.push(await has(locks.open(other, here)));
    assertEquals(locks.held, 5);
    for (const read of reads) read.end();
    assertEquals(locks.held, 0);
  });

  Deno.test(`closing ends who waits and cuts who reads (${variant})`, async () => {
    const { locks, clock } = table(variant);
    const first = await has(locks.open(video, here));
    let cut = 0;
    first.onCut = () => cut++;
    const second = asking(locks);
    await turn();
    const late = bug ? assertRejects(() => second.read, S3Error, "closing") : second.read;
    locks.close();
    await late;
    assertEquals([cut, locks.waiting, locks.held, clock.pending], [1, 0, 0, 0]);
    await assertRejects(() => locks.open(video, here), S3Error, "closing");
  });

  Deno.test(`the figures name open reads with their age and progress (${variant})`, async () => {
    const { locks, clock } = table(variant);
    const read = await has(locks.open({ ...video }, here));
    read.sizeBytes = 100;
    read.sentBytes = 30;
    await clock.advance(2_500);
    assertEquals(locks.reads(), [{ ...video, sentBytes: 30, sizeBytes: 100, ageMs: 2_500 }]);
    read.end();
    assertEquals(locks.reads(), []);
  });
}

Deno.test("waiting reads go on in the order of their coming, each holding the lock in turn (bug)", async () => {
  const { locks } = table("bug");
  const first = await has(locks.open(video, here));
  const order: number[] = [];
  const waiting = [1, 2, 3].map((n) =>
    has(locks.open(video, here)).then((read) => {
      order.push(n);
      return read;
    })
  );
  first.end();
  (await waiting[0])?.end();
  const second = await waiting[1];
  await turn();
  assertEquals(order, [1, 2]);
  second?.end();
  (await waiting[2])?.end();
  assertEquals(order, [1, 2, 3]);
});

Deno.test("a read that leaves while it waits loses its place, and nobody else does (bug)", async () => {
  const { locks } = table("bug");
  const first = await has(locks.open(video, here));
  const client = new AbortController();
  const leaving = locks.open(video, client.signal);
  const staying = asking(locks);
  await turn();
  client.abort();
  assertEquals(await leaving, undefined);
  assertEquals([locks.waiting, staying.has], [1, false]);
  first.end();
  (await has(staying.read)).end();
  assertEquals(locks.held, 0);
});

Deno.test("a read that leaves in the moment of its turn hands it on (bug)", async () => {
  const { locks, clock } = table("bug");
  const first = await has(locks.open(video, here));
  const client = new AbortController();
  const leaving = locks.open(video, client.signal);
  const next = asking(locks);
  first.end();
  client.abort();
  assertEquals(await leaving, undefined);
  (await has(next.read)).end();
  assertEquals([locks.held, clock.pending], [0, 0]);
});

Deno.test("a client that has left before is given no turn", async () => {
  const { locks } = table("fix");
  assertEquals(await locks.open(video, AbortSignal.abort()), undefined);
  assertEquals(locks.held, 0);
});

Deno.test("the lock timeout ends the lock and not the read that held it (bug)", async () => {
  const { locks, clock } = table("bug", 60_000);
  const first = await has(locks.open(video, here));
  await clock.advance(1_000);
  const second = asking(locks);
  await clock.advance(58_999);
  assertEquals(second.has, false);
  await clock.advance(1);
  assertEquals(second.has, true);
  assertEquals(locks.reads().length, 2);
  // The second one's own time begins with its turn, and the end of the first one does not end it.
  const third = asking(locks);
  first.end();
  await clock.advance(59_999);
  assertEquals(third.has, false);
  await clock.advance(1);
  assertEquals(third.has, true);
  (await has(second.read)).end();
  (await has(third.read)).end();
  assertEquals([locks.held, clock.pending], [0, 0]);
});

Deno.test("of many open reads the figures name the newest 100", async () => {
  const { locks } = table("fix");
  const reads = [];
  for (let n = 0; n < 150; n++) {
    reads.push(await has(locks.open({ ...video, key: String(n) }, here)));
  }
  const named = locks.reads().map(({ key }) => Number(key));
  assertEquals([named.length, named[0], named.at(-1)], [100, 50, 149]);
  for (const read of reads) read.end();
});
