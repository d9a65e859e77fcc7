import { assertEquals } from "@std/assert";
import { OutputGate } from "./output_gate.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

function gate() {
  const broken: unknown[] = [];
  const sent: number[] = [];
  const own = new OutputGate((error) => broken.push(error));
  return { gate: own, broken, sent, send: (one: number) => own.pass(() => sent.push(one)) };
}

Deno.test("with nothing to keep all is sent at once", () => {
  const { sent, send } = gate();
  send(1);
  send(2);
  assertEquals(sent, [1, 2]);
});

Deno.test("what is sent after a write leaves when that is kept, in its order", async () => {
  const { gate: own, sent, send } = gate();
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  own.lock(first.promise);
  send(1);
  own.lock(second.promise);
  send(2);
  first.resolve();
  await turn();
  assertEquals(sent, []);
  second.resolve();
  await turn();
  assertEquals(sent, [1, 2]);
  send(3);
  assertEquals(sent, [1, 2, 3]);
});

Deno.test("when something cannot be kept nothing more is sent, and that is told once", async () => {
  const { gate: own, broken, sent, send } = gate();
  own.lock(Promise.reject(new Error("disk full")));
  own.lock(Promise.reject(new Error("still full")));
  send(1);
  await turn();
  send(2);
  assertEquals([sent, broken.map(String)], [[], ["Error: disk full"]]);
});
