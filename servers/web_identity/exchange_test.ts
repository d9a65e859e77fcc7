// The client of AssumeRoleWithWebIdentity: what it sends, and what it makes of any answer.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { listen } from "../listen.ts";
import { writeXml } from "../s3/xml.ts";
import {
  assumeRoleWithWebIdentity,
  exchangeRequest,
  parseExchange,
  STS_NAMESPACE,
} from "./exchange.ts";
import { ExchangeError } from "./exchange_error.ts";

const ASKED = {
  stsUrl: "http://sts.test",
  roleArn: "arn:aws:iam::000000000000:role/a",
  sessionName: "tests",
  token: "a.b+/=.c",
};

function answer(credentials: Record<string, string>): string {
  return writeXml("AssumeRoleWithWebIdentityResponse", {
    AssumeRoleWithWebIdentityResult: { Credentials: credentials },
  }, STS_NAMESPACE);
}

const GOOD = {
  AccessKeyId: "ASIA",
  SecretAccessKey: "secret&<>",
  SessionToken: "session",
  Expiration: "2026-11-21T10:00:00Z",
};

Deno.test("exchange: the request is a form whose token is in no URL, and is not handed on by a redirect", () => {
  const { url, init } = exchangeRequest({ ...ASKED, durationS: 900 });
  assertEquals([url, init.method, init.redirect], ["http://sts.test/", "POST", "manual"]);
  assertEquals(Object.fromEntries(new URLSearchParams(init.body)), {
    Action: "AssumeRoleWithWebIdentity",
    Version: "2011-06-15",
    RoleArn: ASKED.roleArn,
    RoleSessionName: "tests",
    WebIdentityToken: ASKED.token,
    DurationSeconds: "900",
  });
  assertEquals(exchangeRequest({ ...ASKED, stsUrl: "http://a.test/sts" }).url, "http://a.test/sts");
});

Deno.test("exchange: a key is read as it was written; one without a session has none", () => {
  const key = {
    accessKeyId: "ASIA",
    secretAccessKey: "secret&<>",
    sessionToken: "session",
    expiresMs: Date.UTC(2026, 10, 21, 10),
  };
  assertEquals(parseExchange(200, answer(GOOD)), key);
  assertEquals(parseExchange(200, answer({ ...GOOD, SessionToken: "" })), {
    ...key,
    sessionToken: undefined,
  });
  const { SessionToken: _, ...without } = GOOD;
  assertEquals(parseExchange(200, answer(without)).sessionToken, undefined);
  const fraction = answer({ ...GOOD, Expiration: "2026-11-21T10:00:00.5Z" });
  assertEquals(parseExchange(200, fraction).expiresMs, key.expiresMs + 500);
});

const BAD: [name: string, status: number, text: string, code: string, retryable: boolean][] = [
  ["HTML of a proxy", 502, "<html><body>Bad Gateway</body></html>", "", true],
  ["HTML where a key should be", 200, "<html></html>", "", false],
  ["nothing", 200, "", "", false],
  ["a document cut short", 200, answer(GOOD).slice(0, -9), "", false],
  ["no key id", 200, answer({ ...GOOD, AccessKeyId: "" }), "", false],
  ["no end", 200, answer({ ...GOOD, Expiration: "soon" }), "", false],
  ["two keys", 200, answer(GOOD).replace(/<Credentials>.*<\/Credentials>/, "$&$&"), "", false],
  ["a key with status 500", 500, answer(GOOD), "", true],
  ["a redirect", 307, "", "", false],
  ["an answer of 1 MB", 200, answer({ ...GOOD, SessionToken: "a".repeat(1e6) }), "", false],
  ["entities", 200, `<!DOCTYPE a [<!ENTITY b "c">]>${answer(GOOD)}`, "", false],
];

