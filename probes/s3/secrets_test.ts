// Tests that nothing that must stay secret comes out of a client, whatever a store makes of what it was sent.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { realClock } from "../../lab/clock.ts";
import { messageOf } from "../../lab/errors.ts";
import type { Access } from "../../lab/scenario.ts";
import { abandonRead } from "./abandoned_read.ts";
import { ObjectContent } from "./content.ts";
import { sdkRead } from "./sdk_reader.ts";
import { withoutSecrets } from "./secrets.ts";
import { StoreClient } from "./store_client.ts";

const { signal } = new AbortController();
const content = new ObjectContent({ sizeBytes: 100 });

/** What may not be said: values of the access, and what was made of them. */
function secretsOf({ headers, store }: Access, requests: readonly Request[]): string[] {
  const made = requests.flatMap(({ headers, url }) => [
    ...(headers.get("authorization") ?? "").split("Signature=").slice(1),
    ...[...new URL(url).searchParams].flatMap(([name, value]) =>
      /^X-Amz-(Signature|Credential|Security-Token)$/.test(name) ? [value] : []
    ),
  ]);
  return [...Object.values(store?.credentials ?? {}), ...Object.values(headers), ...made];
}

/** All that an error says, to whoever looks at its causes too. */
function saidBy(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const more = error.cause === undefined ? "" : saidBy(error.cause);
  return `${messageOf(error)}\n${error.stack}\n${Object.values(error).join("\n")}\n${more}`;
}

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Answers that repeat a text, in each place of which something is said. */
const ECHOES: Record<string, (text: string) => Response> = {
  sentence: (text) => errorWith("Strange", `<Message>you sent ${escaped(text)}</Message>`),
  "long sentence": (text) =>
    errorWith("Strange", `<Message>${"x".repeat(190)} ${escaped(text)}</Message>`),
  code: (text) => errorWith(escaped(text), ""),
  region: (text) =>
    errorWith("AuthorizationHeaderMalformed", `<Region>${escaped(text)}</Region>`, 400),
  "region in a sentence": (text) =>
    errorWith("InvalidRegion", `<Message>bad region, expecting ${escaped(text)}</Message>`),
  endpoint: (text) => errorWith("PermanentRedirect", `<Endpoint>${escaped(text)}</Endpoint>`, 301),
  location: (text) =>
    new Response(null, {
      status: 307,
      headers: { location: `http://${encodeURIComponent(text)}.example/${encodeURI(text)}` },
    }),
  type: (text) => new Response("x", { status: 500, headers: { "content-type": `${text}/x` } }),
  "type of a page": (text) => new Response("x", { headers: { "content-type": `${text}/x` } }),
  page: (text) =>
    new Response(`<html>${text}</html>`, { headers: { "content-type": "text/html" } }),
  "region in a header": (text) =>
    new Response(null, { status: 400, headers: { "x-amz-bucket-region": text } }),
};

function errorWith(code: string, more: string, status = 403): Response {
  return new Response(`<Error><Code>${code}</Code>${more}</Error>`, {
    status,
    headers: { "content-type": "application/xml", "x-amz-request-id": "1" },
  });
}

const ACTS: Record<string, (client: StoreClient, access: Access) => Promise<unknown>> = {
  "list": (client) => client.list("b", ""),
  "create a bucket": (client) => client.createBucket("b"),
  "upload": (client) => client.upload("b", "k", content),
  "remove": (client) => client.remove("b", "k"),
  "read by a link": (client) =>
    client.call({ method: "GET", bucket: "b", key: "k", presign: true }),
  "abandon a read": async (client) => {
    using _read = await abandonRead(client, { bucket: "b", key: "k", contents: [content] });
    throw new Error("no object");
  },
  "read with the SDK": async (_client, access) => {
    const read = await sdkRead(access, { bucket: "b", key: "k", clock: realClock, signal });
    throw new Error(read.failure);
  },
};

const word = (minLength: number) =>
  fc.string({ unit: fc.constantFrom(..."abcXYZ019+/=&<%_-~"), minLength, maxLength: 40 });

