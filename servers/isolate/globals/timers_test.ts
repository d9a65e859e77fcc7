import { assertEquals } from "@std/assert";
import { ManualClock } from "../../../lab/clock.ts";
import { request, start } from "../testing_isolate.ts";

Deno.test("another's timer is not cleared, by its handle or its number; one's own is", async () => {
  const clock = new ManualClock();
  const timers: unknown[] = [];
  const fired: string[] = [];
  await using all = start({
    clock,
    handler: async ({ url }) => {
      if (url.endsWith("/make")) {
        for (const name of ["handle", "number", "own", "own number"]) {
          timers.push(setTimeout(() => fired.push(name), 100));
        }
        clearTimeout(timers[2] as number);
        clearTimeout(Number(timers[3]));
        await new Promise((resolve) => setTimeout(resolve, 200));
        return new Response();
      }
      clearTimeout(timers[0] as number);
      clearTimeout(Number(timers[1]));
      clearTimeout(undefined);
      return new Response();
    },
  });
  const made = all.isolate.fetch(request("/make"));
  await all.isolate.fetch(request("/clear"));
  await clock.advance(200);
  await made;
  assertEquals(fired, ["handle", "number"]);
  assertEquals(all.touches.map(({ action }) => action), ["clearTimeout", "clearTimeout"]);
});
