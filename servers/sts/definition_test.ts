// The STS as `serve` makes it, beside the object store that takes its keys.

import { assertEquals, assertRejects } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { UsageError } from "../../lab/errors.ts";
import { paramFields, parseParam } from "../../lab/params.ts";
import { objectStoreDefinition } from "../object_store/definition.ts";
import { DEMO_CREDENTIALS } from "../s3/demo_credentials.ts";
import { serveDefinition, withKey } from "../testing_definition.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN } from "../web_identity/demo.ts";
import { assumeRoleWithWebIdentity } from "../web_identity/exchange.ts";
import { parseToken, tokenRequest } from "../web_identity/token.ts";
import { stsDefinition } from "./definition.ts";
import { refusalOf } from "./testing_sts.ts";

/** Gets a token from an issuer, and a key for it from an STS. */
async function keyFrom(stsUrl: string, issuer = stsUrl) {
  const { url, init } = tokenRequest({ issuer, subject: "me", audience: DEMO_AUDIENCE });
  const response = await fetch(url, init);
  const { token } = parseToken(response.status, await response.text());
  const sessionName = "tests";
  return await assumeRoleWithWebIdentity({ stsUrl, roleArn: DEMO_ROLE_ARN, sessionName, token });
}

Deno.test("serve sts: its keys are taken by an object store that is served beside it", () =>
  withKey(undefined, async () => {
    await using store = await serveDefinition(objectStoreDefinition);
    await using sts = await serveDefinition(stsDefinition, { delayMs: 0 });
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

Deno.test("serve sts: hands out the store's own key where it is told to", () =>
  withKey(undefined, async () => {
    await using sts = await serveDefinition(stsDefinition, { delayMs: 0, issue: "static" });
    const { expiresMs: _, sessionToken, ...key } = await keyFrom(sts.url);
    assertEquals([key, sessionToken], [{ ...DEMO_CREDENTIALS }, undefined]);
    assertEquals(sts.warnings, []);
  }));

Deno.test("serve sts: says so where what it hands out guards something", () =>
  withKey(["mine", "my secret"], async () => {
    await using mine = await serveDefinition(stsDefinition, { delayMs: 0, issue: "static" });
    assertEquals((await keyFrom(mine.url)).secretAccessKey, "my secret");
    assertEquals(mine.warnings, [
      "the STS hands out the key of the environment to whoever asks it",
    ]);
    await using temporary = await serveDefinition(stsDefinition, { delayMs: 0 });
    assertEquals(temporary.warnings, []);
  }));

Deno.test("serve sts: takes tokens of the issuer that it is told to trust", () =>
  withKey(undefined, async () => {
    await using issuer = await serveDefinition(stsDefinition);
    await using sts = await serveDefinition(stsDefinition, { delayMs: 0, trust: issuer.url });
    await using other = await serveDefinition(stsDefinition, { delayMs: 0 });
    assertEquals(await refusalOf(keyFrom(sts.url, issuer.url)), "none");
    assertEquals(await refusalOf(keyFrom(other.url, issuer.url)), "400 InvalidIdentityToken");
  }));

Deno.test("serve sts: fails from the start where it is told to", () =>
  withKey(undefined, async () => {
    await using sts = await serveDefinition(stsDefinition, { delayMs: 0, fault: "fail" });
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
  await assertRejects(
    () => serveDefinition(stsDefinition, { trust: "http://[" }),
    UsageError,
    "--trust",
  );
});
