import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { scenarios } from "../scenarios/scenarios.ts";
import type { Engine, Place } from "./engine.ts";
import { engines } from "./engines.ts";
import { nginx } from "./nginx.ts";
import { EXAMPLES } from "./page.ts";
import { launcherOf } from "./play.ts";
import { editing, remediesOf, withRemedies } from "./remedy.ts";

const SETTINGS = {
  originUrl: new URL("http://127.0.0.1:8000"),
  lockWaitTimeoutMs: 30_000,
  lockAgeTimeoutMs: 30_000,
  maxWaiting: 0,
};
const PLACE: Place = { program: "x", folder: "/tmp/run", port: 6148, asRoot: false };

Deno.test("every way around has a name of its own, changes the configuration, and is for cases there are", () => {
  const selectors = scenarios.flatMap(({ id, cases }) => cases.map((one) => `${id}/${one.id}`));
  let seen = 0;
  for (const engine of engines) {
    const remedies = remediesOf(engine);
    assertEquals(new Set(remedies.map(({ name }) => name)).size, remedies.length, engine.name);
    for (const { name, cases } of remedies) {
      const remedied = withRemedies(engine, [name]);
      assertEquals(remedied.name, `${engine.name}+${name}`);
      const launched = (one: Engine) => EXAMPLES.map((part) => launcherOf(one, part)?.(PLACE));
      assertNotEquals(launched(remedied), launched(engine), remedied.name);
      assert(cases.length > 0, remedied.name);
      for (const one of cases) assert(selectors.includes(one), `${remedied.name}: ${one}`);
      seen++;
    }
  }
  assert(seen >= 10, `only ${seen} ways around`);
});

Deno.test("several ways around are all there, and the engine itself is left alone", () => {
  const both = withRemedies(nginx, ["ignore-client-abort", "background-update"]);
  const text = (engine: typeof nginx) =>
    engine.plays["caching-proxy"]?.launch(SETTINGS, PLACE).files?.["nginx.conf"] ?? "";
  assert(text(both).includes("proxy_ignore_client_abort on;"));
  assert(text(both).includes("proxy_cache_background_update on;"));
  assert(!text(nginx).includes("proxy_ignore_client_abort"));
  assertEquals(withRemedies(nginx, []), nginx);
});

Deno.test("a way around that is not there is refused, and so is a place that is gone", () => {
  assertThrows(() => withRemedies(nginx, ["no-such-way"]), RangeError, "no-such-way");
  const launch = { args: [], files: { "a.conf": "one\ntwo\n" } };
  assertEquals(editing("a.conf", "two", "2")(launch).files, { "a.conf": "one\n2\n" });
  assertEquals(editing("a.conf", /o\w+/, "x")(launch).files, { "a.conf": "x\ntwo\n" });
  assertThrows(() => editing("a.conf", "three", "3")(launch), TypeError, "three");
  assertThrows(() => editing("b.conf", "one", "1")(launch), TypeError, "b.conf");
});
