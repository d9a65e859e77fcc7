// A gateway's config in a file, with secrets from the environment in the place of their names.

import { messageOf, UsageError } from "../../lab/errors.ts";
import { checkConfig } from "./check_config.ts";
import { parseConfig } from "./check_value.ts";
import type { GatewayConfig } from "./config.ts";

/**
 * Reads a config. `${NAME}` in a text stands for the environment's variable of that name.
 *
 * @throws {UsageError} In one line: the file cannot be read, is no JSON, names what is not there, or is
 *   no config.
 */
export async function readConfigFile(path: string): Promise<GatewayConfig> {
  try {
    return checkConfig(parseConfig(await Deno.readTextFile(path), variableOf));
  } catch (error) {
    throw new UsageError(`--config: cannot use '${path}': ${reasonOf(error, path)}`);
  }
}

function variableOf(variable: string): string {
  const { state } = Deno.permissions.querySync({ name: "env", variable });
  if (state !== "granted") {
    throw new UsageError(
      `received \${${variable}} without permission to read that variable; run with ` +
        `--allow-env=${variable}, or as deno task start`,
    );
  }
  const found = Deno.env.get(variable);
  if (found !== undefined) return found;
  throw new UsageError(
    `received \${${variable}}, which is not set, expected a variable of the environment`,
  );
}

function reasonOf(error: unknown, path: string): string {
  if (error instanceof Deno.errors.NotCapable) {
    return `missing permission; run with --allow-read=${path}, or as deno task start`;
  }
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return messageOf(error);
}
