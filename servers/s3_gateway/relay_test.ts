// Contents that are passed on: how far they are read, what of them is held, and what goes out before its end.

import { assertEquals, assertRejects } from "@std/assert";
import { BufferMeter } from "./meter.ts";
import { heldBack, type Pieces, relayed } from "./relay.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

async function* pieces(given: readonly Uint8Array<ArrayBuffer>[], end?: Error): Pieces {
  yield* given;
  if (end !== undefined) throw end;
}

Deno.test("the last piece goes out when the end was looked at; of a content that is wrong it does not", async () => {
  const given = [bytes(1), bytes(2, 2), bytes(3, 3, 3)];
  for (const end of [undefined, new Error("wrong")]) {
    const meter = new BufferMeter();
    const seen: Uint8Array[] = [];
    const reading = async () => {
      for await (const piece of heldBack(pieces(given, end), meter)) seen.push(piece);
    };
    if (end === undefined) await reading();
    else await assertRejects(reading, Error, "wrong");
    assertEquals(seen, end === undefined ? given : given.slice(0, 2));
    assertEquals([meter.bytes, meter.peakBytes], [0, 3]);
  }
  const none: Uint8Array[] = [];
  await assertRejects(async () => {
    const one = heldBack(pieces([bytes(1)], new Error("wrong")), new BufferMeter());
    for await (const piece of one) none.push(piece);
  });
  assertEquals(none, []);
});

Deno.test("a stream reads a piece when it is asked for one, and holds what it gave away last", async () => {
  const meter = new BufferMeter();
  const awaited: string[] = [];
  let read = 0;
  const source = async function* (): Pieces {
    for (; read < 3; read++) yield bytes(1, 2, 3, 4);
  };
  const watch = { expect: (who: "client" | "backend") => void awaited.push(who) };
  const { stream } = relayed(source(), meter, watch, () => {});
  const reader = stream.getReader();
  assertEquals([read, meter.bytes], [0, 0]);
  await reader.read();
  assertEquals([meter.bytes, awaited], [4, ["client", "backend"]]);
  await reader.read();
  assertEquals([read, meter.bytes, meter.peakBytes], [1, 4, 4]);
  await reader.cancel();
  assertEquals(meter.bytes, 0);
});

Deno.test("what is held is given back also when nobody tells the stream that it is over", async () => {
  const meter = new BufferMeter();
  const stuck = async function* (): Pieces {
    yield bytes(1);
    await new Promise(() => {});
  };
  const { stream, end } = relayed(stuck(), meter, { expect: () => {} }, () => {});
  const reader = stream.getReader();
  await reader.read();
  assertEquals(meter.bytes, 1);
  end();
  assertEquals(meter.bytes, 0);
});
