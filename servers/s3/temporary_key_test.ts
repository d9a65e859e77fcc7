// Keys that are derived from a lasting one: which hold, and which do not.

import { assertEquals, assertMatch, assertNotEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { S3Error } from "./error.ts";
import { issueTemporaryKey, type TemporaryKey, temporarySecret } from "./temporary_key.ts";

const NOW = Date.UTC(2026, 10, 21, 10);
const LASTING = { accessKeyId: "AKLASTING/1.é", secretAccessKey: "a secret" };
const OTHER = { accessKeyId: "AKOTHER", secretAccessKey: "another secret" };

const known = (id: string) =>
  [LASTING, OTHER].find(({ accessKeyId }) => accessKeyId === id)?.secretAccessKey;

const secret = (
  { accessKeyId, sessionToken }: Pick<TemporaryKey, "accessKeyId" | "sessionToken">,
  nowMs = NOW,
) => temporarySecret(accessKeyId, sessionToken, known, nowMs);

function code(key: Parameters<typeof secret>[0], nowMs = NOW): string {
  return assertThrows(() => secret(key, nowMs), S3Error).code;
}

Deno.test("temporary key: who has the lasting key knows its secret, until it ends", () => {
  const key = issueTemporaryKey(LASTING, NOW + 1000.5);
  assertMatch(key.accessKeyId, /^ASIA[A-Z2-7]{16}$/);
  assertEquals([key.secretAccessKey.length, key.expiresMs], [40, NOW + 1000]);
  assertEquals([secret(key), secret(key, NOW + 999)], [key.secretAccessKey, key.secretAccessKey]);
  assertEquals(code(key, NOW + 1000), "ExpiredToken");
});

Deno.test("temporary key: no two are the same, and none has the lasting secret in it", () => {
  const keys = [LASTING, LASTING, OTHER].map((lasting) => issueTemporaryKey(lasting, NOW + 1000));
  for (const part of ["accessKeyId", "secretAccessKey", "sessionToken"] as const) {
    assertEquals(new Set(keys.map((key) => key[part])).size, 3, part);
  }
  assertEquals(JSON.stringify(keys).includes("a secret"), false);
});

Deno.test("temporary key: without its session token it is a key that nobody knows", () => {
  const { accessKeyId, sessionToken } = issueTemporaryKey(LASTING, NOW + 1000);
  assertEquals(temporarySecret(accessKeyId, undefined, known, NOW), undefined);
  assertEquals(temporarySecret("AKLASTING", sessionToken, known, NOW), undefined);
});

Deno.test("temporary key: a token of another key, of a later end, or of nobody is invalid", () => {
  const key = issueTemporaryKey(LASTING, NOW + 1000);
  const other = issueTemporaryKey(OTHER, NOW + 1000);
  const { accessKeyId, sessionToken } = key;
  const later = sessionToken.replace(String(NOW + 1000), String(NOW + 2000));
  assertNotEquals(later, sessionToken);
  const parts = sessionToken.split(".");
  const ofOther = [parts[0], other.sessionToken.split(".")[1], ...parts.slice(2)].join(".");
  for (const wrong of [other.sessionToken, later, ofOther, "", "junk", "1.e30.1.e30"]) {
    assertEquals(code({ accessKeyId, sessionToken: wrong }), "InvalidToken", wrong);
  }
  const stranger = issueTemporaryKey({ ...LASTING, accessKeyId: "AKSTRANGER" }, NOW + 1000);
  assertEquals(code(stranger), "InvalidToken");
  const guess = issueTemporaryKey({ ...LASTING, secretAccessKey: "a guess" }, NOW + 1000);
  assertEquals(code(guess), "InvalidToken");
});

Deno.test("temporary key: a token that was changed anywhere is invalid, whatever it was changed to", () => {
  const { accessKeyId, sessionToken } = issueTemporaryKey(LASTING, NOW + 1000);
  const changed = fc.tuple(fc.nat(sessionToken.length - 1), fc.string({ maxLength: 3 }))
    .map(([at, text]) => sessionToken.slice(0, at) + text + sessionToken.slice(at + 1))
    .filter((token) => token !== sessionToken);
  fc.assert(fc.property(fc.oneof(fc.string(), changed), (token) => {
    assertEquals(code({ accessKeyId, sessionToken: token }), "InvalidToken");
  }));
});
