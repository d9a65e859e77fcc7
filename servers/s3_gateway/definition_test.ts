// The gateway as `serve` makes it, beside the object store and the STS that are served with it.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { realClock } from "../../lab/clock.ts";
import { UsageError } from "../../lab/errors.ts";
import { paramFields, type Params, parseParam } from "../../lab/params.ts";
import { objectStoreDefinition } from "../object_store/definition.ts";
import { errorOf } from "../object_store/testing_store.ts";
import { DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { stsDefinition } from "../sts/definition.ts";
import { serveDefinition, withKey } from "../testing_definition.ts";
import { s3GatewayDefinition } from "./definition.ts";

const client = new AwsClient({ ...DEMO_CREDENTIALS, service: "s3", region: "auto", retries: 0 });

Deno.test("serve s3-gateway: with a store, and with an STS between them, objects go in and out", () =>
  withKey(undefined, async () => {
    await using store = await serveDefinition(objectStoreDefinition, {
      bucket: "edge-repro,other",
    });
    await using sts = await serveDefinition(stsDefinition, { delayMs: 0 });
    for (const more of [{}, { sts: sts.url }]) {
      await using gateway = await serveDefinition(s3GatewayDefinition, {
        backend: store.url,
        bucket: "edge-repro,mine=other/a=b/",
        variant: "fix",
        ...more,
      });
      const put = await client.fetch(`${gateway.url}/mine/k`, { method: "PUT", body: "hello" });
      assertEquals([put.status, await put.text()], [200, ""]);
      const behind = await client.fetch(`${store.url}/other/a=b/k`);
      assertEquals(await behind.text(), "hello");
      const denied = await fetch(`${gateway.url}/mine/k`);
      assertEquals(await errorOf(denied), "403 AccessDenied");
      const { exchanges, foreignTouches } = await (await fetch(`${gateway.url}/_edge-repro/stats`))
        .json();
      assertEquals([exchanges, foreignTouches], ["sts" in more ? 1 : 0, 0]);
      assertEquals(gateway.warnings, []);
    }
    await using open = await serveDefinition(s3GatewayDefinition, {
      backend: store.url,
      public: true,
    });
    await (await client.fetch(`${store.url}/edge-repro/k`, { method: "PUT", body: "hello" }))
      .text();
    assertEquals(await (await fetch(`${open.url}/edge-repro/k`)).text(), "hello");
  }));

/** A folder of its own for a config file, and what the gateway makes of it beside other flags. */
async function withFile(
  test: (
    write: (config: unknown) => Promise<string>,
    refusal: (given: Params) => Promise<string>,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/gateway.json`;
  try {
    await test(
      async (config) => {
        await Deno.writeTextFile(
          path,
          typeof config === "string" ? config : JSON.stringify(config),
        );
        return path;
      },
      async (given) => {
        const all = { ...s3GatewayDefinition.params.parse({}), ...given };
        const context = { clock: realClock, warn: () => {} };
        const { message } = await assertRejects(
          async () => await s3GatewayDefinition.create(all, context),
          UsageError,
        );
        assert(!message.includes("\n") && !message.includes("hidden"), message);
        return message;
      },
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const OPEN = {
  backends: { main: { endpoint: "http://127.0.0.1:1", credentials: "anonymous" } },
  buckets: { mine: { backend: "main" } },
  keys: [{ accessKeyId: "AK", secretAccessKey: "hidden" }],
};

Deno.test("serve s3-gateway: a config file is taken, with secrets from the environment", () =>
  withFile(async (write, refusal) => {
    const secretAccessKey = "${EDGE_REPRO_TEST_SECRET}";
    const config = await write({ ...OPEN, keys: [{ accessKeyId: "AK", secretAccessKey }] });
    assertMatch(await refusal({ config }), /--config: .*EDGE_REPRO_TEST_SECRET}, which is not set/);
    Deno.env.set("EDGE_REPRO_TEST_SECRET", "s3cret");
    try {
      await using gateway = await serveDefinition(s3GatewayDefinition, { config });
      const key = { accessKeyId: "AK", secretAccessKey: "s3cret" };
      const aws = new AwsClient({ ...key, service: "s3", region: "auto", retries: 0 });
      const url = `${gateway.url}/mine/k`;
      assertEquals(await errorOf(await aws.fetch(url)), "503 ServiceUnavailable");
      // Who runs it is told what the client is not.
      const [line = "", ...more] = gateway.warnings;
      assertMatch(line, /^[\dA-F]{12} GET \/mine\/k: 503 ServiceUnavailable: .*refused/i);
      assertEquals(more, []);
    } finally {
      Deno.env.delete("EDGE_REPRO_TEST_SECRET");
    }
  }));

Deno.test("serve s3-gateway: a file that is no config is refused in one line, without a piece of it", () =>
  withFile(async (write, refusal) => {
    const refused: [config: unknown, message: RegExp][] = [
      [{ ...OPEN, buckets: { mine: {} } }, /buckets\.mine\.backend/],
      ["", /received nothing as the config/],
      [
        `{"secretAccessKey": hidden}`,
        /received no JSON as the config, expected an object in JSON$/,
      ],
      [`{\n"secretAccessKey": "hidden",}`, /received no JSON in line 2 column 29 as the config/],
      ["[]", /received a list as the config, expected an object$/],
    ];
    for (const [config, message] of refused) {
      const path = await write(config);
      assertMatch(await refusal({ config: path }), message);
    }
    const path = await write("");
    assertMatch(await refusal({ config: `${path}.none` }), /json\.none': there is no such file$/);
    const folder = path.slice(0, path.lastIndexOf("/"));
    assertMatch(await refusal({ config: folder }), /it is a folder$/);
  }));

Deno.test("serve s3-gateway: flags that say what the file says are refused beside it", () =>
  withFile(async (write, refusal) => {
    const config = await write({ ...OPEN, limits: { exchangeMs: 5_000 } });
    const beside: [Params, string][] = [
      [{ bucket: "mine" }, "--bucket"],
      [{ backend: "http://127.0.0.1:9000" }, "--backend"],
      [{ sts: "http://127.0.0.1:8789" }, "--sts"],
      [{ public: true }, "--public"],
    ];
    for (const [given, flag] of beside) {
      assertMatch(await refusal({ config, ...given }), new RegExp(`--config: received ${flag} `));
    }
    assertMatch(await refusal({ config, exchangeMs: 7_000 }), /--sts-timeout: .*7000.*5000/);
    for (const given of [{ silenceMs: 7_000 }, { exchangeMs: 5_000 }]) {
      await using _gateway = await serveDefinition(s3GatewayDefinition, { config, ...given });
    }
  }));

Deno.test("serve s3-gateway: a config file means the fix unless it or a flag says the bug", () =>
  withKey(undefined, () =>
    withFile(async (write) => {
      await using store = await serveDefinition(objectStoreDefinition, { bucket: "edge-repro" });
      const put = async (more: Record<string, unknown>, given: Params = {}) => {
        const config = await write({
          backends: { main: { endpoint: store.url, credentials: DEMO_CREDENTIALS } },
          buckets: { "edge-repro": { backend: "main" } },
          keys: [DEMO_CREDENTIALS],
          ...more,
        });
        await using gateway = await serveDefinition(s3GatewayDefinition, { config, ...given });
        const url = `${gateway.url}/edge-repro/k`;
        const response = await client.fetch(url, { method: "PUT", body: "hello" });
        await response.body?.cancel();
        return response.status;
      };
      // With the bug an upload loses its length, and the store refuses it.
      assertEquals([await put({}), await put({ variant: "bug" })], [200, 501]);
      assertEquals(await put({}, { variant: "bug" }), 501);
      assertEquals(await put({ variant: "bug", framing: "chunked" }, { variant: "fix" }), 200);
      assertEquals(await put({ variant: "bug" }, { framing: "fixed" }), 200);
      assertEquals(await put({ variant: "bug", framing: "fixed" }), 200);
    })));

Deno.test("serve s3-gateway: the published key is not tried on a store of somebody's", () =>
  withKey(undefined, async () => {
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
  const refused = [
    ...[["backend", "s3.example"], ["bucket", "A_b"], ["bucket", "abc="]],
    ...[["framing", "none"], ["variant", "fixed"]],
  ];
  for (const [flag = "", text = ""] of refused) {
    const field = fields.get(flag);
    if (field === undefined) throw new Error(flag);
    let message = "";
    try {
      parseParam(params, field, text);
    } catch (error) {
      if (error instanceof UsageError) message = error.message;
    }
    assertMatch(message, new RegExp(`--${flag}: received '${text}', expected `));
    if (flag === "bucket") assertMatch(message, /3 to 63 lower-case letters, digits, dots/);
  }
});

Deno.test("serve s3-gateway: flags of which no gateway can be made are refused in one line", () =>
  withKey(undefined, () =>
    withFile(async (_write, refusal) => {
      assertMatch(await refusal({ bucket: "a..b" }), /--bucket: .*'a\.\.b', expected .*3 to 63/);
      assertMatch(await refusal({ bucket: "ab" }), /--bucket: received 'ab', expected .*3 to 63/);
      assertMatch(await refusal({ bucket: "mine=abc/../b" }), /buckets\.mine\.prefix/);
    })));

Deno.test("serve s3-gateway: a key with a session's token is one to the store, and for clients too", async () => {
  const before = Deno.env.get("AWS_SESSION_TOKEN");
  Deno.env.set("AWS_SESSION_TOKEN", "token");
  try {
    await withKey(["AK", "hidden"], async () => {
      await using gateway = await serveDefinition(s3GatewayDefinition);
      assertEquals(gateway.warnings, []);
    });
  } finally {
    if (before === undefined) Deno.env.delete("AWS_SESSION_TOKEN");
    else Deno.env.set("AWS_SESSION_TOKEN", before);
  }
});
