// The engine is given all that the gateway's Worker is made of: its modules, and its packages.

import { assert, assertEquals } from "@std/assert";
import project from "../../deno.json" with { type: "json" };
import manifest from "./package.json" with { type: "text" };
import { GATEWAY_ENTRY, GATEWAY_SOURCES } from "./gateway_sources.ts";

const ROOT = new URL("../../", import.meta.url);

/** What `deno info --json` says of a module; `code` is absent where only types are imported. */
interface ModuleInfo {
  specifier: string;
  dependencies?: { specifier: string; code?: { specifier: string } }[];
}

/** What the Worker loads: modules by their paths from the root, and packages by their names. */
async function loaded(): Promise<{ modules: string[]; packages: string[] }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", GATEWAY_ENTRY],
    cwd: ROOT,
  });
  const { stdout } = await command.output();
  const info: { modules: ModuleInfo[] } = JSON.parse(new TextDecoder().decode(stdout));
  const byName = new Map(info.modules.map((module) => [module.specifier, module]));
  const modules = new Set([new URL(GATEWAY_ENTRY, ROOT).href]);
  const packages = new Set<string>();
  for (const name of modules) {
    for (const { specifier, code } of byName.get(name)?.dependencies ?? []) {
      if (code?.specifier.startsWith("file:")) modules.add(code.specifier);
      else if (code !== undefined && !specifier.startsWith("node:")) packages.add(specifier);
    }
  }
  return {
    modules: [...modules].map((name) => name.slice(ROOT.href.length)).sort(),
    packages: [...packages].sort(),
  };
}

Deno.test("the gateway's sources are the modules that its Worker loads, and its packages this project's", async () => {
  const { modules, packages } = await loaded();
  assert(modules.length > 40, `only ${modules.length} modules`);
  assertEquals(
    Object.keys(GATEWAY_SOURCES).sort(),
    modules,
    "engines/workerd/gateway_sources.ts is out of date: import there what the gateway imports",
  );
  for (const [path, text] of Object.entries(GATEWAY_SOURCES)) {
    assertEquals(text, await Deno.readTextFile(new URL(path, ROOT)), path);
  }

  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(manifest);
  const { esbuild: _bundler, workerd: _runtime, ...installed } = dependencies;
  assertEquals(Object.keys(installed).sort(), packages);
  const imports: Readonly<Record<string, string>> = project.imports;
  for (const [name, version] of Object.entries(installed)) {
    assertEquals(imports[name], `npm:${name}@${version}`);
  }
});
