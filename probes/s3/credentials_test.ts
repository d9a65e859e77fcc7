// Tests where a key is found, what is refused, and that no message holds a value.

import { assertEquals, assertRejects } from "@std/assert";
import { UsageError } from "../../lab/errors.ts";
import { runProgram } from "../testing_program.ts";
import {
  type CredentialOptions,
  type FoundCredentials,
  readCredentials,
  readTextIfThere,
} from "./credentials.ts";

const FILES: Record<string, string> = {
  "/home/a/.aws/credentials": `
# a comment
[default]
aws_access_key_id = DEFAULTID
aws_secret_access_key = SECRETVALUE
[work]
aws_access_key_id=WORKID
aws_secret_access_key = SECRETVALUE
aws_session_token = TOKENVALUE
s3 =
  max_concurrent_requests = 20
[half]
aws_access_key_id = HALFID
`,
  "/home/a/.aws/config": `
[default]
region = eu-west-1
[profile work]
region = eu-central-1
[profile login]
sso_session = corp
`,
};
const options = (env: Record<string, string>, profile?: string): CredentialOptions => ({
  env: (name) => ({ HOME: "/home/a", ...env })[name],
  readFile: (path) => Promise.resolve(FILES[path]),
  ...(profile !== undefined && { profile }),
});
const AWS = { AWS_ACCESS_KEY_ID: "AWSID", AWS_SECRET_ACCESS_KEY: "SECRETVALUE" };
const R2 = { R2_ACCESS_KEY_ID: "R2ID", R2_SECRET_ACCESS_KEY: "SECRETVALUE" };
const key = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: "SECRETVALUE" });

Deno.test("a key comes from the environment, or from a profile", async () => {
  assertEquals(await readCredentials(options({ ...AWS, AWS_DEFAULT_REGION: "eu-west-3" })), {
    ...{ credentials: key("AWSID"), region: "eu-west-3", source: "AWS_ACCESS_KEY_ID" },
  });
  assertEquals(
    await readCredentials(options({ ...AWS, AWS_SESSION_TOKEN: "T", AWS_REGION: "a-b" })),
    {
      credentials: { ...key("AWSID"), sessionToken: "T" },
      ...{ region: "a-b", source: "AWS_ACCESS_KEY_ID" },
    },
  );
  assertEquals(await readCredentials(options({ ...R2, AWS_REGION: "eu-west-3" })), {
    ...{ credentials: key("R2ID"), region: "auto", source: "R2_ACCESS_KEY_ID" },
  });
  assertEquals(await readCredentials(options(AWS, "work")), {
    credentials: { ...key("WORKID"), sessionToken: "TOKENVALUE" },
    ...{ region: "eu-central-1", source: "profile 'work'" },
  });
  assertEquals(await readCredentials(options({ AWS_PROFILE: "default" })), {
    ...{ credentials: key("DEFAULTID"), region: "eu-west-1", source: "profile 'default'" },
  });
  assertEquals(await readCredentials(options({ AWS_ACCESS_KEY_ID: "" })), { source: "none" });
});

const REFUSED: [what: string, CredentialOptions, message: string][] = [
  [
    "half a pair",
    options({ R2_SECRET_ACCESS_KEY: "SECRETVALUE" }),
    "Cannot use half a key: received R2_SECRET_ACCESS_KEY, expected R2_ACCESS_KEY_ID with it",
  ],
  [
    "a token alone",
    options({ AWS_SESSION_TOKEN: "TOKENVALUE" }),
    "Cannot use a token alone: received AWS_SESSION_TOKEN, expected AWS_ACCESS_KEY_ID and " +
    "AWS_SECRET_ACCESS_KEY with it",
  ],
  [
    "two kinds",
    options({ ...AWS, ...R2 }),
    "Cannot choose a key: received both AWS_ACCESS_KEY_ID and R2_ACCESS_KEY_ID, expected one of " +
    "them: unset the other pair",
  ],
  [
    "a line break",
    options({ ...AWS, AWS_SECRET_ACCESS_KEY: "SECRET\nVALUE" }),
    "Cannot use the key of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY: received white space or " +
    "other than ASCII in it, expected none",
  ],
  [
    "an unknown profile",
    options({}, "worm"),
    "Cannot find profile 'worm' in /home/a/.aws/credentials or /home/a/.aws/config; did you mean " +
    "'work'?",
  ],
  [
    "half a profile",
    options({}, "half"),
    "Cannot use profile 'half': it lacks aws_secret_access_key, expected a whole key",
  ],
  [
    "a profile that logs in",
    options({}, "login"),
    "Cannot use profile 'login': it gets its key by sso_session, expected one of its own; first " +
    'run: eval "$(aws configure export-credentials --profile login --format env)"',
  ],
];

for (const [what, given, message] of REFUSED) {
  Deno.test(`refused in one line without a value: ${what}`, async () => {
    const error = await assertRejects(() => readCredentials(given), UsageError);
    assertEquals(error.message, message);
    assertEquals(/VALUE/.test(error.message), false);
  });
}

const PROGRAM = `
import { readCredentials } from ${JSON.stringify(import.meta.resolve("./credentials.ts"))};
const profile = Deno.args[0];
console.log(JSON.stringify(await readCredentials(profile ? { profile } : {}).catch((e) => e.message)));
`;

const run = (permissions: string[], args: string[], env: Record<string, string>) =>
  runProgram(PROGRAM, {
    permissions,
    args,
    env: { ...env, AWS_SHARED_CREDENTIALS_FILE: "", AWS_PROFILE: "" },
  });

Deno.test("a file that is not there is none, and one that cannot be read is an error", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals(await readTextIfThere(`${folder}/none`), undefined);
    const error = await assertRejects(() => readTextIfThere(folder), UsageError);
    assertEquals(error.message.startsWith(`Cannot read '${folder}': received `), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without permissions nothing is found, and it says which flag would help", async () => {
  assertEquals(await run([], [], AWS), {
    ...{ source: "none", unreadable: "--allow-env=AWS_*,R2_*,HOME" },
  });
  const found = await run(["--allow-env=AWS_*,R2_*,HOME"], [], AWS) as FoundCredentials;
  assertEquals(found.credentials, key("AWSID"));
  assertEquals(
    await run([], ["work"], {}),
    "Missing permission: env access to HOME, for profile 'work'; run with " +
      "--allow-env=AWS_*,R2_*,HOME",
  );
  assertEquals(
    await run(["--allow-env=AWS_*,R2_*,HOME"], ["work"], { HOME: "/nowhere" }),
    "Missing permission: read access to '/nowhere/.aws/credentials'; run with " +
      "--allow-read=/nowhere/.aws/credentials",
  );
});
