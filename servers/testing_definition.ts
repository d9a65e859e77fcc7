// For tests: a server as `serve` makes it of its definition, listened on, and keys in the environment.

import { type Clock, realClock } from "../lab/clock.ts";
import type { Params } from "../lab/params.ts";
import type { ServerDefinition } from "./definition.ts";
import { listen } from "./listen.ts";
import type { Server } from "./server.ts";

/** A server that was made of its definition, and can be reached. */
export interface ServedDefinition extends AsyncDisposable {
  /** The server. */
  server: Server;
  /** Where it is. */
  url: string;
  /** What it said that whoever runs it should see. */
  warnings: string[];
}

/** Makes a server as `serve` does, with what is given in the place of its defaults, and listens. */
export async function serveDefinition(
  definition: ServerDefinition,
  given: Params = {},
  clock: Clock = realClock,
): Promise<ServedDefinition> {
  const warnings: string[] = [];
  const context = { clock, warn: (message: string) => void warnings.push(message) };
  const server = await definition.create({ ...definition.params.parse({}), ...given }, context);
  const listening = await listen(server);
  return {
    server,
    warnings,
    url: listening.url,
    async [Symbol.asyncDispose]() {
      await listening.close();
      await server.close();
    },
  };
}

/** The names of the variables that a key to a store is in. */
const KEY_VARIABLES = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];

/** Runs a test with this key in the environment, or none, and with what was there afterwards. */
export async function withKey(
  key: readonly [id: string, secret: string] | undefined,
  test: () => Promise<void>,
): Promise<void> {
  const before = KEY_VARIABLES.map((name) => Deno.env.get(name));
  const set = (values: readonly (string | undefined)[]) =>
    KEY_VARIABLES.forEach((name, n) => {
      const value = values[n];
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    });
  set(key ?? []);
  try {
    await test();
  } finally {
    set(before);
  }
}
