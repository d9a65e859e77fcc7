// Our STS and object store under a client that nobody here wrote, which exchanges its token by itself.

import { assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../servers/object_store/object_store.ts";
import { DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";
import { createSts } from "../servers/sts/sts.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN } from "../servers/web_identity/demo.ts";

/** A Python that has boto3: the one that `.ci/run` made, or the system's. */
async function pythonWithBoto3(): Promise<string | undefined> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  for (const program of [`${cache}/edge-repro/boto3/bin/python`, "python3"]) {
    try {
      const args = ["-c", "import boto3"];
      const { success } = await new Deno.Command(program, { args, stderr: "null" }).output();
      if (success) return program;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** Whoever runs the tests may have keys and settings of their own, which clients heed. */
const others = Object.fromEntries(
  Object.entries(Deno.env.toObject()).filter(([name]) => !name.startsWith("AWS_")),
);

const python = await pythonWithBoto3();
if (python === undefined) {
  console.warn(
    "NOT TESTED: boto3 with a web identity (pip install boto3), tests/sts_clients_test.ts",
  );
}

Deno.test({
  name: "boto3 exchanges a token for a key by itself, and the store takes the key",
  ignore: python === undefined,
  async fn() {
    await using scope = new AsyncDisposableStack();
    const sts = await createSts({
      clock: realClock,
      key: DEMO_CREDENTIALS,
      roleArn: DEMO_ROLE_ARN,
      audience: DEMO_AUDIENCE,
    });
    scope.defer(() => sts.close());
    const store = createObjectStore({
      storage: createMemoryStorage(),
      credentials: [DEMO_CREDENTIALS],
      variant: "fix",
      clock: realClock,
    });
    scope.defer(() => store.close());
    const atSts = scope.use(await listen(sts));
    const atStore = scope.use(await listen(store));
    const tokenFile = await Deno.makeTempFile();
    scope.defer(() => Deno.remove(tokenFile));
    const token = await sts.issueToken({
      subject: "boto3",
      audience: DEMO_AUDIENCE,
      issuer: atSts.url,
    });
    await Deno.writeTextFile(tokenFile, token);
    const script = new URL("clients/boto3_web_identity.py", import.meta.url).pathname;
    const { code, stdout, stderr } = await new Deno.Command(python ?? "", {
      args: [script, atStore.url, atSts.url],
      clearEnv: true,
      env: {
        ...others,
        AWS_ROLE_ARN: DEMO_ROLE_ARN,
        AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
        AWS_ROLE_SESSION_NAME: "boto3",
        AWS_ENDPOINT_URL_STS: atSts.url,
        AWS_DEFAULT_REGION: "us-east-1",
        AWS_CONFIG_FILE: "/dev/null",
        AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
        AWS_EC2_METADATA_DISABLED: "true",
      },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assertEquals(code, 0, text(stderr));
    assertMatch(text(stdout), /^done$/m);
    const { exchangesAnswered, exchangesRefused } = sts.stats();
    assertEquals({ exchangesAnswered, exchangesRefused }, {
      exchangesAnswered: 1,
      exchangesRefused: 1,
    });
  },
});
