// Tests what is said of stores that refuse, of what is no store, and of what is not there.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { InconclusiveError } from "../../lab/errors.ts";
import { startPeer } from "../testing_peer.ts";
import { StoreClient } from "./store_client.ts";
import { AMZ, clientFor, FAKES, SECRET, xml } from "./testing_refusals.ts";

const { signal } = new AbortController();

for (const [what, { answer: [status, headers, text], act, key, says }] of Object.entries(FAKES)) {
  Deno.test(`said in one line: ${what}`, async () => {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) =>
        new Response(request.method === "HEAD" ? null : text, {
          status,
          headers: { ...headers, connection: "close" },
        }),
    );
    const url = new URL(`http://127.0.0.1:${server.addr.port}`);
    const error = await assertRejects(() => act(clientFor(url, key)), InconclusiveError);
    assertEquals(error.message, `Cannot ${says.replace(":", ` at ${url.origin}:`)}`);
    assertEquals(error.message.includes(SECRET), false);
  });
}

Deno.test("a clock that is wrong is said with how much it is wrong", async () => {
  const words: Record<string, [status: number, text: string]> = {
    RequestTimeTooSkewed: [403, xml("RequestTimeTooSkewed")],
    RequestExpired: [400, xml("RequestExpired")],
    // What MinIO and others say of a presigned URL, and of anything asked for with HEAD.
    AccessDenied: [403, xml("AccessDenied", "Request has expired")],
    403: [403, ""],
  };
  for (const [code, [status, text]] of Object.entries(words)) {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () =>
        new Response(text, {
          status,
          headers: { ...AMZ, date: new Date(1_000_000).toUTCString(), connection: "close" },
        }),
    );
    const url = new URL(`http://127.0.0.1:${server.addr.port}`);
    const at = async (now: number) => {
      const client = StoreClient.for(clientFor(url).access, {
        ...{ clock: realClock, signal, signingClock: { now: () => now } },
      });
      return (await assertRejects(() => client.list("b", ""), InconclusiveError)).message;
    };
    for (const [now, words] of [[3_000_000, "2000 s ahead of"], [0, "1000 s behind"]] as const) {
      const why = `this machine's clock is ${words} the store's: set it right`;
      assertEquals(await at(now), `Cannot list bucket 'b' at ${url.origin}: ${why} (${code})`);
    }
    // AWS allows 15 minutes; a denial is then for another reason.
    assertEquals([code, /clock/.test(await at(1_900_000))], [code, /^Request/.test(code)]);
  }
});

Deno.test("what is not there, is not HTTP, is cut or says nothing is said as such", async () => {
  const message = async (act: () => Promise<unknown>) =>
    (await assertRejects(act, InconclusiveError)).message;
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = new URL(`http://127.0.0.1:${closed.addr.port}`);
  closed.close();
  assertEquals(
    await message(() => clientFor(url).list("b", "")),
    `Cannot connect to ${url.host}: the connection was refused, expected a server listening ` +
      "there; start it, or check --target",
  );
  const { access } = clientFor(url);
  const store = { region: "auto", publicUrl: url };
  const elsewhere = StoreClient.for({ ...access, store }, { clock: realClock, signal });
  for (
    const [where, flag] of [
      [{ publicly: true }, "--public-url"],
      [{ endpoint: url }, "--other-region-url"],
    ] as const
  ) {
    const request = { method: "GET", bucket: "b", key: "k", ...where };
    assertMatch(await message(() => elsewhere.call(request)), new RegExp(`check ${flag}$`));
  }
  await using ssh = await startPeer({ answer: "SSH-2.0-OpenSSH_9.2\r\n" });
  const begin = (peer: { url: URL }) => `Cannot list bucket 'b' at ${peer.url.origin}:`;
  assertEquals(
    await message(() => clientFor(ssh.url).list("b", "")),
    `${begin(ssh)} it answers, but not with HTTP: expected the endpoint of an S3 API`,
  );
  await using half = await startPeer({ answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc" });
  for (const how of ["end", "resetAndDestroy"] as const) {
    const cut = message(() => clientFor(half.url).list("b", ""));
    const connection = await half.next();
    await connection.received("\r\n\r\n");
    connection.socket[how]();
    assertEquals(
      await cut,
      `${begin(half)} the connection was cut before the answer was complete`,
    );
  }
  await using silent = await startPeer();
  const request = { method: "GET", bucket: "b" };
  assertEquals(
    await message(() => clientFor(silent.url).call(request, { limitMs: 50 })),
    `${begin(silent)} no progress for 0.05 s`,
  );
});

Deno.test("an Authorization header of the user's is refused beside a key", () => {
  const url = new URL("http://127.0.0.1:1");
  const access = { ...clientFor(url).access, headers: { authorization: "Basic x" } };
  let message = "";
  try {
    StoreClient.for(access, { clock: realClock, signal });
  } catch (error) {
    message = (error as Error).message;
  }
  assertEquals(
    message,
    "--header: received 'authorization', expected none beside a key: it signs every request",
  );
});
