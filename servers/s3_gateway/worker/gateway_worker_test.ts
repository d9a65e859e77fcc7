// The gateway as a Worker: its bindings, and that it is one file of what Workers have.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { TESTING_KEY, TestingStore } from "../../object_store/testing_store.ts";
import { BUCKET, CLIENT_KEY, configFor } from "../testing_gateway.ts";
import worker from "./gateway_worker.ts";

const context = { waitUntil: () => {} };
const aws = new AwsClient({ ...CLIENT_KEY, service: "s3", region: "auto", retries: 0 });

Deno.test("a Worker takes its config from a binding, and secrets from others", async () => {
  await using store = await TestingStore.start();
  await store.put("tenant/k", "hello");
  const config = configFor(store.url, {
    backends: {
      main: {
        endpoint: store.url,
        credentials: { ...TESTING_KEY, secretAccessKey: "${SECRET}" },
      },
    },
  });
  const GATEWAY_CONFIG = JSON.stringify(config);
  const env = { GATEWAY_CONFIG, SECRET: TESTING_KEY.secretAccessKey };
  const ask = async (bindings: typeof env, path: string) =>
    await worker.fetch(await aws.sign(`https://gateway.test/${BUCKET}/${path}`), bindings, context);
  const answer = await ask(env, "k");
  assertEquals([answer.status, await answer.text()], [200, "hello"]);
  const list = await (await ask(env, "?list-type=2")).text();
  assertStringIncludes(list, "<Key>k</Key>");

  const logged = await logOf(async () => {
    for (const wrong of ["{}", `{"secretAccessKey": hidden}`]) {
      const answer = await ask({ ...env, GATEWAY_CONFIG: wrong }, "k");
      assertEquals([answer.status, (await answer.text()).includes("config")], [500, true]);
    }
  });
  assertStringIncludes(logged[0] ?? "", "backends");
  assertStringIncludes(logged[1] ?? "", "received no JSON as the config");
  assert(!(logged[1] ?? "").includes("hidden"));
});

/** What is written by `console.error` meanwhile. */
async function logOf(test: () => Promise<void>): Promise<string[]> {
  const logged: string[] = [];
  const { error } = console;
  console.error = (...args) => void logged.push(args.map(String).join(" "));
  try {
    await test();
  } finally {
    console.error = error;
  }
  return logged;
}

Deno.test("a Worker logs a request that failed for its backend, in one line of JSON", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const config = configFor(`http://127.0.0.1:${nobody.addr.port}`);
  nobody.close();
  const request = await aws.sign(`https://gateway.test/${BUCKET}/k?versionId=null`);
  const logged = await logOf(async () => {
    const answer = await worker.fetch(
      request,
      { GATEWAY_CONFIG: JSON.stringify(config) },
      context,
    );
    assertEquals(answer.status, 503);
    await answer.text();
  });
  const [line = "", ...more] = logged;
  const { requestId, message, ...told } = JSON.parse(line);
  assertEquals([told, more], [{
    asked: `GET /${BUCKET}/k`,
    status: 503,
    code: "ServiceUnavailable",
  }, []]);
  assertEquals([requestId.length, message.includes("cannot be reached")], [12, true]);
});

Deno.test("a Worker's config without a variant means the fix: lengths are kept", async () => {
  await using store = await TestingStore.start();
  const asked: number[] = [];
  const stream = class extends TransformStream {
    constructor(bytes: number) {
      super();
      asked.push(bytes);
    }
  };
  Reflect.set(globalThis, "FixedLengthStream", stream);
  try {
    for (const more of [{}, { variant: "bug" as const }]) {
      const GATEWAY_CONFIG = JSON.stringify(configFor(store.url, more));
      const request = await aws.sign(`https://gateway.test/${BUCKET}/k`, {
        method: "PUT",
        body: "hello",
        headers: { "content-length": "5" },
      });
      const answer = await worker.fetch(request, { GATEWAY_CONFIG }, context);
      await answer.text();
    }
  } finally {
    Reflect.deleteProperty(globalThis, "FixedLengthStream");
  }
  assertEquals(asked, [5]);
});

Deno.test("the Worker is one file that imports nothing but what Workers have", async () => {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--external=node:*"],
      new URL("gateway_worker.ts", import.meta.url).pathname,
    ],
    stderr: "inherit",
  }).output();
  assertEquals(code, 0);
  const text = new TextDecoder().decode(stdout);
  const imports = [...text.matchAll(/^import .* from "(.*)";$/gm)].map(([, name]) => name);
  assertEquals(new Set(imports), new Set(["node:crypto", "node:zlib"]));
  assert(!/\bDeno\./.test(text));
});
