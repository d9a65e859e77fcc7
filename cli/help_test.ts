// Tests of help texts: nothing missing, nothing wider than the terminal.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { textWidth } from "../reports/text.ts";
import { COMMANDS } from "./commands.ts";
import { commandHelp, COMMON_FLAGS, programHelp } from "./help.ts";
import { fitted } from "./progress.ts";
import type { Catalog } from "./command.ts";

const catalog: Catalog = {
  scenarios: async () => (await import("../scenarios/scenarios.ts")).scenarios,
  servers: async () => (await import("../servers/servers.ts")).servers,
  engines: () => Promise.resolve([]),
};

Deno.test("help texts keep to the width of the terminal, examples excepted", async () => {
  for (const width of [30, 50, 80, 200]) {
    const texts = [programHelp(COMMANDS, width)];
    for (const entry of COMMANDS) {
      texts.push(await commandHelp(entry, await entry.load(), catalog, width));
    }
    for (const line of texts.join("").split("\n")) {
      assert(
        line.startsWith("  edge-repro ") || line.startsWith("Usage: ") || textWidth(line) <= width,
        line,
      );
    }
  }
});

Deno.test("every flag of a command is in its help text, and no two have one name", async () => {
  for (const entry of COMMANDS) {
    const command = await entry.load();
    const text = await commandHelp(entry, command, catalog, 110);
    const flags = [...await command.flags(catalog), ...COMMON_FLAGS];
    const names = flags.map(({ name }) => name);
    for (const { name, hidden } of flags) if (!hidden) assertStringIncludes(text, `  --${name}`);
    assertEquals(names.length, new Set(names).size, `${entry.name}: ${names}`);
  }
});

Deno.test("the status line is cut where the terminal would break it", () => {
  assertEquals(fitted("abcdef", 6), "abcdef");
  assertEquals(fitted("abcdef", 5), "abcd…");
  assertEquals(fitted("日本語", 5), "日本…");
  assertEquals(fitted("日本語", 4), "日…");
});
