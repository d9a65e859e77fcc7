import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import type { ProxySettings } from "../lab/role.ts";
import { engines } from "./engines.ts";
import { enginesPage } from "./page.ts";

/** What stands between two spaces of a formatted page; `deno fmt` may break lines anew. */
const words = (text: string) => text.split(/\s+/).filter((word) => word !== "");

Deno.test("docs/engines.md is what the adapters give", async () => {
  const page = await Deno.readTextFile(new URL("../docs/engines.md", import.meta.url));
  assertEquals(
    words(page),
    words(enginesPage(engines)),
    "docs/engines.md is out of date: write it anew with deno task engine-docs",
  );
});

Deno.test("the page has every engine", () => {
  const page = enginesPage(engines);
  for (const { title, name } of engines) {
    assertStringIncludes(page, `## ${title}\n`);
    assertStringIncludes(page, `engine:${name}`);
  }
});

Deno.test("an engine's configuration follows its settings", () => {
  for (const { title, plays } of engines) {
    const play = plays["caching-proxy"];
    assert(play, title);
    const place = { program: "x", folder: "/tmp/run", port: 6148, asRoot: false };
    const usual: ProxySettings = {
      originUrl: new URL("http://127.0.0.1:8000"),
      lockWaitTimeoutMs: 60_000,
      lockAgeTimeoutMs: 60_000,
      maxWaiting: 0,
    };
    const changed: ProxySettings = {
      originUrl: new URL("http://127.0.0.1:8001"),
      lockWaitTimeoutMs: 7_000,
      lockAgeTimeoutMs: 8_000,
      maxWaiting: 5,
    };
    const shown = (settings: ProxySettings) => JSON.stringify(play.launch(settings, place));
    for (const setting of ["originUrl", ...play.applies] as (keyof ProxySettings)[]) {
      const one = { ...usual, [setting]: changed[setting] };
      assertNotEquals(shown(one), shown(usual), `${title}: ${setting}`);
    }
  }
});
