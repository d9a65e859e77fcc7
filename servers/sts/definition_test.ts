// The STS as `serve` makes it, beside the object store that takes its keys.

import { assertEquals, assertRejects } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { realClock } from "../../lab/clock.ts";
import { UsageError } from "../../lab/errors.ts";
import { paramFields, type Params, parseParam } from "../../lab/params.ts";
import type { ServerDefinition } from "../definition.ts";
import { listen } from "../listen.ts";
import { objectStoreDefinition } from "../object_store/definition.ts";
import { DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN } from "../web_identity/demo.ts";
import { assumeRoleWithWebIdentity } from "../web_identity/exchange.ts";
import { parseToken, tokenRequest } from "../web_identity/token.ts";
import { stsDefinition } from "./definition.ts";
import { refusalOf } from "./testing_sts.ts";

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
      await server.close();
      await listening.close();
    },
  };
}

/** Gets a token from an issuer, and a key for it from an STS. */
async function keyFrom(stsUrl: string, issuer = stsUrl) {
  const { url, init } = tokenRequest({ issuer, subject: "me", audience: DEMO_AUDIENCE });
  const response = await fetch(url, init);
  const { token } = parseToken(response.status, await response.text());
  const sessionName = "tests";
  return await assumeRoleWithWebIdentity({ stsUrl, roleArn: DEMO_ROLE_ARN, sessionName, token });
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

Deno.test("serve sts: its keys are taken by an object store that is served beside it", () =>
  withoutKeys(async () => {
    await using store = await serve(objectStoreDefinition);
    await using sts = await serve(stsDefinition, { delayMs: 0 });
    const { sessionToken, ...key } = await keyFrom(sts.url);
    const get = async (client: AwsClient) => {
      const response = await client.fetch(`${store.url}/edge-repro?list-type=2`);
      const [, code = ""] = /<Code>(.*?)<\/Code>/.exec(await response.text()) ?? [];
      return `${response.status} ${code}`.trim();
    };
    const service = { service: "s3", region: "auto", retries: 0 };
    assertEquals(
      await get(new AwsClient({ ...key, ...service, sessionToken: sessionToken ?? "" })),
      "200",
    );
    assertEquals(await get(new AwsClient({ ...key, ...service })), "403 InvalidAccessKeyId");
  }));

Deno.test("serve sts: hands out the store's own key where it is told to, and says so if it guards something", () =>
  withoutKeys(async () => {
    await using sts = await serve(stsDefinition, { delayMs: 0, issue: "static" });
    const { expiresMs: _, sessionToken, ...key } = await keyFrom(sts.url);
    assertEquals([key, sessionToken], [{ ...DEMO_CREDENTIALS }, undefined]);
    assertEquals(sts.warnings, []);
    Deno.env.set("AWS_ACCESS_KEY_ID", "mine");
    Deno.env.set("AWS_SECRET_ACCESS_KEY", "my secret");
    await using mine = await serve(stsDefinition, { delayMs: 0, issue: "static" });
    assertEquals((await keyFrom(mine.url)).secretAccessKey, "my secret");
    assertEquals(mine.warnings, [
      "the STS hands out the key of the environment to whoever asks it",
    ]);
    await using temporary = await serve(stsDefinition, { delayMs: 0 });
    assertEquals(temporary.warnings, []);
    Deno.env.delete("AWS_ACCESS_KEY_ID");
    Deno.env.delete("AWS_SECRET_ACCESS_KEY");
  }));

Deno.test("serve sts: takes tokens of the issuer that it is told to trust", () =>
  withoutKeys(async () => {
    await using issuer = await serve(stsDefinition);
    await using sts = await serve(stsDefinition, { delayMs: 0, trust: issuer.url });
    await using other = await serve(stsDefinition, { delayMs: 0 });
    assertEquals(await refusalOf(keyFrom(sts.url, issuer.url)), "none");
    assertEquals(await refusalOf(keyFrom(other.url, issuer.url)), "400 InvalidIdentityToken");
  }));

Deno.test("serve sts: fails from the start where it is told to", () =>
  withoutKeys(async () => {
    await using sts = await serve(stsDefinition, { delayMs: 0, fault: "fail" });
    assertEquals(await refusalOf(keyFrom(sts.url)), "500 InternalFailure");
  }));

Deno.test("serve sts: its flags read as they are meant, and refuse what cannot be", async () => {
  const { params } = stsDefinition;
  const read = (flag: string, text: string) => {
    const field = paramFields(params).find((one) => one.flag === flag);
    return field && parseParam(params, field, text);
  };
  assertEquals([read("delay", "250"), read("lifetime", "900")], [250, 900_000]);
  for (
    const [flag, text] of [
      ["issuer", "issuer.test"],
      ["issuer", "http://issuer.test/"],
      ["trust", "ftp://issuer.test"],
      ["role-arn", "role"],
      ["audience", ""],
    ] as const
  ) {
    await assertRejects(async () => await read(flag, text), UsageError, `--${flag}`);
  }
  await assertRejects(() => serve(stsDefinition, { trust: "http://[" }), UsageError, "--trust");
});
