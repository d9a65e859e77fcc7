// The temporary folder of one engine.

/** One folder for all, so that one permission covers it: engines are started on Linux only. */
const PARENT = "/tmp";

/**
 * Makes a folder that only this user can enter.
 *
 * @param name Part of its name.
 */
export function makeFolder(name: string): Promise<string> {
  return Deno.makeTempDir({ dir: PARENT, prefix: `edge-repro-${name}-` });
}
