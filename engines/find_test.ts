import { assertEquals, assertMatch } from "@std/assert";
import { findEngine, misnamed, whyMissing } from "./find.ts";
import { scripted } from "./testing_engine.ts";

Deno.test("find: gives path and version of a program, and undefined for one that is not there", async () => {
  const found = await findEngine(scripted);
  assertMatch(found?.program ?? "", /^\/.*\/sh$/);
  assertEquals(found?.version, "1.2.3");
  assertEquals(found?.asRoot, Deno.uid() === 0);
  assertEquals(await findEngine({ ...scripted, program: "no-such-program" }), undefined);
});

Deno.test("find: the environment variable wins over the path", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/own`, "#!/bin/sh\necho scripted/9.9.9\n", { mode: 0o755 });
    Deno.env.set("EDGE_REPRO_SCRIPTED", `${folder}/own`);
    const found = await findEngine(scripted);
    assertEquals(found?.program, `${folder}/own`);
    assertEquals(found?.version, "9.9.9");
    for (const path of [`${folder}/missing`, folder]) {
      Deno.env.set("EDGE_REPRO_SCRIPTED", path);
      assertEquals(await findEngine(scripted), undefined);
      assertEquals(await misnamed(scripted), path);
    }
  } finally {
    Deno.env.delete("EDGE_REPRO_SCRIPTED");
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("find: what is missing says how to install it, or which variable leads nowhere", async () => {
  assertEquals(await misnamed(scripted), undefined);
  assertEquals(await whyMissing(scripted), "Scripted is not installed here: nothing to install");
  try {
    Deno.env.set("EDGE_REPRO_SCRIPTED", "/no where/it's\nhere");
    assertEquals(
      await whyMissing(scripted),
      "Cannot find Scripted: EDGE_REPRO_SCRIPTED names '/no where/it's here', expected a program; " +
        "left unset, it is looked for on the path",
    );
  } finally {
    Deno.env.delete("EDGE_REPRO_SCRIPTED");
  }
});
