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

  const logged: unknown[] = [];
  const { error } = console;
  console.error = (...args) => void logged.push(...args);
  try {
    const wrong = await ask({ ...env, GATEWAY_CONFIG: "{}" }, "k");
    assertEquals([wrong.status, (await wrong.text()).includes("config")], [500, true]);
  } finally {
    console.error = error;
  }
  assertStringIncludes(String(logged[0]), "backends");
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
