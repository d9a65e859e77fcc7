// Tokens that lack what they need, or have it in another form, signed by the issuer itself.

import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { generateSigningKeys, IssuerKeys } from "./issuer_keys.ts";
import { StsError } from "./sts_error.ts";
import { type VerifyOptions, verifyToken } from "./verify_token.ts";

const NOW_S = Date.UTC(2026, 10, 21, 10) / 1000;
const ISSUER = "https://issuer.test";
const GOOD = { iss: ISSUER, sub: "me", aud: "us", exp: NOW_S + 60, iat: NOW_S, nbf: NOW_S };

const keys = new IssuerKeys(await generateSigningKeys());
const options: VerifyOptions = {
  keysOf: (issuer) => issuer === ISSUER ? keys.resolve : undefined,
  audience: "us",
  nowMs: NOW_S * 1000,
  toleranceS: 5,
};

function sign(claims: Record<string, unknown>, header: Record<string, unknown> = {}) {
  const { keyId, privateKey } = keys.current("ES256");
  const payload: JWTPayload = { ...GOOD, ...claims };
  return new SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: keyId, ...header })
    .sign(privateKey);
}

async function codeOf(token: string): Promise<string> {
  return (await assertRejects(() => verifyToken(token, options), StsError)).code;
}

Deno.test("verify token: what it says of itself is told, once it holds", async () => {
  const identity = { issuer: ISSUER, subject: "me", audience: "us" };
  assertEquals(await verifyToken(await sign({}), options), identity);
  assertEquals(await verifyToken(await sign({ nbf: undefined }), options), identity);
});

const BAD: Record<string, unknown[]> = {
  iss: [undefined, "", 1, [ISSUER], `${ISSUER}/`],
  sub: [undefined, "", 1, ["me"]],
  aud: [undefined, "", 1, [], ["you"], "US"],
  exp: [undefined, "soon", null, String(NOW_S + 60)],
  iat: [undefined, "now", null, NOW_S + 6],
  nbf: ["now", null, NOW_S + 6],
};

for (const [claim, values] of Object.entries(BAD)) {
  Deno.test(`verify token: one without ${claim}, or with another kind of it, is invalid`, async () => {
    for (const value of values) {
      const token = await sign({ [claim]: value });
      assertEquals(await codeOf(token), "InvalidIdentityToken", JSON.stringify(value));
    }
  });
}

Deno.test("verify token: a key id decides, and where it is missing the only key of that kind", async () => {
  assertEquals((await verifyToken(await sign({}, { kid: undefined }), options)).subject, "me");
  const other = keys.current("RS256").keyId;
  assertEquals(await codeOf(await sign({}, { kid: other })), "InvalidIdentityToken");
  assertEquals(
    await codeOf(await sign({}, { crit: ["b64"], b64: true, kid: "x" })),
    "InvalidIdentityToken",
  );
});

Deno.test("verify token: after a rotation one without a key id is invalid, for two keys may be its", async () => {
  const rotated = new IssuerKeys(await generateSigningKeys());
  const { keyId, privateKey } = rotated.current("ES256");
  await rotated.rotate(true);
  const known = { ...options, keysOf: () => rotated.resolve };
  const sign = (kid: Record<string, string>) =>
    new SignJWT(GOOD).setProtectedHeader({ alg: "ES256", ...kid }).sign(privateKey);
  assertEquals((await verifyToken(await sign({ kid: keyId }), known)).subject, "me");
  const without = await sign({});
  const { code } = await assertRejects(() => verifyToken(without, known), StsError);
  assertEquals(code, "InvalidIdentityToken");
});

Deno.test("verify token: one that is signed in a way that is not ours is invalid, whoever's key it is", async () => {
  const { privateKey, publicKey } = await generateKeyPair("EdDSA");
  const token = await new SignJWT(GOOD).setProtectedHeader({ alg: "EdDSA" }).sign(privateKey);
  const known = { ...options, keysOf: () => () => publicKey };
  const { code } = await assertRejects(() => verifyToken(token, known), StsError);
  assertEquals(code, "InvalidIdentityToken");
});

Deno.test("verify token: whatever the text, nothing but an StsError is thrown", async () => {
  const good = await sign({});
  const parts = good.split(".");
  const changed = fc.tuple(fc.nat(good.length - 1), fc.string({ unit: "grapheme", maxLength: 3 }))
    .map(([at, text]) => good.slice(0, at) + text + good.slice(at + 1));
  const shuffled = fc.array(fc.constantFrom(...parts, "", "e30", "bnVsbA"), { maxLength: 5 })
    .map((some) => some.join("."));
  const tokens = fc.oneof(fc.string({ unit: "binary" }), changed, shuffled)
    .filter((token) => token !== good);
  await fc.assert(
    fc.asyncProperty(tokens, async (token) => {
      try {
        const { subject } = await verifyToken(token, options);
        // The last character of a signature has bits that nobody reads.
        assertEquals([subject, token.slice(0, -1)], ["me", good.slice(0, -1)]);
      } catch (error) {
        if (!(error instanceof StsError)) throw error;
      }
    }),
    { numRuns: 300 },
  );
});
