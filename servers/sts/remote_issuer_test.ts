// Tokens of another issuer, over real sockets: its keys change, it is down, it hangs, it lies.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { listen } from "../listen.ts";
import { until } from "../object_store/testing_store.ts";
import { DEMO_AUDIENCE, DEMO_ROLE_ARN } from "../web_identity/demo.ts";
import { exchangeRequest } from "../web_identity/exchange.ts";
import { parseToken, tokenRequest } from "../web_identity/token.ts";
import { TestingSts } from "./testing_sts.ts";

/** An issuer, and an STS that takes its tokens. */
async function start() {
  const scope = new AsyncDisposableStack();
  const issuer = scope.use(await TestingSts.start());
  let fetches = 0;
  const sts = scope.use(
    await TestingSts.start({
      trusted: [issuer.url],
      fetch: (...request: Parameters<typeof fetch>) => {
        if (String(request[0]).endsWith("/jwks")) fetches++;
        return fetch(...request);
      },
    }),
  );
  return {
    issuer,
    sts,
    get fetches() {
      return fetches;
    },
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

const DOWN = "400 IDPCommunicationError";
const INVALID = "400 InvalidIdentityToken";

Deno.test("remote issuer: its tokens are taken, by keys that are fetched once for all", async () => {
  await using pair = await start();
  const { issuer, sts } = pair;
  const tokens = await Promise.all(
    (["RS256", "ES256"] as const).map((algorithm) => issuer.token({ algorithm })),
  );
  const refusals = await Promise.all([...tokens, ...tokens].map((token) => sts.refusal(token)));
  assertEquals([refusals, pair.fetches], [["none", "none", "none", "none"], 1]);
  assertEquals(
    await sts.refusal(await issuer.token({ expiresInS: -60 })),
    "400 ExpiredTokenException",
  );
  assertEquals(await sts.refusal(await issuer.token({ issuer: sts.url })), INVALID);
  assertEquals(sts.figure("upstreams"), 0);
});

Deno.test("remote issuer: a new key is looked for, but not at each token of a key nobody has", async () => {
  await using pair = await start();
  const { issuer, sts } = pair;
  const old = await issuer.token();
  assertEquals(await sts.refusal(old), "none");
  await issuer.sts.rotateKeys(false);
  const newer = await issuer.token();
  assertEquals([await sts.refusal(newer), pair.fetches], [INVALID, 1]);
  await sts.clock.advance(5_000);
  assertEquals([await sts.refusal(newer), pair.fetches], ["none", 2]);
  assertEquals([await sts.refusal(old), pair.fetches], [INVALID, 2]);
  const unknown = await issuer.token({ keyId: "rs256-nobody" });
  assertEquals([await sts.refusal(unknown), pair.fetches], [INVALID, 2]);
  await sts.clock.advance(5_000);
  await Promise.all([1, 2, 3].map(() => sts.refusal(unknown)));
  assertEquals(pair.fetches, 3);
});

Deno.test("remote issuer: a key that it has withdrawn is forgotten after ten minutes", async () => {
  await using pair = await start();
  const { issuer, sts } = pair;
  const old = await issuer.token({ expiresInS: 3_600 });
  assertEquals(await sts.refusal(old), "none");
  await issuer.sts.rotateKeys(false);
  await sts.clock.advance(599_999);
  assertEquals([await sts.refusal(old), pair.fetches], ["none", 1]);
  await sts.clock.advance(1);
  assertEquals([await sts.refusal(old), pair.fetches], [INVALID, 2]);
});

Deno.test("remote issuer: while its keys cannot be had nothing is remembered, and then all is well", async () => {
  await using pair = await start();
  const { issuer, sts } = pair;
  const token = await issuer.token();
  for (const surface of ["keys", "discovery"] as const) {
    issuer.sts.setFault(surface, "fail");
    assertEquals(await sts.refusal(token), DOWN);
    assertEquals(await sts.refusal(await sts.token()), "none");
    issuer.sts.setFault(surface, "none");
  }
  assertEquals(await sts.refusal(token), "none");
  issuer.sts.setFault("keys", "fail");
  assertEquals(await sts.refusal(token), "none");
  await sts.clock.advance(5_000);
  assertEquals(await sts.refusal(await issuer.token({ keyId: "new" })), DOWN);
  assertEquals(await sts.refusal(token), "none");
});

Deno.test("remote issuer: one that hangs is given up after five seconds, by all who wait for it", async () => {
  await using pair = await start();
  const { issuer, sts } = pair;
  const token = await issuer.token();
  issuer.sts.setFault("keys", "hang");
  const refusals = Promise.all([sts.refusal(token), sts.refusal(token)]);
  await until(() => issuer.figure("waiting") === 1 && sts.figure("exchangesUnderWay") === 2);
  assertEquals(sts.figure("upstreams"), 1);
  await sts.clock.advance(5_000);
  assertEquals(await refusals, [DOWN, DOWN]);
  issuer.sts.setFault("keys", "none");
  assertEquals(await sts.refusal(token), "none");
});

Deno.test("remote issuer: one that fails is not asked at each token of a key that it may have by now", async () => {
  await using pair = await start();
  const { issuer, sts } = pair;
  const known = await issuer.token();
  assertEquals(await sts.refusal(known), "none");
  await issuer.sts.rotateKeys();
  const newer = await issuer.token();
  issuer.sts.setFault("keys", "fail");
  await sts.clock.advance(5_000);
  assertEquals([await sts.refusal(newer), pair.fetches], [DOWN, 2]);
  issuer.sts.setFault("keys", "none");
  assertEquals([await sts.refusal(newer), pair.fetches], [DOWN, 2]);
  assertEquals([await sts.refusal(known), pair.fetches], ["none", 2]);
  await sts.clock.advance(5_000);
  assertEquals([await sts.refusal(newer), pair.fetches], ["none", 3]);
  // What failed before is of no account for the next key.
  await issuer.sts.rotateKeys();
  await sts.clock.advance(5_000);
  assertEquals([await sts.refusal(await issuer.token()), pair.fetches], ["none", 4]);
});

Deno.test("remote issuer: a document that does not end is given up while it comes", async () => {
  const cancelled = Promise.withResolvers<void>();
  await using liar = await listen({
    fetch: () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)),
          cancel: () => cancelled.resolve(),
        }),
      ),
  });
  await using sts = await TestingSts.start({ trusted: [liar.url] });
  // No time goes by: it is not the patience that ends it.
  assertEquals(await sts.refusal(await sts.token({ issuer: liar.url })), DOWN);
  await cancelled.promise;
});

