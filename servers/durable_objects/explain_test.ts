import { assertEquals } from "@std/assert";
import { type ActivityKind, type ActivityOptions, createActivities } from "./activity.ts";
import { explain } from "./explain.ts";

function activitiesOf(...begun: [ActivityKind, ActivityOptions?][]) {
  const activities = createActivities({ now: () => 7, onChange() {} });
  for (const [kind, options] of begun) activities.begin(kind, options);
  return activities.list();
}

function textOf(...begun: [ActivityKind, ActivityOptions?][]): string {
  return explain({ state: "running", activities: activitiesOf(...begun), evictsInMs: null }).text;
}

Deno.test("each kind that keeps an object in memory is named once, with its number and its places", () => {
  const explanation = explain({
    state: "running",
    activities: activitiesOf(
      ["setInterval", { place: "echo.ts:12" }],
      ["request"],
      ["plain-socket"],
      ["fetch", { place: "echo.ts:30", detail: "http://a/b" }],
      ["fetch", { place: "echo.ts:31", detail: "http://a/b" }],
    ),
    evictsInMs: null,
  });
  assertEquals(
    explanation.text,
    "not hibernating: 1 `setInterval` created at echo.ts:12, 1 request in flight, " +
      "1 socket accepted without hibernation, " +
      "2 outgoing fetches (http://a/b) from echo.ts:30 and echo.ts:31",
  );
  assertEquals(explanation.eligible, false);
  assertEquals(explanation.blockers[3], {
    kind: "fetch",
    count: 2,
    places: ["echo.ts:30", "echo.ts:31"],
    text: "2 outgoing fetches (http://a/b) from echo.ts:30 and echo.ts:31",
  });
});

Deno.test("one and several of each kind", () => {
  const cases: [ActivityKind, string, string][] = [
    ["setTimeout", "1 `setTimeout`", "2 `setTimeout`s"],
    ["setInterval", "1 `setInterval`", "2 `setInterval`s"],
    ["scheduler.wait", "1 `scheduler.wait()`", "2 `scheduler.wait()`s"],
    ["AbortSignal.timeout", "1 `AbortSignal.timeout()`", "2 `AbortSignal.timeout()`s"],
    ["fetch", "1 outgoing fetch", "2 outgoing fetches"],
    ["WebSocket", "1 outgoing WebSocket", "2 outgoing WebSockets"],
    [
      "plain-socket",
      "1 socket accepted without hibernation",
      "2 sockets accepted without hibernation",
    ],
    ["request", "1 request in flight", "2 requests in flight"],
    ["rpc", "1 RPC call in flight", "2 RPC calls in flight"],
    ["socket-event", "1 socket handler running", "2 socket handlers running"],
    ["alarm", "1 alarm handler running", "2 alarm handlers running"],
    ["waitUntil", "1 promise given to `waitUntil()`", "2 promises given to `waitUntil()`"],
    [
      "construction",
      "1 constructor or `blockConcurrencyWhile()` running",
      "2 constructor and `blockConcurrencyWhile()` calls running",
    ],
  ];
  for (const [kind, one, many] of cases) {
    assertEquals(textOf([kind]), `not hibernating: ${one}`);
    assertEquals(textOf([kind], [kind]), `not hibernating: ${many}`);
  }
});

Deno.test("a place is named once, and of many places the rest is counted", () => {
  const at = (line: number): [ActivityKind, ActivityOptions] => [
    "setTimeout",
    { place: `a.ts:${line}` },
  ];
  assertEquals(textOf(at(1), at(1)), "not hibernating: 2 `setTimeout`s created at a.ts:1");
  assertEquals(
    textOf(at(1), at(2), at(3)),
    "not hibernating: 3 `setTimeout`s created at a.ts:1, a.ts:2 and a.ts:3",
  );
  assertEquals(
    textOf(at(1), at(2), at(3), at(4)),
    "not hibernating: 4 `setTimeout`s created at a.ts:1, a.ts:2, a.ts:3 and 1 other place",
  );
  assertEquals(textOf(...[1, 2, 3, 4, 5].map(at)).endsWith("and 2 other places"), true);
});

Deno.test("where an outgoing WebSocket goes is said, and where it was opened", () => {
  assertEquals(
    textOf(["WebSocket", { place: "a.ts:1", detail: "wss://b/c" }]),
    "not hibernating: 1 outgoing WebSocket (wss://b/c) opened at a.ts:1",
  );
});

Deno.test("an object that nothing keeps says when it is evicted, and one that was that it hibernates", () => {
  const explained = (state: "running" | "idle" | "hibernated", evictsInMs: number | null) =>
    explain({ state, activities: [], evictsInMs });
  assertEquals(explained("idle", 12_000).text, "idle: evicted in 12 s unless something happens");
  assertEquals(explained("idle", -3).text, "idle: evicted in 0 ms unless something happens");
  assertEquals(explained("idle", null).text, "idle: nothing keeps it in memory");
  assertEquals(explained("running", null).text, "running: nothing keeps it in memory");
  assertEquals(explained("hibernated", null), {
    state: "hibernated",
    eligible: true,
    blockers: [],
    evictsInMs: null,
    text: "hibernated",
  });
});
