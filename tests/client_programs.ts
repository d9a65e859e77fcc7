// Programs of others that tests run as clients: which are here, and runs of them in a known environment.

import { assertEquals } from "@std/assert";

/** Whether a program is here and ends well with these arguments. */
export async function runs(program: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args,
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A Python that has boto3: the one that `.ci/run` made, or the system's. */
export async function pythonWithBoto3(): Promise<string | undefined> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  for (const program of [`${cache}/edge-repro/boto3/bin/python`, "python3"]) {
    if (await runs(program, "-c", "import boto3")) return program;
  }
}

/** Whoever runs the tests may have keys and settings of their own, which clients heed. */
const others = Object.fromEntries(
  Object.entries(Deno.env.toObject()).filter(([name]) => !/^(AWS|R2|RCLONE|S3)_/.test(name)),
);

/** The same in the usual places, which this keeps the clients of AWS's makers from. */
export const NO_KEYS_ELSEWHERE: Readonly<Record<string, string>> = {
  AWS_CONFIG_FILE: "/dev/null",
  AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
  AWS_EC2_METADATA_DISABLED: "true",
};

/** Runs a program to its end, which has to be a good one, and gives what it printed. */
export async function succeeds(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = NO_KEYS_ELSEWHERE,
): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args],
    clearEnv: true,
    env: { ...others, ...env },
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assertEquals(code, 0, `${program} ${args.join(" ")}: ${text(stderr)}`);
  return text(stdout);
}
