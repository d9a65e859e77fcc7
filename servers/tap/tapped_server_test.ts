// A server behind its tap: what its log tells, its other entrances, its end, and ports that are taken.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { backendLogSchema } from "../../lab/backend_log.ts";
import { STATS_SCHEMA } from "../../lab/figures.ts";
import { listen, ListenError } from "../listen.ts";
import type { ConnectionInfo, Server } from "../server.ts";
import { sendRaw } from "../testing_client.ts";
import { BACKEND_LOG_ENTRANCE, tappedServer } from "./tapped_server.ts";

/** A server that answers with what came, and tells whether it was closed. */
class Echo implements Server {
  closed = 0;
  from: string | undefined;
  readonly entrances = [{ name: "other", fetch: () => new Response("other") }];

  async fetch(request: Request, info?: ConnectionInfo): Promise<Response> {
    // Once a request is over its listener does not know any more.
    this.from = info?.remoteAddr?.hostname;
    return new Response(await request.text());
  }

  stats() {
    return { schema: STATS_SCHEMA, waiting: 0, locks: 0, upstreams: 0, mine: 7 } as const;
  }

  close(): Promise<void> {
    this.closed++;
    return Promise.resolve();
  }
}

/** A tapped server that is listened on, and its log, too. */
async function start() {
  const scope = new AsyncDisposableStack();
  const echo = new Echo();
  const server = tappedServer(echo);
  const at = scope.use(await listen(server));
  const log = scope.use(await listen(server.log));
  const read = async () => backendLogSchema.parse(await (await fetch(log.url)).json());
  const stop = async (stalled: boolean) => {
    await (await fetch(`${log.url}/?stalled=${stalled}`, { method: "PUT" })).body?.cancel();
  };
  const put = async (path: string, body: string) =>
    await (await fetch(at.url + path, { method: "PUT", body })).text();
  return { echo, server, at, read, stop, put, [Symbol.asyncDispose]: () => scope.disposeAsync() };
}

Deno.test("tapped server: answers as the one behind it, and its log tells how each request came", async () => {
  await using tapped = await start();
  assertEquals(await tapped.put("/a", "hello"), "hello");
  // What a listener hands on has lost this: the field's case, and that two fields are there.
  using raw = await sendRaw(tapped.at.port, "POST /b HTTP/1.1\r\nTRANSFER-encoding: chunked");
  raw.socket.write("3\r\nabc\r\n0\r\n\r\n");
  assertMatch(await raw.received("abc"), /^HTTP\/1\.1 200/);
  const { requests, stalled } = await tapped.read();
  assertEquals(
    requests.map(({ method, path, framing, contentLength, bodyBytes, ended }) =>
      [method, path, framing, contentLength, bodyBytes, ended].join(" ")
    ),
    ["PUT /a content-length 5 5 complete", "POST /b chunked  3 complete"],
  );
  assertEquals(requests[0]?.sha256?.slice(0, 8), "2cf24dba");
  assertEquals(stalled, false);
  assertEquals(tapped.server.stats(), tapped.echo.stats());
  assertEquals(tapped.echo.from, "127.0.0.1");
});

Deno.test("tapped server: its log is its last entrance, and the others are not tapped", async () => {
  await using tapped = await start();
  const names = tapped.server.entrances?.map(({ name }) => name);
  assertEquals(names, ["other", BACKEND_LOG_ENTRANCE]);
  const [other, log] = tapped.server.entrances ?? [];
  assert(other && log);
  await using elsewhere = await listen(other);
  assertEquals(await (await fetch(elsewhere.url)).text(), "other");
  const answer = await log.fetch(new Request("http://log.test/"));
  assertEquals((await answer.json()).requests, []);
});

Deno.test("tapped server: it can be stopped by its log, which goes on; closing ends the stop", async () => {
  await using tapped = await start();
  await tapped.stop(true);
  const waiting = tapped.server.fetch(new Request("http://echo.test/a"));
  assertEquals((await tapped.read()).stalled, true);
  await tapped.server.close();
  const answer = await waiting;
  assertEquals([answer.status, tapped.echo.closed, tapped.echo.from], [503, 1, undefined]);
});

Deno.test("tapped server: a client that leaves is told to the server, through the tap", async () => {
  const left = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const echo = new Echo();
  echo.fetch = (request) => {
    request.signal.addEventListener("abort", () => left.resolve());
    arrived.resolve();
    return new Promise(() => {});
  };
  await using at = await listen(tappedServer(echo));
  using raw = await sendRaw(at.port, "GET / HTTP/1.1");
  await arrived.promise;
  raw.socket.end();
  await left.promise;
});

Deno.test("tapped server: a port that is taken is a ListenError, and nothing is left open", async () => {
  const server = tappedServer(new Echo());
  await using first = await listen(server);
  const error = await assertRejects(() => listen(server, { port: first.port }), ListenError);
  assertMatch(error.message, /^Cannot listen on 127\.0\.0\.1:\d+: the port is in use/);
  assertEquals(await (await fetch(first.url, { method: "PUT", body: "a" })).text(), "a");
  const control = { connectionControl: true };
  await assertRejects(() => listen(server, control), TypeError, "front");
});

Deno.test("tapped server: once closed its connections are over, and its port is free again", async () => {
  const server = tappedServer(new Echo());
  const first = await listen(server);
  using raw = await sendRaw(first.port, "GET / HTTP/1.1");
  await raw.received("\r\n\r\n");
  await first.close();
  await raw.ended;
  await using second = await listen(server, { port: first.port });
  assertEquals(second.port, first.port);
  assertEquals(await (await fetch(second.url, { method: "PUT", body: "b" })).text(), "b");
});

Deno.test("tapped server: a permission that is missing is a ListenError", async () => {
  const script = `
    import { listen } from ${JSON.stringify(import.meta.resolve("../listen.ts"))};
    import { tappedServer } from ${JSON.stringify(import.meta.resolve("./tapped_server.ts"))};
    const server = tappedServer({ fetch: () => new Response("ok") });
    await listen(server, { hostname: "::1", port: 8000 })
      .catch((error) => console.log(error.name, error.message));
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--ext=js", "--allow-net=127.0.0.1", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    env: { NO_COLOR: "1" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout } = await child.output();
  assertMatch(
    new TextDecoder().decode(stdout),
    /^ListenError Cannot listen on \[::1\]:8000: Requires net access to "\[::1\]:8000"/,
  );
});
