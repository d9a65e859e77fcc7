// Runs a program of a test as a child with exactly the permissions that are named.

const CONFIG = new URL("../deno.json", import.meta.url).pathname;

/** What a program is started with. */
export interface ProgramOptions {
  /** The flags that permit, such as `--allow-net`. */
  permissions: readonly string[];
  /** Its arguments. Default: none. */
  args?: readonly string[];
  /** Variables beside this process's own. Default: none. */
  env?: Readonly<Record<string, string>>;
}

/** Runs the source of a module to its end and gives what it printed, which must be JSON. */
export async function runProgram(
  source: string,
  { permissions, args = [], env = {} }: ProgramOptions,
): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    const program = `${folder}/program.ts`;
    await Deno.writeTextFile(program, source);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-check", "--config", CONFIG],
        ...[...permissions, program, ...args],
      ],
      env: { ...runtimeCache(), ...env },
      stdin: "null",
      stderr: "inherit",
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Where the runtime keeps modules: a program that is given another home would begin a new cache there. */
function runtimeCache(): Record<string, string> {
  const home = Deno.env.get("HOME");
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? (home && `${home}/.cache`);
  const folder = Deno.env.get("DENO_DIR") ?? (cache && `${cache}/deno`);
  return folder ? { DENO_DIR: folder } : {};
}
