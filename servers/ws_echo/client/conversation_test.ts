// Tests of the conversation: which answer belongs to which request, and what becomes of the others.

import { assertEquals } from "@std/assert";
import { Conversation } from "./conversation.js";

type Told = { type: string; kind?: string; text?: string; inOrder?: boolean };

function begin() {
  const entries = new Set<Told>();
  const talk = new Conversation((entry) => entries.add(entry));
  talk.begin(0);
  const answer = (type: string, more: Record<string, unknown> = {}, atMs = 10) =>
    talk.hear(JSON.stringify({ type, ...more }), atMs);
  answer("welcome", { instance: "one" });
  return { talk, answer, entries };
}

Deno.test("hear: an id pairs, in whatever order answers come", () => {
  const { talk, answer } = begin();
  const first = talk.add("message", 20, "same"), second = talk.add("message", 21, "same");
  answer("echo", { id: second.id, content: "same" }, 30);
  assertEquals([first.state, second.state, second.answeredMs], ["waiting", "answered", 30]);
  answer("echo", { id: first.id, content: "same" }, 40);
  assertEquals([first.state, first.answeredMs], ["answered", 40]);
});

Deno.test("hear: without ids the earliest request that the answer fits", () => {
  const { talk, answer } = begin();
  const ping = talk.add("ping", 20),
    a = talk.add("message", 21, "a"),
    b = talk.add("message", 22, "b");
  const beat = talk.add("heartbeat", 23);
  for (const [type, content] of [["echo", "b"], ["heartbeat_ack"], ["pong"]]) {
    answer(type ?? "", { content });
  }
  assertEquals([ping, a, b, beat].map(({ state }) => state), [
    "answered",
    "waiting",
    "answered",
    "answered",
  ]);
});

Deno.test("hear: a server that numbers its own messages gives no ids back", () => {
  const { talk, answer } = begin();
  const ping = talk.add("ping", 20);
  answer("pong", { id: "message-7" });
  assertEquals(ping.state, "answered");
  // An id of the page's own that nobody waits for answers nothing else.
  const next = talk.add("ping", 30);
  answer("pong", { id: ping.id });
  assertEquals(next.state, "waiting");
});

Deno.test("sweep: lost at the threshold, late when the answer comes after all", () => {
  const { talk, answer } = begin();
  const ping = talk.add("ping", 100);
  talk.sweep(1_099, 1_000);
  assertEquals(ping.state, "waiting");
  talk.sweep(1_100, 1_000);
  assertEquals([ping.state, talk.counts().lost], ["lost", 1]);
  answer("pong", { id: ping.id }, 1_500);
  const counts = { sent: 1, waiting: 0, answered: 1, lost: 0, cut: 0 };
  assertEquals([ping.state, talk.counts()], ["late", counts]);
});

Deno.test("end: what waits is cut, which is not lost; an answer to it is not expected any more", () => {
  const { talk, answer, entries } = begin();
  const ping = talk.add("ping", 100);
  talk.end();
  talk.sweep(9_000, 1_000);
  assertEquals(ping.state, "cut");
  answer("pong", { id: ping.id });
  assertEquals([ping.state, [...entries].at(-1)?.kind], ["cut", "pong"]);
  talk.begin(200);
  assertEquals(talk.counts().sent, 0);
});

Deno.test("hear: another instance than before is told once", () => {
  const { talk, answer } = begin();
  assertEquals(talk.exchanges.map(({ kind, woken }) => [kind, woken]), [["connect", false]]);
  const woken = ["one", "two", "two"].map((instance) => {
    const ping = talk.add("ping", 100);
    answer("pong", { id: ping.id, instance });
    return ping.woken;
  });
  assertEquals([woken, talk.instance], [[false, true, false], "two"]);
});

Deno.test("hear: errors refuse, and what nobody asked for is shown as it came", () => {
  const { talk, answer, entries } = begin();
  const ping = talk.add("ping", 100);
  answer("error", { id: ping.id, message: "no" });
  assertEquals([ping.state, ping.error], ["refused", "no"]);
  answer("push", { content: "hi" });
  for (const data of ["no JSON", "[1]", new ArrayBuffer(2)]) talk.hear(data, 10);
  assertEquals([...entries].slice(2).map(({ kind, text }) => [kind, text]), [
    ["push", "hi"],
    ["text", "no JSON"],
    ["text", "[1]"],
    ["binary", "a binary message"],
  ]);
  assertEquals(talk.reached, 6);
});

Deno.test("addBurst: whether answers came in order", () => {
  for (const [order, inOrder] of [[[0, 1, 2], true], [[1, 2], true], [[0, 2, 1], false]] as const) {
    const { talk, answer, entries } = begin();
    const burst = talk.addBurst(["a", "b", "c"], 100);
    for (const index of order) answer("echo", { id: burst[index]?.id });
    const entry = [...entries].find(({ type }) => type === "burst");
    assertEquals([order, entry?.inOrder], [order, inOrder]);
  }
});
