import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { InputGate } from "./input_gate.ts";

/** What can be settled from outside. */
function deferred() {
  return Promise.withResolvers<void>();
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

Deno.test("an open gate lets everything in at once", () => {
  const seen: number[] = [];
  const gate = new InputGate();
  gate.pass(undefined, () => seen.push(1));
  gate.pass(undefined, () => seen.push(2));
  assertEquals(seen, [1, 2]);
});

Deno.test("while a section is open others wait, and are let in afterwards in their order", async () => {
  const seen: string[] = [];
  const gate = new InputGate();
  const { promise, resolve } = deferred();
  const section = gate.lock(undefined, () => promise);
  gate.pass(undefined, () => seen.push("a"));
  gate.pass(undefined, () => seen.push("b"));
  await turn();
  assertEquals(seen, []);
  resolve();
  await section;
  await turn();
  assertEquals(seen, ["a", "b"]);
});

Deno.test("what belongs to the open section, or to one inside it, passes", async () => {
  const seen: string[] = [];
  const gate = new InputGate();
  const outer = deferred();
  const inner = deferred();
  const whole = gate.lock(undefined, (section) => {
    gate.pass(section, () => seen.push("own"));
    gate.lock(section, (nested) => {
      gate.pass(nested, () => seen.push("nested"));
      gate.pass(section, () => seen.push("outer waits"));
      return inner.promise;
    });
    return outer.promise;
  });
  assertEquals(seen, ["own", "nested"]);
  inner.resolve();
  await turn();
  assertEquals(seen, ["own", "nested", "outer waits"]);
  outer.resolve();
  await whole;
});

Deno.test("sections that are not nested come one after the other", async () => {
  const seen: string[] = [];
  const gate = new InputGate();
  const first = deferred();
  const one = gate.lock(undefined, async () => {
    seen.push("first begins");
    await first.promise;
    seen.push("first ends");
  });
  const two = gate.lock(undefined, () => void seen.push("second"));
  await turn();
  assertEquals(seen, ["first begins"]);
  first.resolve();
  await Promise.all([one, two]);
  assertEquals(seen, ["first begins", "first ends", "second"]);
});

Deno.test("a section that fails, at once or later, opens the gate again", async () => {
  const gate = new InputGate();
  const boom = () => {
    throw new Error("boom");
  };
  await assertRejects(() => gate.lock(undefined, boom), Error, "boom");
  await assertRejects(() => gate.lock(undefined, () => Promise.reject(new Error("late"))), Error);
  // After whoever awaited the section.
  await new Promise<void>((resolve) => gate.pass(undefined, resolve));
});

Deno.test("whatever the order of locks, nothing is lost and nobody overtakes while it waits", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 30 }), async (locks) => {
      const gate = new InputGate();
      const seen: number[] = [];
      const all = locks.map((isLock, index) =>
        isLock
          ? gate.lock(undefined, async () => {
            seen.push(index);
            await turn();
          })
          : new Promise<void>((resolve) =>
            gate.pass(undefined, () => {
              seen.push(index);
              resolve();
            })
          )
      );
      await Promise.all(all);
      assertEquals(seen, locks.map((_, index) => index));
    }),
    { numRuns: 40 },
  );
});
