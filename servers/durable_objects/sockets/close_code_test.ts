import { assertEquals, assertThrows } from "@std/assert";
import { closeArguments } from "./close_code.ts";

for (
  const [code, reason, expected] of [
    [undefined, undefined, { code: 1005, reason: "" }],
    [1000, undefined, { code: 1000, reason: "" }],
    [1000.7, "", { code: 1000, reason: "" }],
    [1003, null, { code: 1003, reason: "null" }],
    [1014, 5, { code: 1014, reason: "5" }],
    [2999, "x", { code: 2999, reason: "x" }],
    [4999, "a".repeat(123), { code: 4999, reason: "a".repeat(123) }],
  ] as const
) {
  Deno.test(`close(${code}, ${String(reason).slice(0, 9)}) may be sent`, () => {
    assertEquals(closeArguments(code, reason), expected);
  });
}

for (
  const [code, shown] of [
    [999, 999],
    [0, 0],
    [null, 0],
    ["abc", 0],
    [5000, 5000],
    [70_000, 70_000],
    [-1, -1],
    [1004, 1004],
    [1005, 1005],
    [1006, 1006],
    [1015, 1015],
  ] as const
) {
  Deno.test(`close(${code}) is refused with its code`, () => {
    const error = assertThrows(() => closeArguments(code, undefined), DOMException);
    assertEquals([error.name, error.message], [
      "InvalidAccessError",
      `Invalid WebSocket close code: ${shown}.`,
    ]);
  });
}

Deno.test("a reason needs a code, and at most 123 bytes of UTF-8", () => {
  assertEquals(
    assertThrows(() => closeArguments(undefined, "r"), DOMException).name,
    "InvalidAccessError",
  );
  for (const reason of ["a".repeat(124), "é".repeat(62)]) {
    assertEquals(
      assertThrows(() => closeArguments(1000, reason), DOMException).name,
      "SyntaxError",
    );
  }
});