Deno.test("no error holds a secret, whatever is repeated wherever", async () => {
  let answer = (_request: Request): Response => new Response();
  const requests: Request[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      requests.push(request);
      const response = answer(request);
      response.headers.set("connection", "close");
      return response;
    },
  );
  const url = new URL(`http://127.0.0.1:${server.addr.port}`);
  const form = fc.record({
    keys: fc.record({
      accessKeyId: word(12),
      secretAccessKey: word(16),
      sessionToken: word(16),
    }),
    header: word(12),
    echo: fc.constantFrom(...Object.keys(ECHOES)),
    act: fc.constantFrom(...Object.keys(ACTS)),
    which: fc.nat(6),
    encoded: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(form, async ({ keys, header, echo, act, which, encoded }) => {
      requests.length = 0;
      const access: Access = {
        ...{ url, headers: { "x-via": `Basic ${header}` }, insecure: false },
        store: { region: "auto", credentials: keys },
      };
      answer = (request) => {
        const secrets = [...secretsOf(access, [request]), header];
        const said = secrets[which % secrets.length] ?? header;
        return ECHOES[echo]?.(encoded ? encodeURIComponent(said) : said) ?? Response.error();
      };
      const client = StoreClient.for(access, { clock: realClock, signal });
      let said = "";
      try {
        await ACTS[act]?.(client, access);
      } catch (error) {
        said = saidBy(error);
      }
      for (const secret of [...secretsOf(access, requests), header]) {
        // Half of one is too much as well.
        for (const one of [secret, encodeURIComponent(secret), secret.slice(0, 12)]) {
          assertEquals(said.toLowerCase().includes(one.toLowerCase()), false, `${one} in ${said}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a link's signature is in no error of what is read by it", async () => {
  const answers = [
    "HTTP/1.1 200 OK\r\nContent-Length: 20000000\r\n\r\n",
    `HTTP/1.1 200 OK\r\nx: ${"x".repeat(100_000)}`,
    "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
  ];
  for (const answer of answers) {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = (async () => {
      using conn = await listener.accept();
      await conn.read(new Uint8Array(10_000));
      await conn.write(new TextEncoder().encode(answer));
      const big = new Uint8Array(1 << 20);
      while (await conn.write(big).catch(() => 0) > 0);
    })();
    const access: Access = {
      ...{ url: new URL(`http://127.0.0.1:${listener.addr.port}`), headers: {}, insecure: false },
      store: {
        region: "auto",
        credentials: {
          accessKeyId: "AKID-OF-A-TEST",
          secretAccessKey: "SECRET",
          sessionToken: "TOKEN",
        },
      },
    };
    const client = StoreClient.for(access, { clock: realClock, signal });
    const request = { method: "GET", bucket: "b", key: "k", presign: true };
    const said = await client.call(request).then(() => "", saidBy);
    assertEquals([/Cannot read 'k'/.test(said), /X-Amz|AKID|TOKEN/.exec(said)], [true, null], said);
    listener.close();
    await serving;
  }
});

Deno.test("what is hidden, and what is too short to be a secret", () => {
  const access = {
    headers: { authorization: "Basic dXNlcg==", "x-short": "1" },
    store: { region: "auto", credentials: { accessKeyId: "AKID", secretAccessKey: "a/b+c d" } },
  };
  const hidden = (text: string) => withoutSecrets(text, access);
  assertEquals(hidden("11 akid a/b+c d|a%2Fb%2Bc%20d|dXNlcg== basic"), "11 *** ***|***|*** ***");
  const nested = {
    headers: { "x-more": "<AKID>&more" },
    store: { region: "auto", credentials: { accessKeyId: "AKID", secretAccessKey: "AKID-more" } },
  };
  assertEquals(withoutSecrets("AKID-more &lt;AKID&gt;&amp;more", nested), "*** ***");
  assertEquals(hidden(`Signature=00ff, x`), "Signature=***, x");
  assertEquals(
    hidden("?X-Amz-Credential=me%2F1&X-Amz-Security-Token=a&b=1"),
    [
      "?X-Amz-Credential=***&X-Amz-Security-Token=***&b=1",
    ].join(""),
  );
  assertEquals(hidden(`x${"0f".repeat(32)}y`), "x***y");
  assertEquals(hidden("nothing of it"), "nothing of it");
});