for (const [name, status, text, code, retryable] of BAD) {
  Deno.test(`exchange: ${name} is an error that says the status`, () => {
    const error = assertThrows(() => parseExchange(status, text), ExchangeError);
    assertEquals([error.code, error.status, error.retryable], [code, status, retryable]);
  });
}

Deno.test("exchange: a refusal has the code of the STS, and says whether to try again", () => {
  const refusal = (code: string, status: number) => {
    const content = { Error: { Type: "Sender", Code: code, Message: "no" }, RequestId: "1" };
    const text = writeXml("ErrorResponse", content, STS_NAMESPACE);
    const error = assertThrows(() => parseExchange(status, text), ExchangeError);
    assertEquals(error.message, "no");
    return [error.code, error.status, error.retryable];
  };
  assertEquals(refusal("ExpiredTokenException", 400), ["ExpiredTokenException", 400, false]);
  assertEquals(refusal("AccessDenied", 403), ["AccessDenied", 403, false]);
  assertEquals(refusal("IDPCommunicationError", 400), ["IDPCommunicationError", 400, true]);
  assertEquals(refusal("InternalFailure", 500), ["InternalFailure", 500, true]);
});

Deno.test("exchange: whatever the answer, it is a key or an ExchangeError that says nothing of it", () => {
  const good = answer(GOOD);
  const changed = fc.tuple(fc.nat(good.length - 1), fc.nat(20), fc.string({ maxLength: 5 }))
    .map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
  fc.assert(
    fc.property(fc.oneof(fc.string(), changed), fc.constantFrom(200, 400, 500), (text, status) => {
      try {
        const key = parseExchange(status, text);
        assertEquals(status, 200);
        for (const part of [key.accessKeyId, key.secretAccessKey]) assertEquals(part !== "", true);
        assertEquals(Number.isInteger(key.expiresMs), true);
      } catch (error) {
        if (!(error instanceof ExchangeError)) throw error;
        assertEquals(error.message.includes("session"), false);
      }
    }),
    { numRuns: 500 },
  );
});

Deno.test("exchange: where nobody answers it is an error that can be tried again, and an abort an abort", async () => {
  await using gone = await listen({ fetch: () => new Promise<Response>(() => {}) });
  const options = { ...ASKED, stsUrl: gone.url };
  const leaving = new AbortController();
  const aborted = assertRejects(
    () => assumeRoleWithWebIdentity(options, { signal: leaving.signal }),
    DOMException,
  );
  leaving.abort();
  await aborted;
  await gone.close();
  const error = await assertRejects(() => assumeRoleWithWebIdentity(options), ExchangeError);
  assertEquals([error.code, error.status, error.retryable], ["", 0, true]);
  assertEquals(error.message.includes(ASKED.token), false);
});

Deno.test("exchange: an answer that does not end is given up while it comes", async () => {
  const cancelled = Promise.withResolvers<void>();
  let sentBytes = 0;
  await using sts = await listen({
    fetch: () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sentBytes += 16_384;
            controller.enqueue(new Uint8Array(16_384).fill(32));
          },
          cancel: () => cancelled.resolve(),
        }),
      ),
  });
  const exchange = assumeRoleWithWebIdentity({ ...ASKED, stsUrl: sts.url });
  const error = await assertRejects(() => exchange, ExchangeError);
  assertEquals([error.code, error.status, error.retryable], ["", 200, false]);
  await cancelled.promise;
  // What the buffers between the two take comes on top.
  assert(sentBytes < 64 << 20, `${sentBytes}`);
});

Deno.test("exchange: a redirect is not followed", async () => {
  let requests = 0;
  await using sts = await listen({
    fetch(request) {
      requests++;
      return Response.redirect(`${new URL(request.url).origin}/elsewhere`, 307);
    },
  });
  const exchange = assumeRoleWithWebIdentity({ ...ASKED, stsUrl: sts.url });
  assertEquals((await assertRejects(() => exchange, ExchangeError)).status, 307);
  assertEquals(requests, 1);
});
