// The temporary folder of one engine.

/** The beginning of the names of the folders that a process makes for engines of a name. */
export function folderPrefix(name: string, pid: number = Deno.pid): string {
  return `edge-repro-${name}-${pid}-`;
}

/** One folder for all, so that one permission covers it: engines are started on Linux only. */
const PARENT = "/tmp";

/**
 * Makes a folder that only this user can enter.
 *
 * @param name Part of its name.
 */
export function makeFolder(name: string): Promise<string> {
  return Deno.makeTempDir({ dir: PARENT, prefix: folderPrefix(name) });
}

/**
 * Writes files below a folder, with the folders that they are in.
 *
 * @param files By their path below the folder.
 */
export async function writeFiles(
  folder: string,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(`${folder}/${name}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
}
