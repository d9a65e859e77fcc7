// A gateway's config in a file, with secrets from the environment in the place of their names.

import { messageOf, UsageError } from "../../lab/errors.ts";
import { checkConfig } from "./check_config.ts";
import type { GatewayConfig } from "./config.ts";

/**
 * Reads a config. `${NAME}` in a text stands for the environment's variable of that name.
 *
 * @throws {UsageError} In one line: the file cannot be read, is no JSON, names what is not there, or is
 *   no config.
 */
export async function readConfigFile(path: string): Promise<GatewayConfig> {
  try {
    const text = await Deno.readTextFile(path);
    return checkConfig(JSON.parse(text, (_name, value: unknown) => withVariables(value)));
  } catch (error) {
    throw new UsageError(`--config: cannot use '${path}': ${messageOf(error)}`);
  }
}

function withVariables(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replaceAll(/\$\{(\w+)\}/g, (_whole, variable: string) => {
    const { state } = Deno.permissions.querySync({ name: "env", variable });
    const found = state === "granted" ? Deno.env.get(variable) : undefined;
    if (found !== undefined) return found;
    throw new UsageError(
      `received \${${variable}}, expected a variable of that name that may be read ` +
        `(--allow-env=${variable})`,
    );
  });
}
