import { assertEquals, assertMatch } from "@std/assert";
import { CallPlace, placeOf } from "./place.ts";

const HOST = new URL("./", import.meta.url).href;

function stackOf(...frames: string[]): string {
  return ["Error: at http://x:1:2", ...frames.map((frame) => `    at ${frame}`)].join("\n");
}

Deno.test("the place is the first frame that is neither the runtime's nor the host's", () => {
  const cases: [string[], string | undefined][] = [
    [
      ["setTimeout (ext:core/01_core.js:1:2)", "Echo.fetch (file:///a/b/echo.ts:12:34)"],
      "echo.ts:12",
    ],
    [[`${HOST}host.ts:5:1`, "async file:///a/echo.ts:7:1"], "echo.ts:7"],
    [[`new Foo (${HOST}globals/timers.ts:5:1)`, "node:timers:1:1", "file:///a/x.js:3:1"], "x.js:3"],
    [["file:///a/hall/index.ts:1:2"], "hall/index.ts:1"],
    [["https://example.com/w/echo.ts?v=1:9:2"], "echo.ts:9"],
    [["file:///C:/w/echo%20one.ts:9:2"], "echo one.ts:9"],
    [["file:///a/100%.ts:9:2"], "100%.ts:9"],
    [["data:application/javascript,export%20default:4:2"], "data:…:4"],
    [[`${HOST}host_test.ts:8:1`], "host_test.ts:8"],
    [["<anonymous>", "Array.map (<anonymous>)"], undefined],
    [[`${HOST}host.ts:5:1`, "ext:core/01_core.js:1:2"], undefined],
    [[], undefined],
  ];
  for (const [frames, expected] of cases) assertEquals(placeOf(stackOf(...frames)), expected);
});

Deno.test("without a stack it is the caller's place", () => {
  assertMatch(placeOf() ?? "", /^place_test\.ts:\d+$/);
});

Deno.test("a call's place is where its function was called, and stays that", () => {
  const callee = () => new CallPlace(callee, "detail");
  const line = Number(/(\d+):\d+\)?$/.exec((new Error().stack ?? "").split("\n")[1] ?? "")?.[1]);
  const place = callee();
  assertEquals([place.place, place.place], [
    `place_test.ts:${line + 1}`,
    `place_test.ts:${line + 1}`,
  ]);
  assertEquals(place.detail, "detail");
});
