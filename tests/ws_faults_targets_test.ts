// What cannot be talked to, as the users of `ws` and of `probe ws-hibernation` are told of it.

import { assertEquals, assertMatch } from "@std/assert";
import { echoObject, startWebSocketServer } from "../probes/testing_web_socket.ts";
import { run } from "./cli_process.ts";
import { startHandler, startRaw } from "./targets.ts";
import { answered, startEcho, witness } from "./ws_faults_host.ts";

const permissions = [
  "--allow-net=127.0.0.1",
  "--allow-read",
  "--allow-env=WS_NO_BUFFER_UTIL,WS_NO_UTF_8_VALIDATE",
];
const [cert, key] = await Promise.all(
  ["certificate", "key"].map((name) =>
    Deno.readTextFile(new URL(`../probes/testdata/${name}.pem`, import.meta.url))
  ),
);

/** The URL of the WebSocket below a server's, with that scheme. */
const socketOf = (url: string | URL, scheme = "ws") =>
  new URL("/websocket", url).href.replace(/^https?/, scheme);

/** Connects both commands to a URL: each ends with 3 and says why in a line. */
async function told(url: string, why: RegExp): Promise<void> {
  const [ws, probe] = await Promise.all([
    run(["ws", url], { permissions, stdin: "ping\n" }),
    run(["probe", "ws-hibernation", "--target", url, "--format=ndjson"]),
  ]);
  assertEquals([ws.code, ws.stdout], [3, ""], ws.stderr);
  assertMatch(ws.stderr, /^error: Cannot [^\n]*127\.0\.0\.1[^\n]*\n$/);
  assertMatch(ws.stderr, why);
  assertEquals([probe.code, probe.stderr], [3, ""], probe.stdout);
  const runs = probe.stdout.trim().split("\n").flatMap((line) => JSON.parse(line).run ?? []);
  assertEquals(runs.map(({ verdict }) => verdict), ["inconclusive"], probe.stdout);
  assertMatch(runs[0].reason, why);
}

Deno.test("a handshake that is refused: the status, and what to do", async (t) => {
  const refusals = [
    [401, {}, /the handshake was refused with 401: credentials go into --header/],
    [403, {}, /the handshake was refused with 403: credentials go into --header/],
    [404, {}, /the handshake was refused with 404: is there a WebSocket at this path\?/],
    [503, {}, /the handshake was refused with 503/],
    [302, { location: "/other" }, /refused with 302, which sends to \/other/],
  ] as const;
  for (const [status, headers, why] of refusals) {
    await t.step(String(status), async () => {
      await using server = await startHandler(() => new Response(null, { status, headers }));
      await told(socketOf(server.url), why);
    });
  }
  await t.step("by the echo server, whose client goes on", async () => {
    await using server = await startEcho();
    await using other = await witness(server.url);
    await using client = await startHandler((request) => {
      const { pathname } = new URL(request.url);
      return fetch(`${server.url}/nothing${pathname}`, { headers: request.headers });
    });
    await told(socketOf(client.url), /refused with 404: is there a WebSocket/);
    await answered(other);
  });
});

Deno.test("a URL that is no WebSocket: what answers there, or that nobody does", async (t) => {
  const saying = (text: string) => async (connection: Deno.TcpConn) => {
    await connection.write(new TextEncoder().encode(text));
  };
  await t.step("a page", async () => {
    await using page = await startHandler(() => new Response("<html>hello</html>"));
    await told(socketOf(page.url), /the answer was 200, expected 101: there is no WebSocket/);
  });
  await t.step("no HTTP", async () => {
    await using ssh = startRaw(saying("SSH-2.0-OpenSSH_9.2\r\n"));
    await told(socketOf(ssh.url), /the answer is not HTTP; does it want wss\?/);
  });
  await t.step("one that hangs up at once", async () => {
    await using mute = startRaw((connection) => Promise.resolve(connection.close()));
    await told(socketOf(mute.url), /the server closed the connection without an answer/);
  });
  await t.step("one that says that it is one, and is not", async () => {
    const head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n" +
      "Connection: Upgrade\r\nSec-WebSocket-Accept: bm8=\r\n\r\n";
    await using liar = startRaw(saying(head));
    await told(socketOf(liar.url), /Sec-WebSocket-Accept does not go with our key/);
  });
  await t.step("nobody", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    await told(`ws://127.0.0.1:${port}/websocket`, /the connection was refused, expected a server/);
  });
});

Deno.test("TLS that fails: which side lacks it, or why its certificate is not trusted", async (t) => {
  await t.step("a certificate that nobody vouches for", async () => {
    await using server = startWebSocketServer({
      ...echoObject,
      tls: { cert: cert ?? "", key: key ?? "" },
    });
    const url = socketOf(server.url, "wss");
    await told(url, /self-signed certificate; --insecure accepts any certificate/);
    const { code, stdout } = await run(["ws", url, "--insecure"], { permissions, stdin: "ping\n" });
    assertEquals(code, 0);
    assertMatch(stdout, /1 request sent, 1 answered, 0 lost\n$/);
  });
  await t.step("a server that wants TLS, by ws://", async () => {
    await using server = startWebSocketServer({
      ...echoObject,
      tls: { cert: cert ?? "", key: key ?? "" },
    });
    await told(socketOf(server.url), /the answer is not HTTP; does it want wss\?/);
  });
  await t.step("a server without TLS, by wss://", async () => {
    await using server = await startEcho();
    await using other = await witness(server.url);
    await told(socketOf(server.url, "wss"), /the answer is not TLS, .*want http: or ws:\?/);
    await answered(other);
  });
});
