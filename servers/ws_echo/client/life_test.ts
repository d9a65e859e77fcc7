// Tests of the object's life: which steps the host's events are, and what is counted.

import { assertEquals } from "@std/assert";
import type { HostEventKind } from "../../durable_objects/events.ts";
import { Life } from "./life.js";

function begin() {
  const steps: string[] = [];
  const life = new Life(({ state, incarnation }) => steps.push(`${state} ${incarnation}`));
  let seq = 0;
  const take = (incarnation: number, ...kinds: HostEventKind[]) => {
    for (const kind of kinds) {
      seq++;
      life.take({ ...kind, seq, atMs: seq, incarnation });
    }
  };
  return { life, steps, take };
}

const state = (state: "running" | "idle" | "hibernated") => ({ kind: "state", state } as const);
const message = { text: "", sizeBytes: 0 };

Deno.test("take: eviction and waking are steps, in the host's order, each once", () => {
  const { life, steps, take } = begin();
  take(1, { kind: "constructed", reconstruction: false, reason: "request" }, state("running"));
  take(1, state("idle"), { kind: "evicted" }, state("hibernated"));
  take(2, { kind: "constructed", reconstruction: true, reason: "alarm" });
  assertEquals(life.now?.note, "anew, for an alarm");
  take(2, state("running"), state("idle"));
  take(2, { kind: "reset", reason: "it threw" }, state("hibernated"));
  assertEquals(steps, [
    "running 1",
    "idle 1",
    "hibernated 1",
    "woken 2",
    "running 2",
    "idle 2",
    "reset 2",
    "hibernated 2",
  ]);
  assertEquals([life.evictions, life.incarnation], [1, 2]);
});

Deno.test("take: how things are when the page comes is a step; what was told before is not told again", () => {
  const { life, steps } = begin();
  const event = { incarnation: 3 };
  life.take({ ...event, ...state("idle"), seq: 0, atMs: 50 });
  life.take({ ...event, ...state("running"), seq: 1, atMs: 60 });
  life.take({ ...event, ...state("idle"), seq: 1, atMs: 60 });
  // The host was started anew, and counts from one.
  life.take({ ...event, ...state("hibernated"), seq: 1, atMs: 70 });
  assertEquals(steps, ["idle 3", "running 3", "hibernated 3"]);
});

Deno.test("countAnew: from the next socket on", () => {
  const { life, take } = begin();
  const some: HostEventKind[] = [
    { kind: "received", message },
    { kind: "sent", message },
    { kind: "auto-response" },
  ];
  take(1, ...some);
  life.countAnew();
  take(1, ...some, { kind: "socket-accepted", hibernatable: true, tags: [] }, ...some, ...some);
  take(1, { kind: "socket-accepted", hibernatable: true, tags: [] });
  assertEquals([life.received, life.sent, life.autoResponses], [2, 2, 2]);
});
