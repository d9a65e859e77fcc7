import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { openFolderStorage } from "./folder_storage.ts";
import { createMemoryStorage } from "./memory_storage.ts";
import type { Segment, Storage } from "./storage.ts";
import {
  gather,
  inTemporaryFolder,
  md5,
  objectOf,
  partOf,
  store,
  testBytes,
  uploadOf,
} from "./testing_storage.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** What is known of one blob. */
interface Stored {
  segment: Segment;
  bytes: Bytes;
}

interface Read {
  blobs: Stored[];
  chunks: AsyncIterator<Bytes>;
  got: Bytes[];
}

/** What a storage should have, in plain maps. */
class Model {
  objects = new Map<string, Stored[]>();
  uploads = new Map<string, { key: string; parts: Map<number, Stored> }>();
  reads: Read[] = [];
  nextUpload = 1;
  nextSeed = 1;

  /** The length of all blobs that something refers to. */
  get bytes(): number {
    const blobs = [
      ...[...this.objects.values()].flat(),
      ...[...this.uploads.values()].flatMap(({ parts }) => [...parts.values()]),
      ...this.reads.flatMap(({ blobs }) => blobs),
    ];
    const sizes = new Map(blobs.map(({ segment, bytes }) => [segment.blob, bytes.length]));
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }
}

interface World {
  storage: Storage;
  model: Model;
  reopen: () => Promise<void>;
}

const KEYS = ["a", "a/b", "../a", "\uff5e", "\u{1f600}", ""];
const SIZES = [0, 1, 5000, 65536, 65537, 300_000];
const key = fc.constantFrom(...KEYS);
const size = fc.constantFrom(...SIZES);
const index = fc.nat(9);

async function stored({ storage, model }: World, size: number): Promise<Stored> {
  const bytes = testBytes(size, model.nextSeed++);
  return { segment: await store(storage, bytes, 50_000), bytes };
}

const objectFrom = (blobs: readonly Stored[]) => objectOf(blobs.map(({ segment }) => segment));
const pick = <T>(all: Iterable<T>, index: number): T | undefined => {
  const list = [...all];
  return list[index % list.length];
};

/** Takes the next chunk of a read; at the end checks all that it gave. */
async function advance(model: Model, read: Read): Promise<void> {
  const next = await read.chunks.next();
  if (next.done !== true) {
    read.got.push(next.value);
    return;
  }
  const expected = ReadableStream.from(read.blobs.map(({ bytes }) => bytes));
  assertEquals(md5(await gather(ReadableStream.from(read.got))), md5(await gather(expected)));
  model.reads.splice(model.reads.indexOf(read), 1);
}

type Step = (world: World) => Promise<void>;

/** Every kind of step, with its arguments drawn. What there is nothing for does nothing. */
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ key, size }).map(({ key, size }) => async (world: World) => {
    const blob = await stored(world, size);
    await world.storage.putObject("b", key, objectFrom([blob]));
    world.model.objects.set(key, [blob]);
  }),
  fc.record({ key }).map(({ key }) => async ({ storage, model }: World) => {
    await storage.deleteObject("b", key);
    model.objects.delete(key);
  }),
  fc.record({ from: key, to: key }).map(({ from, to }) => async ({ storage, model }: World) => {
    const [object, blobs] = [storage.object("b", from), model.objects.get(from)];
    if (object === undefined || blobs === undefined) return;
    await storage.putObject("b", to, { ...object, headers: { "content-type": "copied" } });
    model.objects.set(to, blobs);
  }),
  fc.record({ key }).map(({ key }) => async ({ storage, model }: World) => {
    const [object, blobs] = [storage.object("b", key), model.objects.get(key)];
    if (object === undefined || blobs === undefined) return;
    const chunks = storage.read(object.segments, 0, object.sizeBytes)[Symbol.asyncIterator]();
    model.reads.push({ blobs: blobs.filter(({ bytes }) => bytes.length > 0), chunks, got: [] });
    await Promise.resolve();
  }),
  fc.record({ index }).map(({ index }) => async ({ model }: World) => {
    const read = pick(model.reads, index);
    if (read !== undefined) await advance(model, read);
  }),
  fc.record({ index }).map(({ index }) => async ({ model }: World) => {
    const read = pick(model.reads, index);
    if (read === undefined) return;
    await read.chunks.return?.();
    model.reads.splice(model.reads.indexOf(read), 1);
  }),
  fc.record({ key }).map(({ key }) => async ({ storage, model }: World) => {
    const id = `u${model.nextUpload++}`;
    await storage.createUpload("b", uploadOf(id, key));
    model.uploads.set(id, { key, parts: new Map() });
  }),
  fc.record({ index, number: fc.nat(3), size }).map(
    ({ index, number, size }) => async (world: World) => {
      const found = pick(world.model.uploads, index);
      if (found === undefined) return;
      const blob = await stored(world, size);
      await world.storage.putPart("b", found[0], partOf(number, [blob.segment]));
      found[1].parts.set(number, blob);
    },
  ),
  fc.record({ index, key }).map(({ index, key }) => async ({ storage, model }: World) => {
    const [upload, blob] = [pick(model.uploads, index), model.objects.get(key)?.[0]];
    if (upload === undefined || blob === undefined) return;
    await storage.putPart("b", upload[0], partOf(1, [blob.segment]));
    upload[1].parts.set(1, blob);
  }),
  fc.record({ index, skip: fc.boolean() }).map(
    ({ index, skip }) => async ({ storage, model }: World) => {
      const found = pick(model.uploads, index);
      if (found === undefined) return;
      const [id, { key, parts }] = found;
      const numbers = [...parts.keys()].sort().slice(skip ? 1 : 0);
      const blobs = numbers.flatMap((number) => parts.get(number) ?? []);
      await storage.endUpload("b", id, objectFrom(blobs));
      model.uploads.delete(id);
      model.objects.set(key, blobs);
    },
  ),
  fc.record({ index }).map(({ index }) => async ({ storage, model }: World) => {
    const found = pick(model.uploads, index);
    if (found === undefined) return;
    await storage.endUpload("b", found[0]);
    model.uploads.delete(found[0]);
  }),
  fc.record({ size }).map(({ size }) => async ({ storage }: World) => {
    const incoming = await storage.receive();
    await incoming.write(testBytes(size));
    if (size % 2 === 0) await incoming.finish();
    await incoming.discard();
  }),
  fc.record({ key, sizes: fc.array(size, { minLength: 2, maxLength: 4 }) }).map(
    ({ key, sizes }) => async (world: World) => {
      const blobs = await Promise.all(sizes.map((size) => stored(world, size)));
      await Promise.all(blobs.map((blob) => world.storage.putObject("b", key, objectFrom([blob]))));
      // The last to be made wins: which one that is only the store knows.
      const blob = world.storage.object("b", key)?.segments[0]?.blob;
      world.model.objects.set(key, blobs.filter(({ segment }) => segment.blob === blob));
    },
  ),
  fc.constant(({ reopen }: World) => reopen()),
);