Deno.test("remote issuer: who calls the server by the issuer's name cannot speak for the issuer", async () => {
  await using pair = await start();
  const { issuer, sts } = pair;
  // As a Host field says it: in memory, where no listener stands in between.
  const { init } = tokenRequest({ issuer: issuer.url, subject: "me", audience: DEMO_AUDIENCE });
  const issued = await sts.sts.fetch(new Request(`${issuer.url}/token`, init));
  const { token } = parseToken(issued.status, await issued.text());
  const asked = { stsUrl: issuer.url, roleArn: DEMO_ROLE_ARN, sessionName: "tests", token };
  const request = exchangeRequest(asked);
  const answer = await sts.sts.fetch(new Request(request.url, request.init));
  assertStringIncludes(await answer.text(), "<Code>InvalidIdentityToken</Code>");
  assertEquals(pair.fetches, 1);
});

Deno.test("remote issuer: one that nobody listens at any more cannot be asked", async () => {
  await using pair = await start();
  const { issuer, sts } = pair;
  const token = await issuer.token();
  await issuer.listening.close();
  assertEquals(await sts.refusal(token), DOWN);
});

type Answer = string | ((origin: string) => Response);

const NO_KEYS = '{"keys":[]}';
const GOOD = '{"issuer":"URL","jwks_uri":"URL/jwks"}';

const LIES: [name: string, discovery: Answer, keys: Answer][] = [
  ["HTML for a discovery document", "<html></html>", ""],
  ["a discovery document of another", '{"issuer":"http://a.test","jwks_uri":"URL/jwks"}', NO_KEYS],
  ["no address of keys", '{"issuer":"URL"}', ""],
  ["an address that is none", '{"issuer":"URL","jwks_uri":"jwks"}', ""],
  ["null", "null", ""],
  ["HTML for keys", GOOD, "<html></html>"],
  ["keys that are no list", GOOD, '{"keys":{}}'],
  ["keys that are none", GOOD, '{"keys":[1]}'],
  ["an endless document", GOOD, `{"keys":[],"a":"${"a".repeat(300_000)}"}`],
  ["a redirect", (origin) => Response.redirect(`${origin}/elsewhere`), NO_KEYS],
  ["an error", GOOD, () => new Response(NO_KEYS, { status: 500 })],
  ["no content", GOOD, () => new Response(null, { status: 204 })],
];

Deno.test("remote issuer: one without any key has none for a token", async () => {
  await using issuer = await listen({
    fetch(request) {
      const { pathname, origin } = new URL(request.url);
      return new Response((pathname === "/jwks" ? NO_KEYS : GOOD).replaceAll("URL", origin));
    },
  });
  await using sts = await TestingSts.start({ trusted: [issuer.url] });
  assertEquals(await sts.refusal(await sts.token({ issuer: issuer.url })), INVALID);
});

Deno.test("remote issuer: what is no set of keys is no answer of an issuer", async (test) => {
  for (const [name, discovery, keys] of LIES) {
    await test.step(name, async () => {
      await using liar = await listen({
        fetch(request) {
          const { pathname, origin } = new URL(request.url);
          const answer = pathname === "/jwks" ? keys : pathname === "/elsewhere" ? GOOD : discovery;
          if (typeof answer === "function") return answer(origin);
          return new Response(answer.replaceAll("URL", origin));
        },
      });
      await using sts = await TestingSts.start({ trusted: [liar.url] });
      assertEquals(await sts.refusal(await sts.token({ issuer: liar.url })), DOWN);
    });
  }
});

Deno.test("remote issuer: keys that cannot be used refuse the token, and not the server", async () => {
  const kid = "rs256-x";
  const jwk = { kty: "RSA", alg: "RS256", kid, use: "sig", n: "AQ", e: "AQAB" };
  await using liar = await listen({
    fetch(request) {
      const { pathname, origin } = new URL(request.url);
      return Response.json(
        pathname === "/jwks" ? { keys: [jwk] } : { issuer: origin, jwks_uri: `${origin}/jwks` },
      );
    },
  });
  await using sts = await TestingSts.start({ trusted: [liar.url] });
  assertEquals(await sts.refusal(await sts.token({ issuer: liar.url, keyId: kid })), INVALID);
});
