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