async function check({ storage, model }: World): Promise<void> {
  const listed = Array.from(storage.objects("b"), ([key]) => key);
  assertEquals(listed, KEYS.filter((key) => model.objects.has(key)).sort(byUtf8));
  assertEquals(storage.storedBytes, model.bytes);
  assertEquals(storage.uploads("b").length, model.uploads.size);
  for (const [key, blobs] of model.objects) {
    const object = storage.object("b", key);
    assert(object !== undefined);
    const read = await gather(storage.read(object.segments, 0, object.sizeBytes));
    assertEquals(
      md5(read),
      md5(await gather(ReadableStream.from(blobs.map(({ bytes }) => bytes)))),
    );
  }
  for (const [id, { parts }] of model.uploads) {
    const numbers = storage.parts("b", id).map(({ number }) => number);
    assertEquals(numbers, [...parts.keys()].sort());
  }
}

function byUtf8(a: string, b: string): number {
  const [left, right] = [a, b].map((text) =>
    Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join()
  );
  return (left ?? "") < (right ?? "") ? -1 : 1;
}

async function play(world: World, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    await step(world);
    await check(world);
  }
  while (world.model.reads[0] !== undefined) await advance(world.model, world.model.reads[0]);
  await check(world);
  for (const key of KEYS) await world.storage.deleteObject("b", key);
  await world.storage.deleteBucket("b");
  assertEquals(world.storage.storedBytes, 0);
}

const steps = fc.array(step, { minLength: 1, maxLength: 30 });

Deno.test("memory storage: any sequence of steps leaves what plain maps have", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (steps) => {
      await using storage = createMemoryStorage();
      await storage.createBucket({ name: "b", createdMs: 1 });
      await play({ storage, model: new Model(), reopen: () => Promise.resolve() }, steps);
    }),
    { numRuns: 100 },
  );
});

Deno.test("folder storage: any sequence of steps, and opening it again, leaves what plain maps have", async () => {
  await fc.assert(
    fc.asyncProperty(steps, (steps) =>
      inTemporaryFolder(async (folder) => {
        const open = () => openFolderStorage(folder, { fsync: false });
        const model = new Model();
        const world: World = {
          storage: await open(),
          model,
          reopen: async () => {
            while (model.reads[0] !== undefined) await advance(model, model.reads[0]);
            await world.storage[Symbol.asyncDispose]();
            world.storage = await open();
          },
        };
        try {
          await world.storage.createBucket({ name: "b", createdMs: 1 });
          await play(world, steps);
        } finally {
          await Promise.all(model.reads.map(({ chunks }) => chunks.return?.()));
          await world.storage[Symbol.asyncDispose]();
        }
      })),
    { numRuns: 60 },
  );
});
