import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { installGlobals } from "./install.ts";

/** Everything that may be replaced, as what holds it and its name. */
const PLACES: readonly (readonly [object, string])[] = [
  ...[
    "Date",
    "setTimeout",
    "setInterval",
    "clearTimeout",
    "clearInterval",
    "setImmediate",
    "clearImmediate",
    "queueMicrotask",
    "scheduler",
    "performance",
    "fetch",
    "Request",
    "Response",
    "WebSocket",
    "WebSocketPair",
    "WebSocketRequestResponsePair",
    "AbortSignal",
    "console",
    "navigator",
  ].map((name) => [globalThis, name] as const),
  ...["debug", "log", "info", "warn", "error"].map((name) => [console, name] as const),
  ...["now", "constructor"].flatMap((name) => [[Date, name], [Date.prototype, name]] as const),
  ...["now", "timeOrigin"].map((name) => [Performance.prototype, name] as const),
  ...["constructor", "clone", "webSocket"].map((name) => [Response.prototype, name] as const),
  [WebSocket.prototype, "constructor"],
  [AbortSignal, "timeout"],
  [Object.getPrototypeOf(navigator), "userAgent"],
];

function all(): unknown[] {
  return PLACES.map(([target, name]) => Object.getOwnPropertyDescriptor(target, name));
}

/** The same objects, not only equal ones: which functions stand where. */
function held(): unknown[] {
  return all().flatMap((descriptor) => Object.values(descriptor ?? {}));
}

function same(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => Object.is(value, b[index]));
}

Deno.test("everything is put back as it was, its descriptors included", () => {
  const [names, before, keys] = [all(), held(), Reflect.ownKeys(globalThis)];
  const release = installGlobals();
  assertEquals(same(before, held()), false);
  release();
  release();
  assertEquals([names, same(before, held())], [all(), true]);
  assertEquals(Reflect.ownKeys(globalThis).toSorted(byText), keys.toSorted(byText));
});

function byText(a: PropertyKey, b: PropertyKey): number {
  return String(a) < String(b) ? -1 : 1;
}

Deno.test("several hosts install once, and the last one to go puts everything back, in any order", () => {
  const before = held();
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 }), { maxLength: 30 }), (steps) => {
      const releases: (() => void)[] = [];
      let installed: unknown[] | undefined;
      for (const step of steps) {
        // Even: one more host. Odd: one of those that are there goes, and goes once more.
        if (step % 2 === 0) releases.push(installGlobals());
        else {for (const release of releases.splice(step >> 1, 1)) {
            [release, release].forEach((f) => f());
          }}
        if (releases.length === 0) {
          assertEquals(same(before, held()), true);
          installed = undefined;
        } else {
          installed ??= held();
          assertEquals(same(installed, held()), true);
          assertNotEquals(same(before, held()), true);
        }
      }
      releases.forEach((release) => release());
      assertEquals(same(before, held()), true);
    }),
    { numRuns: 60 },
  );
});

Deno.test("a WebSocketPair is made with new, and is what its class makes", () => {
  const release = installGlobals();
  try {
    const call = WebSocketPair as unknown as () => void;
    assertThrows(() => call(), TypeError, "Please use the 'new' operator");
    assertEquals(new WebSocketPair() instanceof WebSocketPair, true);
  } finally {
    release();
  }
});
