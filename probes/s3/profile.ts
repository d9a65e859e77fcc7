// A named profile of the AWS command line's two files.

import { UsageError } from "../../lab/errors.ts";
import { didYouMean } from "../../lab/nearest.ts";
import type { StoreCredentials } from "../../lab/scenario.ts";

/** Where the files are found and read. */
export interface ProfileOptions {
  /** Gives a variable of the environment; empty ones count as unset. */
  env(name: string): string | undefined;
  /** Reads a file as text; undefined when there is none. */
  readFile(path: string): Promise<string | undefined>;
}

/** What a profile has. */
export interface Profile {
  /** Its key. */
  credentials: StoreCredentials;
  /** Its region, where it names one. */
  region?: string;
}

/** Settings by which a profile gets its key from elsewhere, with no key of its own. */
const ELSEWHERE = /^(credential_process|sso_|role_arn|web_identity_token_file|login_session)/;

/**
 * Reads a profile: `[NAME]` of the credentials file, and `[profile NAME]` or `[default]` of the
 * config file. The first wins where both have a setting, as with the AWS command line.
 *
 * @throws {UsageError} for a profile that is not there or has no key of its own.
 */
export async function readProfile(name: string, options: ProfileOptions): Promise<Profile> {
  const { env, readFile } = options;
  const home = env("HOME") ?? env("USERPROFILE");
  const pathOf = (variable: string, file: string) => {
    const path = env(variable) ?? (home === undefined ? undefined : `~/.aws/${file}`);
    if (path === undefined) {
      throw new UsageError(
        `Cannot read profile '${name}': received neither ${variable} nor HOME, expected one`,
      );
    }
    return home === undefined ? path : path.replace(/^~(?=\/)/, home);
  };
  const [credentialsPath, configPath] = [
    pathOf("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
    home === undefined ? env("AWS_CONFIG_FILE") : pathOf("AWS_CONFIG_FILE", "config"),
  ];
  const keys = parseIni(await readFile(credentialsPath) ?? "");
  const config = parseIni(configPath === undefined ? "" : await readFile(configPath) ?? "");
  const ofConfig = config.get(`profile ${name}`) ?? (name === "default" && config.get(name));
  const ofKeys = keys.get(name);
  if (!ofConfig && ofKeys === undefined) {
    const names = [
      ...keys.keys(),
      ...[...config.keys()].flatMap((one) => /^profile (.*)/.exec(one)?.slice(1) ?? []),
    ];
    throw new UsageError(
      `Cannot find profile '${name}' in ${credentialsPath}` +
        `${configPath ? ` or ${configPath}` : ""}${didYouMean(name, names)}`,
    );
  }
  const settings = { ...(ofConfig || {}), ...ofKeys };
  const accessKeyId = settings["aws_access_key_id"];
  const secretAccessKey = settings["aws_secret_access_key"];
  if (!accessKeyId || !secretAccessKey) {
    const elsewhere = Object.keys(settings).find((setting) => ELSEWHERE.test(setting));
    throw new UsageError(
      elsewhere === undefined
        ? `Cannot use profile '${name}': it lacks ` +
          `${accessKeyId ? "aws_secret_access_key" : "aws_access_key_id"}, expected a whole key`
        : `Cannot use profile '${name}': it gets its key by ${elsewhere}, expected one of its own; ` +
          `first run: eval "$(aws configure export-credentials --profile ${name} --format env)"`,
    );
  }
  const sessionToken = settings["aws_session_token"];
  const region = settings["region"];
  return {
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
    },
    ...(region && { region }),
  };
}

/** Sections of `[name]`, each with its `key = value` lines; nested settings are passed over. */
function parseIni(text: string): Map<string, Record<string, string>> {
  const sections = new Map<string, Record<string, string>>();
  let section: Record<string, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (/^\s*([#;]|$)/.test(line)) continue;
    const [, name] = /^\s*\[\s*(.*?)\s*\]/.exec(line) ?? [];
    if (name !== undefined) {
      // Quotes and doubled spaces are allowed around a profile's name.
      const plain = name.replace(/\s+/g, " ").replace(/^(profile )?"(.*)"$/, "$1$2");
      section = sections.get(plain) ?? {};
      sections.set(plain, section);
      continue;
    }
    const [, key, value] = /^([^\s=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (section !== undefined && key !== undefined) section[key.toLowerCase()] = value ?? "";
  }
  return sections;
}
