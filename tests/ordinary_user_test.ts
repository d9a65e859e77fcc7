// Every engine as another user than root: found, started below a folder of that user, and stopped.

import { assertEquals, assertMatch } from "@std/assert";
import type { Engine } from "../engines/engine.ts";
import { engines } from "../engines/engines.ts";
import { findEngine } from "../engines/find.ts";
import { folderPrefix } from "../engines/folder.ts";
import { assertGone, foldersOf } from "../engines/testing_engine.ts";
import { parseResult } from "../lab/result.ts";

const ROOT = new URL("../", import.meta.url);
/** `nobody`, on every Linux. */
const NOBODY = "65534";
/** All cases would take long; one shows that it serves and collapses. */
const CASE = "cache-lock/collapse";

const here: Engine[] = [];
for (const engine of engines) {
  if (await findEngine(engine) !== undefined) here.push(engine);
}
const why = Deno.uid() !== 0
  ? "the tests do not run as root, so that all of them show it"
  : here.length === 0
  ? "no engine is installed"
  : undefined;

/** Runs a program to its end. */
async function output(program: string, args: string[], env: Record<string, string> = {}) {
  const child = new Deno.Command(program, {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const { code, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: text(stdout), stderr: text(stderr), pid: child.pid };
}

Deno.test({
  name: why === undefined
    ? "an ordinary user can start every engine, and leaves nothing of it"
    : `NOT TESTED, ${why}: an ordinary user can start every engine`,
  ignore: why !== undefined,
  async fn(t) {
    // What root has, the source tree and the runtime among it, another user may not read.
    const folder = await Deno.makeTempDir();
    try {
      await Deno.chmod(folder, 0o755);
      await Deno.copyFile(Deno.execPath(), `${folder}/deno`);
      await Deno.chmod(`${folder}/deno`, 0o755);
      const bundle = `${folder}/edge-repro.js`;
      const external = ["--external", "chromium-bidi/*"];
      const made = await output(Deno.execPath(), [
        ...["bundle", ...external, "--output", bundle, "main.ts"],
      ]);
      assertEquals(made.code, 0, made.stderr);
      for (const engine of here) {
        // What was built is below root's home: its program is copied like the runtime.
        const found = await findEngine(engine);
        const program = `${folder}/${engine.name}`;
        if (engine.build && found) await Deno.copyFile(found.program, program);
        await t.step(engine.name, async () => {
          const { code, stdout, stderr, pid } = await output("setpriv", [
            ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
            ...[`${folder}/deno`, "run", "--no-config", "--cached-only", "--no-prompt"],
            ...["--unstable-no-legacy-abort", "--allow-net=127.0.0.1"],
            ...["--allow-run=cat,find,sh", "--allow-write=/tmp", bundle],
            ...["probe", CASE, "--target", `engine:${engine.name}`, "--format", "json"],
          ], {
            DENO_DIR: "/nonexistent",
            HOME: "/nonexistent",
            ...(engine.build && { [engine.variable]: program }),
          });
          const [one] = parseResult(stdout, stderr).runs;
          // A product that does not collapse is told so, which it can only be when it serves.
          const lacks = engine.plays["caching-proxy"]?.lacks.collapsing !== undefined;
          assertEquals(one?.verdict, lacks ? "inconclusive" : "pass", one?.reason);
          assertEquals(code, lacks ? 3 : 0);
          if (lacks) assertMatch(one?.reason ?? "", /does not collapse/);
          assertEquals(await foldersOf(engine.name, pid), []);
          await assertGone(folderPrefix(engine.name, pid));
        });
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
