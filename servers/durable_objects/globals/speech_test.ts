import { assertEquals } from "@std/assert";
import { withObject } from "./testing_object.ts";

Deno.test(
  "what an object says on the console is in its log",
  withObject((object) => {
    object.run(() => {
      for (const level of ["debug", "log", "info", "warn", "error"] as const) {
        console[level]("said", 1);
      }
    });
    assertEquals(object.lines, [
      "debug said 1",
      "log said 1",
      "info said 1",
      "warn said 1",
      "error said 1",
    ]);
  }),
);

Deno.test("a log that is shown on the console does not come back to the object", async () => {
  const shown: unknown[][] = [];
  const original = console.log;
  console.log = (...args: unknown[]) => void shown.push(args);
  try {
    await withObject((object) => {
      object.log = (level, args) => console.log(level, ...args);
      object.run(() => console.info("once"));
    })();
  } finally {
    console.log = original;
  }
  assertEquals(shown, [["info", "once"]]);
});

Deno.test(
  "errors that nothing caught go to the object's log and not to the process",
  withObject(async (object) => {
    object.run(() => {
      queueMicrotask(() => {
        throw new Error("microtask");
      });
      const target = new EventTarget();
      target.addEventListener("x", () => {
        throw new Error("listener");
      });
      target.dispatchEvent(new Event("x"));
      reportError(new Error("reported"));
      Promise.reject(new Error("promise"));
    });
    // On a busy machine a timer comes before the rejection is told.
    while (object.lines.length < 4) await new Promise((resolve) => setTimeout(resolve, 1));
    assertEquals(object.lines.toSorted(), [
      "error Uncaught (in promise) Error: promise",
      "error Uncaught Error: listener",
      "error Uncaught Error: microtask",
      "error Uncaught Error: reported",
    ]);
  }),
);

Deno.test(
  "an object sees Cloudflare's user agent, others the runtime's",
  withObject((object) => {
    assertEquals(object.run(() => navigator.userAgent), "Cloudflare-Workers");
    assertEquals(navigator.userAgent.startsWith("Deno/"), true);
  }),
);
