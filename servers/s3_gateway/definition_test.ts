// The gateway as `serve` makes it, beside the object store and the STS that are served with it.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { realClock } from "../../lab/clock.ts";
import { UsageError } from "../../lab/errors.ts";
import { paramFields, type Params, parseParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { listen } from "../listen.ts";
import { objectStoreDefinition } from "../object_store/definition.ts";
import { errorOf } from "../object_store/testing_store.ts";
import { DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { stsDefinition } from "../sts/definition.ts";
import { s3GatewayDefinition } from "./definition.ts";

/** A server made as `serve` makes it, listened on. */
async function serve(definition: ServerDefinition, given: Params = {}) {
  const warnings: string[] = [];
  const context = { clock: realClock, warn: (message: string) => void warnings.push(message) };
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

/** Runs a test without keys in the environment. */
async function withoutKeys(test: () => Promise<void>): Promise<void> {
  const names = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
  const before = names.map((name) => Deno.env.get(name));
  for (const name of names) Deno.env.delete(name);
  try {
    await test();
  } finally {
    names.forEach((name, n) => before[n] !== undefined && Deno.env.set(name, before[n]));
  }
}

const client = new AwsClient({ ...DEMO_CREDENTIALS, service: "s3", region: "auto", retries: 0 });

Deno.test("serve s3-gateway: with a store, and with an STS between them, objects go in and out", () =>
  withoutKeys(async () => {
    await using store = await serve(objectStoreDefinition, { bucket: "edge-repro,other" });
    await using sts = await serve(stsDefinition, { delayMs: 0 });
    for (const more of [{}, { sts: sts.url }]) {
      await using gateway = await serve(s3GatewayDefinition, {
        backend: store.url,
        bucket: "edge-repro,mine=other/a/b/",
        variant: "fix",
        ...more,
      });
      const put = await client.fetch(`${gateway.url}/mine/k`, { method: "PUT", body: "hello" });
      assertEquals([put.status, await put.text()], [200, ""]);
      const behind = await client.fetch(`${store.url}/other/a/b/k`);
      assertEquals(await behind.text(), "hello");
      const denied = await fetch(`${gateway.url}/mine/k`);
      assertEquals(await errorOf(denied), "403 AccessDenied");
      const { exchanges, foreignTouches } = await (await fetch(`${gateway.url}/_edge-repro/stats`))
        .json();
      assertEquals([exchanges, foreignTouches], ["sts" in more ? 1 : 0, 0]);
      assertEquals(gateway.warnings, []);
    }
    await using open = await serve(s3GatewayDefinition, { backend: store.url, public: true });
    await (await client.fetch(`${store.url}/edge-repro/k`, { method: "PUT", body: "hello" }))
      .text();
    assertEquals(await (await fetch(`${open.url}/edge-repro/k`)).text(), "hello");
  }));

Deno.test("serve s3-gateway: a config file is taken, with secrets from the environment", async () => {
  const file = await Deno.makeTempFile();
  const config = {
    backends: { main: { endpoint: "http://127.0.0.1:1", credentials: "anonymous" } },
    buckets: { mine: { backend: "main" } },
    keys: [{ accessKeyId: "AK", secretAccessKey: "${EDGE_REPRO_TEST_SECRET}" }],
  };
  try {
    await Deno.writeTextFile(file, JSON.stringify(config));
    const given = { ...s3GatewayDefinition.params.parse({}), config: file };
    const context = { clock: realClock, warn: () => {} };
    const error = await assertRejects(
      async () => await s3GatewayDefinition.create(given, context),
      UsageError,
    );
    assertMatch(error.message, /--config: .*EDGE_REPRO_TEST_SECRET.*expected a variable/);
    Deno.env.set("EDGE_REPRO_TEST_SECRET", "s3cret");
    await using gateway = await serve(s3GatewayDefinition, { config: file });
    const key = { accessKeyId: "AK", secretAccessKey: "s3cret" };
    const aws = new AwsClient({ ...key, service: "s3", region: "auto", retries: 0 });
    assertEquals(await errorOf(await aws.fetch(`${gateway.url}/mine/k`)), "503 ServiceUnavailable");
    await Deno.writeTextFile(file, JSON.stringify({ ...config, buckets: { mine: {} } }));
    await assertRejects(
      async () => await s3GatewayDefinition.create(given, context),
      UsageError,
      "buckets.mine.backend",
    );
  } finally {
    Deno.env.delete("EDGE_REPRO_TEST_SECRET");
    await Deno.remove(file);
  }
});

Deno.test("serve s3-gateway: what a config file says of the variant wins over the flag's default", () =>
  withoutKeys(async () => {
    await using store = await serve(objectStoreDefinition, { bucket: "edge-repro" });
    const file = await Deno.makeTempFile();
    try {
      const put = async (more: Record<string, unknown>) => {
        await Deno.writeTextFile(
          file,
          JSON.stringify({
            backends: { main: { endpoint: store.url, credentials: DEMO_CREDENTIALS } },
            buckets: { "edge-repro": { backend: "main" } },
            keys: [DEMO_CREDENTIALS],
            ...more,
          }),
        );
        await using gateway = await serve(s3GatewayDefinition, { config: file });
        const url = `${gateway.url}/edge-repro/k`;
        const response = await client.fetch(url, { method: "PUT", body: "hello" });
        await response.body?.cancel();
        return response.status;
      };
      // With the bug an upload loses its length, and the store refuses it.
      assertEquals([await put({}), await put({ variant: "fix" })], [501, 200]);
    } finally {
      await Deno.remove(file);
    }
  }));

Deno.test("serve s3-gateway: the published key is not tried on a store of somebody's", () =>
  withoutKeys(async () => {
    const given = { ...s3GatewayDefinition.params.parse({}), backend: "https://s3.example" };
    const error = await assertRejects(
      async () => await s3GatewayDefinition.create(given, { clock: realClock, warn: () => {} }),
      UsageError,
    );
    assertMatch(error.message, /without a key to it/);
  }));

Deno.test("serve s3-gateway: flags that are none are refused", () => {
  const { params } = s3GatewayDefinition;
  const fields = new Map(paramFields(params).map((field) => [field.flag, field]));
  const refused = [["backend", "s3.example"], ["bucket", "A"], ["bucket", "a="], [
    "framing",
    "none",
  ]];
  for (const [flag = "", text = ""] of refused) {
    const field = fields.get(flag);
    if (field === undefined) throw new Error(flag);
    let message = "";
    try {
      parseParam(params, field, text);
    } catch (error) {
      if (error instanceof UsageError) message = error.message;
    }
    assertMatch(message, new RegExp(`--${flag}: received '${text}'`));
  }
});
