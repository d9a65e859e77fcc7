// Tests how the two files of profiles are read: which wins, what of their syntax counts, what is missing.

import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../lab/errors.ts";
import { readCredentials } from "./credentials.ts";
import { type Profile, readProfile } from "./profile.ts";

const KEY = "aws_access_key_id = ID\naws_secret_access_key = SECRETVALUE\n";
const credentials = { accessKeyId: "ID", secretAccessKey: "SECRETVALUE" };

interface Form {
  env?: Record<string, string>;
  keys?: string;
  config?: string;
  name?: string;
}

const HOME = { HOME: "/home/a" };

function read({ env = HOME, keys = "", config = "", name = "work" }: Form): Promise<Profile> {
  return readProfile(name, {
    env: (variable) => env[variable],
    readFile(path) {
      const text = { "/home/a/.aws/credentials": keys, "/home/a/.aws/config": config }[path];
      return Promise.resolve(text || undefined);
    },
  });
}

const READ: Record<string, [Form, region?: string]> = {
  "the credentials file wins": [
    { keys: `[work]\n${KEY}region = a`, config: "[profile work]\nregion = b" },
    "a",
  ],
  "a key in the config file": [{ config: `[profile work]\n${KEY}` }],
  "quotes and spaces around a name": [{ config: `[profile  "work"]\n${KEY}` }],
  "a name in quotes": [{ keys: `[ "work" ]\n${KEY}` }],
  "two spaces in the name's place": [{ config: `[profile   work]\n${KEY}` }],
  "comments": [{ keys: `[work]\n# region = x\n; region = y\n${KEY}` }],
  "nested settings are not the profile's": [
    { keys: `[work]\nregion = a\ns3 =\n  region = b\n${KEY}` },
    "a",
  ],
  "upper case and Windows' line ends": [
    { keys: `[work]\n${KEY.toUpperCase()}`.replaceAll("\n", "\r\n") },
  ],
  "a profile in two places of one file": [
    { keys: `[work]\nregion = a\n[other]\nregion = b\n[work]\n${KEY}` },
    "a",
  ],
  "the home folder of Windows": [{ env: { USERPROFILE: "/home/a" }, keys: `[work]\n${KEY}` }],
  "no home folder, and both files named": [
    {
      env: {
        AWS_SHARED_CREDENTIALS_FILE: "/home/a/.aws/credentials",
        AWS_CONFIG_FILE: "/home/a/.aws/config",
      },
      keys: `[work]\n${KEY}`,
      config: "[profile work]\nregion = a",
    },
    "a",
  ],
  "a named file below the home folder": [
    {
      env: { ...HOME, AWS_SHARED_CREDENTIALS_FILE: "~/.aws/config" },
      config: `[work]\n${KEY}`,
    },
  ],
};

for (const [what, [form, region]] of Object.entries(READ)) {
  Deno.test(`a profile is read: ${what}`, async () => {
    assertEquals(await read(form), { credentials, ...(region !== undefined && { region }) });
  });
}

const REFUSED: Record<string, [Form, message: string]> = {
  "a secret alone": [
    { keys: "[work]\naws_secret_access_key = SECRETVALUE" },
    "Cannot use profile 'work': it lacks aws_access_key_id, expected a whole key",
  ],
  "a section of the config file without 'profile'": [
    { config: `[work]\n${KEY}` },
    "Cannot find profile 'work' in /home/a/.aws/credentials or /home/a/.aws/config",
  ],
  "no home folder": [
    { env: {} },
    "Cannot read profile 'work': received neither AWS_SHARED_CREDENTIALS_FILE nor HOME, expected " +
    "one",
  ],
};

for (const [what, [form, message]] of Object.entries(REFUSED)) {
  Deno.test(`a profile is refused: ${what}`, async () => {
    assertEquals((await assertRejects(() => read(form), UsageError)).message, message);
  });
}

Deno.test("a profile's key is looked at as one of the environment is", async () => {
  const files: Record<string, string> = {
    "/home/a/.aws/credentials": `[work]\n${KEY.replace("SECRET", "SECRET ")}region = a`,
    "/home/a/.aws/config": "",
  };
  const found = (profile: string) =>
    readCredentials({
      profile,
      env: (name) => ({ ...HOME, AWS_REGION: "first", AWS_DEFAULT_REGION: "second" })[name],
      readFile: (path) => Promise.resolve(files[path]),
    });
  const error = await assertRejects(() => found("work"), UsageError);
  assertEquals(
    error.message,
    "Cannot use the key of profile 'work': received white space or other than ASCII in it, " +
      "expected none",
  );
  files["/home/a/.aws/credentials"] = `[work]\n${KEY}region = a`;
  assertEquals((await found("work")).region, "first");
});
