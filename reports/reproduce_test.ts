// Tests of the command that makes a run again.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { reproduceCommand, shellWord } from "./reproduce.ts";
import { BUG, PROBED, UNTOLD } from "./testdata.ts";

Deno.test("the command names selector, target, pace and flags", () => {
  assertEquals(
    reproduceCommand(BUG, 20, []),
    "edge-repro repro cache-lock/disconnect --variant bug",
  );
  assertEquals(
    reproduceCommand(BUG, 1, ["--origin-delay", "10s"]),
    "edge-repro repro cache-lock/disconnect --variant bug --speed 1 --origin-delay 10s",
  );
  assertEquals(
    reproduceCommand(PROBED, 1, []),
    "edge-repro probe cache-lock/many --target engine:nginx",
  );
  assertEquals(
    reproduceCommand(UNTOLD, 1, []),
    "edge-repro probe cache-lock/many --target 'http://example.net/a?b=c&d=e'",
  );
  const flags = ["--bucket", "a bucket"];
  assertEquals(
    reproduceCommand({ ...UNTOLD, target: { ...UNTOLD.target, flags } }, 1, ["--num-readers", "5"]),
    "edge-repro probe cache-lock/many --target 'http://example.net/a?b=c&d=e' --bucket 'a bucket' " +
      "--num-readers 5",
  );
});

Deno.test("a shell reads a quoted word as one and expands nothing in it", () => {
  assertEquals(shellWord("plain-1.5"), "plain-1.5");
  assertEquals(shellWord(""), "''");
  assertEquals(shellWord("it's $HOME"), `'it'\\''s $HOME'`);
  fc.assert(fc.property(fc.lorem({ maxCount: 1 }), fc.string(), (plain, odd) => {
    assertEquals(shellWord(plain).replaceAll("'", ""), plain);
    // A word is plain characters, quoted stretches and escaped quotes, and nothing else.
    assertEquals(/^('[^']*'|[\w@%+=:,./-]|\\')+$/.test(shellWord(odd)), true);
  }));
});
