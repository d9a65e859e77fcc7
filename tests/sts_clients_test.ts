// Our STS and object store under a client that nobody here wrote, which exchanges its token by itself.

import { assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../servers/object_store/object_store.ts";
import { DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";
import { createSts } from "../servers/sts/sts.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN } from "../servers/web_identity/demo.ts";
import { NO_KEYS_ELSEWHERE, pythonWithBoto3, succeeds } from "./client_programs.ts";

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
    const printed = await succeeds(python ?? "", [script, atStore.url, atSts.url], {
      ...NO_KEYS_ELSEWHERE,
      AWS_ROLE_ARN: DEMO_ROLE_ARN,
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ROLE_SESSION_NAME: "boto3",
      AWS_ENDPOINT_URL_STS: atSts.url,
      AWS_DEFAULT_REGION: "us-east-1",
    });
    assertMatch(printed, /^done$/m);
    const { exchangesAnswered, exchangesRefused } = sts.stats();
    assertEquals({ exchangesAnswered, exchangesRefused }, {
      exchangesAnswered: 1,
      exchangesRefused: 1,
    });
  },
});
