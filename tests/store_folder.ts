// Folders for tests of an object store: what is in one, and one on a disk that is soon full.

/** The files below a folder, sorted, as paths below it. */
export async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    if (isDirectory) paths.push(...await filesBelow(folder, `${prefix}${name}/`));
    else paths.push(prefix + name);
  }
  return paths.sort();
}

/** Runs with a folder of its own, which goes with all that is in it. */
export async function inFolder(check: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await check(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function succeeds(command: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(command, { args, stdout: "null", stderr: "null" })
    .output();
  return success;
}

/** Runs with a folder on a disk of its own that has 2 MiB; says whether one can be mounted here. */
export async function onSmallDisk(check: (folder: string) => Promise<void>): Promise<boolean> {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  let mounted = false;
  await inFolder(async (folder) => {
    mounted = await succeeds("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder);
    if (!mounted) return;
    try {
      await check(folder);
    } finally {
      await succeeds("umount", folder);
    }
  });
  return mounted;
}
