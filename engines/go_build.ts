// How a program is built from a module of the Go module proxy, at an exact version.

import type { Build } from "./engine.ts";

/** What is built. */
export interface GoProgram {
  /** The module's path. */
  module: string;
  /** Its version, exactly, as the module proxy has it. */
  version: string;
  /** The path of the program's package below the module; the module's own when left out. */
  package?: string;
  /** What its own build script tells the linker: values of string variables, by their full names. */
  variables: Readonly<Record<string, string>>;
  /** The oldest Go that its `go.mod` takes. */
  go: string;
}

/**
 * The build of a Go program.
 *
 * In a module of its own that requires the program's: `go install` does not take modules with `replace`,
 * and needs the name of a folder that is known only when it runs. The checksums are those of Go's
 * checksum database.
 */
export function goBuild(program: GoProgram): Build {
  const { module, version, variables, go } = program;
  const set = Object.entries(variables).map(([name, value]) => `-X '${name}=${value}'`);
  return {
    tool: "go",
    toolFrom: `Go ${go} or later (https://go.dev/dl)`,
    args: [
      ...["build", "-mod=mod", "-trimpath", "-ldflags", ["-s", "-w", ...set].join(" ")],
      ...["-o", "program", [module, program.package].filter(Boolean).join("/")],
    ],
    files: { "go.mod": `module edge-repro/build\n\ngo ${go}\n\nrequire ${module} ${version}\n` },
    output: "program",
  };
}
