// Keys that several token services begin with, which still refuse each other's tokens.

import { assertEquals, assertNotEquals } from "@std/assert";
import { processSigningKeys } from "./process_keys.ts";
import { TestingSts } from "./testing_sts.ts";

const keyIds = async ({ url }: TestingSts): Promise<string[]> =>
  (await (await fetch(`${url}/jwks`)).json()).keys.map(({ kid }: { kid: string }) => kid);

Deno.test("signing keys: those of the process are the same each time, and one's own are not", async () => {
  const signingKeys = await processSigningKeys();
  assertEquals(await processSigningKeys() === signingKeys, true);
  const { RS256, ES256 } = signingKeys.current;
  assertEquals([RS256, ES256].map(({ privateKey }) => privateKey.extractable), [false, false]);
  await using one = await TestingSts.start({ signingKeys });
  await using other = await TestingSts.start({ signingKeys });
  await using own = await TestingSts.start();
  assertEquals(await keyIds(one), signingKeys.published.map(({ kid }) => kid));
  assertEquals(await keyIds(one), await keyIds(other));
  assertNotEquals(await keyIds(own), await keyIds(one));
});

Deno.test("signing keys: who shares them takes no token of another, and a rotation is one's own", async () => {
  const signingKeys = await processSigningKeys();
  const published = signingKeys.published.length;
  await using one = await TestingSts.start({ signingKeys });
  await using other = await TestingSts.start({ signingKeys });
  const token = await one.token();
  assertEquals(await one.refusal(token), "none");
  assertEquals(await other.refusal(token), "400 InvalidIdentityToken");
  await one.sts.rotateKeys(false);
  assertEquals(await one.refusal(token), "400 InvalidIdentityToken");
  assertEquals(await other.refusal(await other.token()), "none");
  await other.sts.rotateKeys(true);
  assertEquals(signingKeys.published.length, published);
});
