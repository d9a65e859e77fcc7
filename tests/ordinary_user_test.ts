// Every engine as another user than root: found, started below a folder of that user, and stopped.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { type Engine, rolesOf } from "../engines/engine.ts";
import { engines } from "../engines/engines.ts";
import { findEngine } from "../engines/find.ts";
import { playOf } from "../engines/play.ts";
import { folderPrefix } from "../engines/folder.ts";
import { assertGone, foldersOf } from "../engines/testing_engine.ts";
import type { Role } from "../lab/role.ts";
import { parseResult } from "../lab/result.ts";
import { sideBySide, type Step } from "./side_by_side.ts";

const ROOT = new URL("../", import.meta.url);
/** `nobody`, on every Linux. */
const NOBODY = "65534";
/** All cases would take long; one for each role shows that it serves. */
const CASES: Readonly<Partial<Record<Role, string>>> = {
  "caching-proxy": "cache-lock/collapse",
  "object-store": "stale-read/head",
  "websocket-server": "ws-hibernation/plain-accept",
};

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

/** What was built is below root's home: it is copied like the runtime. Gives the copy's path. */
async function copied(engine: Engine, folder: string): Promise<string> {
  const program = `${folder}/${engine.name}`;
  const found = await findEngine(engine);
  if (!engine.build || !found) return found?.program ?? "";
  const { start } = engine.build;
  const real = await Deno.realPath(found.program);
  const from = start === undefined ? real : real.slice(0, -start.length - 1);
  const made = await output("cp", ["-r", from, program]);
  assertEquals(made.code, 0, made.stderr);
  if (start === undefined) return program;
  await output("chmod", ["-R", "a+rX", program]);
  return `${program}/${start}`;
}

/** A virtual environment leads to the Python that it was made with. */
async function needsRootsHome(program: string): Promise<boolean> {
  const folder = program.slice(0, program.lastIndexOf("/"));
  const python = await Deno.realPath(`${folder}/venv/bin/python`).catch(() => "");
  return python.startsWith("/root/");
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
      const steps: Step[] = [];
      for (const engine of here) {
        const program = await copied(engine, folder);
        if (await needsRootsHome(program)) {
          console.warn(`NOT TESTED: ${engine.title} as an ordinary user: its Python is root's`);
          continue;
        }
        const [role] = rolesOf(engine);
        const selector = role && CASES[role];
        assert(selector);
        // A silence takes longest: what begins with it ends with the others.
        steps[role === "websocket-server" ? "unshift" : "push"]({
          name: engine.name,
          async fn() {
            const { code, stdout, stderr, pid } = await output("setpriv", [
              ...[`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
              ...[`${folder}/deno`, "run", "--no-config", "--cached-only", "--no-prompt"],
              ...["--unstable-no-legacy-abort", "--allow-net=127.0.0.1", "--allow-env=WS_NO_*"],
              ...["--allow-run=cat,curl,find,sh", "--allow-write=/tmp", bundle],
              ...["probe", selector, "--target", `engine:${engine.name}`, "--format", "json"],
            ], {
              DENO_DIR: "/nonexistent",
              HOME: "/nonexistent",
              ...(engine.build && { [engine.variable]: program }),
            });
            const [one] = parseResult(stdout, stderr).runs;
            // A product that does not collapse is told so, which it can only be when it serves.
            const lacks = playOf(engine, role ?? "")?.lacks.collapsing !== undefined;
            assertEquals(one?.verdict, lacks ? "inconclusive" : "pass", one?.reason);
            assertEquals(code, lacks ? 3 : 0);
            if (lacks) assertMatch(one?.reason ?? "", /does not collapse/);
            assertEquals(await foldersOf(engine.name, pid), []);
            await assertGone(folderPrefix(engine.name, pid));
          },
        });
      }
      // At the pace of the report thresholds are seconds: engines beside each other change nothing.
      await sideBySide(t, 4, steps);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
