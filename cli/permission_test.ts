// Tests of wording a missing permission.

import { assertEquals } from "@std/assert";
import { missingPermission } from "./permission.ts";

const denied = (message: string) => new Deno.errors.NotCapable(message);

Deno.test("a missing permission is worded with the flag that grants it", () => {
  const wordings = [
    [
      'Requires net access to "10.0.0.1:80", run again with the --allow-net flag',
      "net access to '10.0.0.1:80'; run with --allow-net=10.0.0.1:80, or as deno task start",
    ],
    [
      'Requires read access to "/a b", run again with the --allow-read flag',
      "read access to '/a b'; run with --allow-read=/a b, or as deno task start",
    ],
    [
      "Requires env access, run again with the --allow-env flag",
      "env access; run with --allow-env",
    ],
    [
      'Requires all access to "/proc/x", run again with the --allow-all flag',
      "all access; run with --allow-all",
    ],
    ["Something new\nat x", "Something new"],
  ];
  for (const [message = "", expected] of wordings) {
    assertEquals(missingPermission(denied(message)), `Missing permission: ${expected}`);
  }
});

Deno.test("a missing permission is found behind other errors, and only that", () => {
  const cause = denied("Requires env access, run again with the --allow-env flag");
  assertEquals(
    missingPermission(new Error("a", { cause: new Error("b", { cause }) })),
    "Missing permission: env access; run with --allow-env",
  );
  assertEquals(missingPermission(new Error("a", { cause: new Error("b") })), undefined);
  assertEquals(missingPermission("text"), undefined);
});
