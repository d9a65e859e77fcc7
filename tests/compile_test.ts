// What leaves the source tree is whole: the compiled binary and the bundle carry every module and asset.

import { Buffer } from "node:buffer";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import config from "../deno.json" with { type: "json" };
import { sideBySide } from "./side_by_side.ts";

const ROOT = new URL("../", import.meta.url);
const decoder = new TextDecoder();

/** What came of a child. */
interface Finished {
  success: boolean;
  stdout: string;
  /** Standard output and error. */
  all: string;
}

async function run(
  program: string,
  args: readonly string[],
  options: { cwd: string | URL; env?: Record<string, string>; clearEnv?: boolean },
): Promise<Finished> {
  const command = new Deno.Command(program, {
    ...options,
    args: [...args],
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  });
  const output = await command.output();
  const stdout = decoder.decode(output.stdout);
  return { success: output.success, stdout, all: stdout + decoder.decode(output.stderr) };
}

const deno = (args: readonly string[], env: Record<string, string> = {}) =>
  run(Deno.execPath(), args, { cwd: ROOT, env: { NO_COLOR: "1", ...env } });

/** Whether a file is the `deno` that runs this, under whatever name. */
async function isDeno(path: string): Promise<boolean> {
  return await Deno.realPath(path) === await Deno.realPath(Deno.execPath());
}

/** The arguments of the task `compile`, with another output. */
function compileArgs(output: string): string[] {
  const task: string | undefined = Object.entries(config.tasks)
    .find(([name]) => name === "compile")?.[1];
  if (task === undefined || !task.startsWith("deno compile ")) {
    throw new Error(`deno.json has no task 'compile' that calls deno compile: ${task}`);
  }
  const args = task.split(" ").slice(1);
  const at = args.indexOf("--output");
  assert(at > 0, "the task compile does not say --output");
  return args.with(at + 1, output);
}

/** What `deno info --json` says of a module; `code` is absent where only types are imported. */
interface ModuleInfo {
  specifier: string;
  dependencies?: { code?: { specifier: string } }[];
}

/** Every file of ours that runs, dynamic imports and assets included, as paths from the root. */
async function moduleGraph(): Promise<string[]> {
  const info = await deno(["info", "--json", "main.ts"]);
  const { modules }: { modules: ModuleInfo[] } = JSON.parse(info.stdout);
  const byName = new Map(modules.map((module) => [module.specifier, module]));
  const reached = new Set([new URL("main.ts", ROOT).href]);
  for (const name of reached) {
    for (const { code } of byName.get(name)?.dependencies ?? []) {
      if (code?.specifier.startsWith(ROOT.href)) reached.add(code.specifier);
    }
  }
  return [...reached].map((name) => name.slice(ROOT.href.length));
}

async function compiles(t: Deno.TestContext): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const binary = `${folder}/edge-repro`;
    // The runtime part of a binary is a download. Where it cannot be had, the runtime itself stands in
    // for it: all is embedded just the same, but the file does not run by itself.
    const given = Deno.env.get("DENORT_BIN");
    let compiled = await deno(compileArgs(binary));
    const canRun = compiled.success && (given === undefined || !await isDeno(given));
    const runtime = compiled.success ? given : Deno.execPath();
    if (!compiled.success) {
      compiled = await deno(compileArgs(binary), { DENORT_BIN: Deno.execPath() });
    }
    assert(compiled.success, compiled.all);

    await t.step("the task type-checks", async () => {
      const wrong = `${folder}/wrong.ts`;
      await Deno.writeTextFile(wrong, 'const count: number = "one";\nconsole.log(count);\n');
      const args = compileArgs(`${folder}/wrong`).with(-1, wrong);
      const refused = await deno(args, { DENORT_BIN: Deno.execPath() });
      assert(!refused.success, refused.all);
      assertStringIncludes(refused.all, "TS2322");
    });

    await t.step("its file holds every module and asset", async () => {
      // On Linux what is embedded follows the runtime; elsewhere it may stand anywhere.
      const skipped = runtime !== undefined && Deno.build.os === "linux"
        ? (await Deno.stat(runtime)).size
        : 0;
      const embedded = Buffer.from(await Deno.readFile(binary)).toString("latin1", skipped);
      const graph = await moduleGraph();
      for (const needed of ["site/style.css", "docs/results/repro.json", "cli/repro.ts"]) {
        assert(graph.includes(needed), `${needed} is not in the module graph`);
      }
      const holds = async (path: string) => {
        const source = Buffer.from(await Deno.readFile(new URL(path, ROOT)));
        return embedded.includes(source.toString("latin1"));
      };
      const absent: string[] = [];
      for (const path of graph) {
        if (!await holds(path)) absent.push(path);
      }
      assertEquals(absent, []);
      assertEquals(await holds("tests/compile_test.ts"), false);
    });

    if (!canRun) {
      console.log("not shown here: that the binary runs (no denort; DENORT_BIN can name one)");
    }
    await t.step({
      name: "it runs by itself",
      ignore: !canRun,
      async fn() {
        const told = await run(binary, ["--version"], { cwd: folder, clearEnv: true });
        assertEquals(told.stdout, `edge-repro ${config.version}\n`);
      },
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function bundles(t: Deno.TestContext): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    // playwright-core has its own code for a protocol whose package it does not bring along.
    const external = ["--external", "chromium-bidi/*"];
    const made = await deno([
      "bundle",
      ...external,
      "--output",
      `${folder}/edge-repro.js`,
      "main.ts",
    ]);
    assert(made.success, made.all);
    await Deno.mkdir(`${folder}/empty`);
    const bundled = (...args: string[]) =>
      run(
        Deno.execPath(),
        [
          ...["run", "--no-config", "--cached-only", "--no-prompt", "--allow-net=127.0.0.1"],
          ...["--unstable-no-legacy-abort", "../edge-repro.js", ...args],
        ],
        { cwd: `${folder}/empty`, env: { DENO_DIR: `${folder}/cache`, NO_COLOR: "1" } },
      );

    await t.step("--version", async () => {
      assertEquals((await bundled("--version")).all, `edge-repro ${config.version}\n`);
    });
    await t.step("list names the scenarios, and the site among the servers", async () => {
      const { stdout } = await bundled("list", "--format", "json");
      const listed: { scenarios: { id: string }[]; servers: { name: string }[] } = JSON.parse(
        stdout,
      );
      assert(listed.scenarios.some(({ id }) => id === "cache-lock"), stdout);
      assert(listed.servers.some(({ name }) => name === "site"), stdout);
    });
    await t.step("repro makes a run over real sockets", async () => {
      const made = await bundled("repro", "cache-lock", "--variant", "fix");
      assert(made.success, made.all);
      assertStringIncludes(made.stdout, "1 as expected");
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("what leaves the source tree is whole", (t) =>
  sideBySide(t, 2, [
    { name: "compile: type-checks, and embeds every module and asset", fn: compiles },
    {
      name: "bundle: runs from an empty folder, without a cache and without reading files",
      fn: bundles,
    },
  ]));
