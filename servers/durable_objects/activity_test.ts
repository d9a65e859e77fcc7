import { assertEquals } from "@std/assert";
import { createActivities } from "./activity.ts";

Deno.test("activities are listed in the order in which they began, and each change is told", () => {
  const sizes: number[] = [];
  let now = 1;
  const activities = createActivities({ now: () => now++, onChange: (size) => sizes.push(size) });
  const first = activities.begin("request");
  const second = activities.begin("fetch", { place: "a.ts:1", detail: "http://x/" });
  const third = activities.begin("alarm");
  assertEquals(activities.list(), [first, second, third]);
  second.end();
  second.end();
  assertEquals(activities.list(), [first, third]);
  assertEquals([second.kind, second.place, second.detail], ["fetch", "a.ts:1", "http://x/"]);
  assertEquals([first.sinceMs, second.sinceMs, third.sinceMs], [1, 2, 3]);
  assertEquals([first.place, first.detail], [undefined, undefined]);
  first.end();
  third.end();
  assertEquals(sizes, [1, 2, 3, 2, 1, 0]);
});

Deno.test("once an incarnation is over nobody is told, and nothing is kept any more", () => {
  const sizes: number[] = [];
  const activities = createActivities({ now: () => 0, onChange: (size) => sizes.push(size) });
  const before = activities.begin("request");
  activities.clear();
  before.end();
  activities.begin("setTimeout").end();
  assertEquals([activities.size, activities.list(), sizes], [0, [], [1]]);
});

Deno.test("a place is not looked up before it is asked for", () => {
  let asked = 0;
  const activities = createActivities({ now: () => 0, onChange() {} });
  const activity = activities.begin("setTimeout", {
    get place() {
      asked++;
      return "a.ts:1";
    },
  });
  assertEquals(asked, 0);
  assertEquals([activity.place, asked], ["a.ts:1", 1]);
});
