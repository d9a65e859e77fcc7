// Which tokens are exchanged and which are refused, over real sockets, each with STS's own code.

import { assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { base64url, decodeJwt, generateKeyPair, SignJWT } from "jose";
import { DEMO_AUDIENCE, DEMO_SUBJECT } from "../web_identity/demo.ts";
import type { TokenClaims } from "./issue_token.ts";
import { NOW, TestingSts } from "./testing_sts.ts";

const CASES: [name: string, claims: Partial<TokenClaims>, expected: string][] = [
  ["that holds", {}, "none"],
  ["signed by ES256", { algorithm: "ES256" }, "none"],
  ["for several, us among them", { audience: ["other", DEMO_AUDIENCE] }, "none"],
  ["that holds for a second more", { expiresInS: 1 }, "none"],
  ["that has expired", { expiresInS: -60 }, "400 ExpiredTokenException"],
  ["that ended as long ago as clocks may differ", { expiresInS: -5 }, "400 ExpiredTokenException"],
  ["that ended while clocks may differ", { expiresInS: -4 }, "none"],
  ["that holds in a minute only", { notBeforeInS: 60 }, "400 InvalidIdentityToken"],
  ["that holds in as much as clocks may differ", { notBeforeInS: 5 }, "none"],
  ["issued in a minute", { issuedInS: 60 }, "400 InvalidIdentityToken"],
  ["for another", { audience: "other" }, "400 InvalidIdentityToken"],
  ["for several others", { audience: ["other", "another"] }, "400 InvalidIdentityToken"],
  ["for nobody", { audience: [] }, "400 InvalidIdentityToken"],
  ["about nobody", { subject: "" }, "400 InvalidIdentityToken"],
  ["of a key id that is not known", { keyId: "rs256-gone" }, "400 InvalidIdentityToken"],
  ["of another issuer", { issuer: "http://issuer.test" }, "400 InvalidIdentityToken"],
];

Deno.test("sts: a token is exchanged, or refused with STS's own code", async (test) => {
  await using sts = await TestingSts.start();
  for (const [name, claims, expected] of CASES) {
    await test.step(`a token ${name}: ${expected}`, async () => {
      assertEquals(await sts.refusal(await sts.token(claims)), expected);
    });
  }
});

Deno.test("sts: a token that another signed, or nobody, or with a public key, is refused", async () => {
  await using sts = await TestingSts.start();
  const [header = "", payload = "", signature = ""] = (await sts.token()).split(".");
  const { kid } = JSON.parse(new TextDecoder().decode(base64url.decode(header)));
  const { privateKey } = await generateKeyPair("ES256");
  const claims = JSON.parse(new TextDecoder().decode(base64url.decode(payload)));
  const jwks = await (await fetch(`${sts.url}/jwks`)).json();
  const encode = (value: unknown) => base64url.encode(JSON.stringify(value));
  const tampered = encode({ ...claims, sub: "somebody else" });
  const forged = {
    "by another key": await new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", kid }).sign(privateKey),
    "by the modulus as a shared secret": await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256", kid })
      .sign(new TextEncoder().encode(jwks.keys[0].n)),
    "by nobody": `${encode({ alg: "none" })}.${payload}.`,
    "by nobody, with a key id": `${encode({ alg: "none", kid })}.${payload}.`,
    "and was changed": `${header}.${tampered}.${signature}`,
    "and was cut": `${header}.${payload}.${signature.slice(0, -2)}`,
    "without an end": `${header}.${payload}`,
  };
  for (const [how, token] of Object.entries(forged)) {
    assertEquals(await sts.refusal(token), "400 InvalidIdentityToken", how);
  }
  for (const junk of ["junk", "a.b.c", "....", "\u{1f511}", "e30.e30.", " "]) {
    const expected = junk.length < 4 ? "400 ValidationError" : "400 InvalidIdentityToken";
    assertEquals(await sts.refusal(junk), expected, junk);
  }
});

Deno.test("sts: the signature is checked before a token is told that it has expired", async () => {
  await using sts = await TestingSts.start();
  const [header = "", payload = "", signature = ""] = (await sts.token({ expiresInS: -60 })).split(
    ".",
  );
  const other = signature.startsWith("A") ? "B" : "A";
  const forged = `${header}.${payload}.${other}${signature.slice(1)}`;
  assertEquals(await sts.refusal(forged), "400 InvalidIdentityToken");
});

Deno.test("sts: a token holds until it ends by the server's time, and not longer", async () => {
  await using sts = await TestingSts.start({ toleranceS: 0 });
  const token = await sts.token({ expiresInS: 60 });
  await sts.clock.advance(59_000);
  assertEquals(await sts.refusal(token), "none");
  await sts.clock.advance(1_000);
  assertEquals(await sts.refusal(token), "400 ExpiredTokenException");
});

Deno.test("sts: a token of keys that are no longer published is refused, of old ones that are not", async () => {
  await using sts = await TestingSts.start();
  const old = await sts.token();
  assertEquals((await sts.sts.rotateKeys()).length, 4);
  assertEquals(await sts.refusal(old), "none");
  const newer = await sts.token();
  const response = await fetch(`${sts.url}/_edge-repro/keys?keep=false`, { method: "PUT" });
  const { keys } = await response.json();
  assertEquals(keys.length, 2);
  assertEquals(await sts.refusal(old), "400 InvalidIdentityToken");
  assertEquals(await sts.refusal(newer), "400 InvalidIdentityToken");
  assertEquals(await sts.refusal(await sts.token()), "none");
});

Deno.test("sts: a subject that may not assume the role, and another role, are denied", async () => {
  await using sts = await TestingSts.start({ subject: DEMO_SUBJECT });
  assertEquals(await sts.refusal(await sts.token()), "none");
  assertEquals(await sts.refusal(await sts.token({ subject: "other" })), "403 AccessDenied");
  const roleArn = "arn:aws:iam::000000000000:role/other";
  assertEquals(await sts.refusal(await sts.token(), { roleArn }), "403 AccessDenied");
});

Deno.test("sts: a key holds as long as is asked, at most as long as the server has it", async () => {
  await using sts = await TestingSts.start({ lifetimeMs: 1_800_000 });
  const lasts = async (durationS?: number) => {
    const options = durationS === undefined ? {} : { durationS };
    return (await sts.exchange(await sts.token(), options)).expiresMs - NOW;
  };
  assertEquals([await lasts(), await lasts(900), await lasts(3600)], [
    1_800_000,
    900_000,
    1_800_000,
  ]);
});

Deno.test("sts: tokens and keys go by the world's time, however fast the server's own runs", async () => {
  const wallClock = { now: () => NOW + 86_400_000 };
  await using sts = await TestingSts.start({ wallClock });
  const token = await sts.token({ expiresInS: 1 });
  assertEquals(decodeJwt(token).iat, wallClock.now() / 1000);
  assertEquals((await sts.exchange(token)).expiresMs, wallClock.now() + 3_600_000);
  await sts.clock.advance(60_000);
  assertEquals(await sts.refusal(token), "none");
});

Deno.test("sts: each exchange gives another key; a static one is the store's own, without a session", async () => {
  await using sts = await TestingSts.start();
  const token = await sts.token();
  const [one, other] = [await sts.exchange(token), await sts.exchange(token)];
  assertNotEquals(one.accessKeyId, other.accessKeyId);
  assertMatch(one.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assertEquals(typeof one.sessionToken, "string");
  await using stat = await TestingSts.start({ issue: "static" });
  assertEquals(await stat.exchange(await stat.token()), {
    accessKeyId: "AKTESTING",
    secretAccessKey: "for tests alone",
    sessionToken: undefined,
    expiresMs: NOW + 3_600_000,
  });
});
