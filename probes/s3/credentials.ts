// Keys to an object store, from the places where people keep them; never from a flag.

import { UsageError } from "../../lab/errors.ts";
import type { StoreCredentials } from "../../lab/scenario.ts";
import { readProfile } from "./profile.ts";

/** Where to look. */
export interface CredentialOptions {
  /**
   * Gives a variable of the environment. Default: that of this process, as far as its permissions
   * go; nothing is prompted for and nothing fails.
   */
  env?: (name: string) => string | undefined;
  /** The profile of `~/.aws/credentials` and `~/.aws/config` to read instead of the environment. */
  profile?: string;
  /** Reads a file as text; undefined when there is none. Default: {@linkcode readTextIfThere}. */
  readFile?: (path: string) => Promise<string | undefined>;
}

/** What was found. */
export interface FoundCredentials {
  /** The key; left out when none is given anywhere, so that requests are anonymous. */
  credentials?: StoreCredentials;
  /** The region, where one is given beside it. */
  region?: string;
  /** Where the key is from, for people: `AWS_ACCESS_KEY_ID`, `profile 'x'`, `none`. */
  source: string;
  /** The flag that would allow to look where this process may not, such as `--allow-env=AWS_*,R2_*`. */
  unreadable?: string;
}

/** The variables of a key, by the prefix of their names. */
type Kind = "AWS" | "R2";

/** What lets this process see the variables that are looked at, and no others. */
const ENV_FLAG = "--allow-env=AWS_*,R2_*,HOME";

/** A variable of this process's environment; undefined also where its permissions do not reach. */
export function permittedEnv(name: string): string | undefined {
  return permitted(name) ? Deno.env.get(name) : undefined;
}

function permitted(variable: string): boolean {
  return Deno.permissions.querySync({ name: "env", variable }).state === "granted";
}

/**
 * A file as text; undefined when there is none.
 *
 * @throws {UsageError} naming the flag when this process may not read it, and for one that is no text.
 */
export async function readTextIfThere(path: string): Promise<string | undefined> {
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") {
    throw new UsageError(
      `Missing permission: read access to '${path}'; run with --allow-read=${path}`,
    );
  }
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    const why = error instanceof Error ? error.name : "an error";
    throw new UsageError(`Cannot read '${path}': received ${why}, expected a text file`);
  }
}

/**
 * Finds a key and a region: a profile when one is named; else the variables
 * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, or `R2_ACCESS_KEY_ID` and
 * `R2_SECRET_ACCESS_KEY`; else the profile that `AWS_PROFILE` names. The region is `AWS_REGION`,
 * `AWS_DEFAULT_REGION` or the profile's; R2 has but one, `auto`.
 *
 * @throws {UsageError} for half a pair, for `AWS_*` and `R2_*` at once, for a profile that is not
 * there or has no key. The message never holds a value.
 */
export async function readCredentials(options: CredentialOptions = {}): Promise<FoundCredentials> {
  const { profile, readFile = readTextIfThere } = options;
  const own = options.env === undefined;
  const source = options.env ?? permittedEnv;
  const env = (name: string) => source(name)?.trim() || undefined;
  const named = env("AWS_REGION") ?? env("AWS_DEFAULT_REGION");
  if (profile === undefined) {
    const found = [pairOf("AWS", env), pairOf("R2", env)].filter((one) => one !== undefined);
    if (found.length > 1) {
      throw new UsageError(
        "Cannot choose a key: received both AWS_ACCESS_KEY_ID and R2_ACCESS_KEY_ID, expected one " +
          "of them: unset the other pair",
      );
    }
    const [pair] = found;
    if (pair !== undefined) {
      const region = pair.kind === "R2" ? "auto" : named;
      return {
        credentials: pair.credentials,
        ...(region !== undefined && { region }),
        source: `${pair.kind}_ACCESS_KEY_ID`,
      };
    }
  }
  const name = profile ?? env("AWS_PROFILE");
  if (name !== undefined) {
    if (own && !permitted("HOME") && env("AWS_SHARED_CREDENTIALS_FILE") === undefined) {
      throw new UsageError(
        `Missing permission: env access to HOME, for profile '${name}'; run with ${ENV_FLAG}`,
      );
    }
    const found = await readProfile(name, { env, readFile });
    const region = named ?? found.region;
    return {
      credentials: checked(found.credentials, `profile '${name}'`),
      ...(region !== undefined && { region }),
      source: `profile '${name}'`,
    };
  }
  return {
    ...(named !== undefined && { region: named }),
    source: "none",
    ...(own && !permitted("AWS_ACCESS_KEY_ID") && { unreadable: ENV_FLAG }),
  };
}

function pairOf(
  kind: Kind,
  env: (name: string) => string | undefined,
): { kind: Kind; credentials: StoreCredentials } | undefined {
  const names = [`${kind}_ACCESS_KEY_ID`, `${kind}_SECRET_ACCESS_KEY`] as const;
  const [accessKeyId, secretAccessKey] = names.map(env);
  const sessionToken = kind === "AWS" ? env("AWS_SESSION_TOKEN") : undefined;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    const token = sessionToken === undefined ? {} : { sessionToken };
    const credentials = checked({ accessKeyId, secretAccessKey, ...token }, names.join(" and "));
    return { kind, credentials };
  }
  const missing = names.filter((name) => env(name) === undefined);
  if (missing.length === 1) {
    const [given] = names.filter((name) => !missing.includes(name));
    throw new UsageError(
      `Cannot use half a key: received ${given}, expected ${missing[0]} with it`,
    );
  }
  if (sessionToken === undefined) return undefined;
  throw new UsageError(
    `Cannot use a token alone: received AWS_SESSION_TOKEN, expected ${names.join(" and ")} with it`,
  );
}

/** A key of characters that a header field may have; a line break in one is a slip of copying. */
function checked(credentials: StoreCredentials, where: string): StoreCredentials {
  if (Object.values(credentials).every((value) => /^[\x21-\x7e]+$/.test(value))) return credentials;
  throw new UsageError(
    `Cannot use the key of ${where}: received white space or other than ASCII in it, expected none`,
  );
}
