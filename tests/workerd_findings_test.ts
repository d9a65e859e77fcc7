// What docs/findings.md says of Durable Objects on workerd, seen again on the workerd that is here.

import { assert, assertEquals } from "@std/assert";
import { once } from "node:events";
import { findEngine } from "../engines/find.ts";
import { startEngine } from "../engines/start.ts";
import { workerd } from "../engines/workerd.ts";
import { realClock } from "../lab/clock.ts";
import { sideBySide } from "./side_by_side.ts";
import { CLOSE, closing, RawClient, TEXT } from "./ws_faults_socket.ts";

/** Objects that answer a message with how often they were constructed, and never a close. */
const WORKER = `
import { DurableObject } from "cloudflare:workers";
const constructions = {};
const broken = new Set();
export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.name = ctx.id.name;
    constructions[this.name] = (constructions[this.name] ?? 0) + 1;
    if (broken.has(this.name)) throw new Error("constructor");
  }
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/put") await this.ctx.storage.put("kept", 1);
    if (request.headers.get("upgrade") === null) {
      return Response.json(await this.ctx.storage.get("kept") ?? null);
    }
    const { 0: client, 1: server } = new WebSocketPair();
    if (pathname !== "/nobody") this.ctx.acceptWebSocket(server);
    return new Response(null, { status: 101, webSocket: client });
  }
  webSocketMessage(ws, data) {
    if (data === "throw") throw new Error("handler");
    ws.send(String(constructions[this.name]));
  }
  webSocketClose() {}
}
export default {
  fetch(request, { ROOM }) {
    const [, name, does] = new URL(request.url).pathname.split("/");
    if (does === "break") broken.add(name);
    if (does === "mend") broken.delete(name);
    if (does === "break" || does === "mend") return new Response();
    if (does === "constructions") return Response.json(constructions[name] ?? 0);
    return ROOM.getByName(name).fetch(new Request("http://object/" + does, request));
  },
};
`;

function configuration(port: number, storage: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "rooms", worker = .rooms),
    (name = "objects", disk = (path = "objects", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "rooms")],
);
const rooms :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-17",
  bindings = [(name = "ROOM", durableObjectNamespace = "Room")],
  durableObjectNamespaces = [(className = "Room", uniqueKey = "Room", enableSql = true)],
  durableObjectStorage = ${storage},
);
`;
}

const found = await findEngine(workerd);

async function start(
  scope: AsyncDisposableStack,
  storage = `(localDisk = "objects")`,
): Promise<URL> {
  assert(found);
  const { url } = await startEngine(workerd, found, {
    launch: ({ port, folder }) => ({
      args: ["serve", "config.capnp"],
      folders: ["objects"],
      files: { "config.capnp": configuration(port, storage), "worker.js": WORKER },
      env: { TMPDIR: folder },
    }),
    clock: realClock,
    scope,
    signal: new AbortController().signal,
  });
  return url;
}

async function ask(url: URL, path: string): Promise<unknown> {
  const response = await fetch(new URL(path, url));
  const text = await response.text();
  assertEquals(response.status, 200, text);
  return text === "" ? undefined : JSON.parse(text);
}

async function answerOf(client: RawClient): Promise<string> {
  const came = await client.next();
  assert(came.kind === "frame" && came.opcode === TEXT, JSON.stringify(came));
  return new TextDecoder().decode(came.payload);
}

/** Resolves once the server has ended the connection. */
async function end(client: RawClient): Promise<void> {
  // Kept reading by its own listener; a connection that was never ended fails by the test's limit.
  if (!client.socket.readableEnded) await once(client.socket, "end");
}

/** Waits until a message would have to construct the object anew: 10 s without an event. */
const asleep = () => realClock.sleep(11_000);

async function holdsWhatIsTold(): Promise<void> {
  await using scope = new AsyncDisposableStack();
  const url = await start(scope);
  const inMemory = await start(scope, "(inMemory = void)");
  const port = Number(url.port);
  const open = async (name: string, does = "socket") => {
    const client = scope.use(await RawClient.dial(port, `/${name}/${does}`));
    assert(client.head.startsWith("HTTP/1.1 101 "), client.head);
    return client;
  };

  // A handler that throws: nobody is told, and the next message is answered by the same instance.
  const thrower = await open("thrower");
  thrower.frame(TEXT, "throw");
  thrower.frame(TEXT, "count");
  assertEquals(await answerOf(thrower), "1");

  const unanswered = await open("unanswered");
  const sleeper = await open("sleeper");
  const storing = await open("storing");
  const nowhere = await open("nowhere", "nobody");
  nowhere.frame(TEXT, "count");
  assertEquals(await ask(url, "/storing/put"), 1);
  assertEquals(await ask(inMemory, "/storing/put"), 1);
  assertEquals(await ask(inMemory, "/storing/get"), 1);
  const begunMs = realClock.now();
  unanswered.frame(CLOSE, closing(1000, "bye"));
  const closed = end(unanswered).then(() => realClock.now() - begunMs);
  await asleep();

  // A close that the class does not answer: the connection is there until the object is evicted.
  const openMs = await closed;
  assert(openMs > 5_000, `it was ended after ${openMs} ms`);

  // A constructor that throws when a message wakes the object: its sockets are dropped.
  await ask(url, "/sleeper/break");
  sleeper.frame(TEXT, "count");
  const dropped = await sleeper.next();
  assertEquals(dropped.kind, "end");
  await ask(url, "/sleeper/mend");

  // An end that the object never took: a handshake that succeeds, and then nothing.
  assertEquals([nowhere.socket.readableEnded, nowhere.socket.bytesRead], [
    false,
    nowhere.head.length,
  ]);

  // What was stored is there after an eviction on disk, and gone in memory.
  storing.frame(TEXT, "count");
  assertEquals(await answerOf(storing), "2");
  assertEquals(await ask(url, "/storing/get"), 1);
  assertEquals(await ask(inMemory, "/storing/get"), null);
  assertEquals(await ask(inMemory, "/storing/constructions"), 2);
}

async function endsUnlessASocketIsOpen(): Promise<void> {
  const folder = await Deno.makeTempDir();
  const port = freePort();
  await Deno.mkdir(`${folder}/objects`);
  await Deno.writeTextFile(`${folder}/worker.js`, WORKER);
  await Deno.writeTextFile(
    `${folder}/config.capnp`,
    configuration(port, `(localDisk = "objects")`),
  );
  try {
    for (const withSocket of [false, true]) {
      await using child = new Deno.Command(await program(), {
        args: ["serve", "config.capnp"],
        cwd: folder,
        env: { TMPDIR: folder },
        stdout: "null",
        stderr: "null",
      }).spawn();
      await listening(port);
      assertEquals(await ask(new URL(`http://127.0.0.1:${port}`), "/a/get"), null);
      if (withSocket) {
        using client = await RawClient.dial(port, "/a/socket");
        child.kill("SIGTERM");
        child.kill("SIGTERM");
        // An idle one is gone after a few milliseconds.
        await realClock.sleep(2_000);
        client.frame(TEXT, "count");
        assertEquals(await answerOf(client), "1");
        child.kill("SIGKILL");
      } else child.kill("SIGTERM");
      await child.status;
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: found
    ? "what is told of workerd is so"
    : "NOT TESTED, workerd is not installed: what is told of workerd",
  ignore: found === undefined,
  fn: (t) =>
    sideBySide(t, 2, [
      { name: "what is told of Durable Objects", fn: holdsWhatIsTold },
      {
        name: "it ends when it is told to, and with an open WebSocket it does not",
        fn: endsUnlessASocketIsOpen,
      },
    ]),
});

/** The runtime itself: what starts it here ends it in another way. */
async function program(): Promise<string> {
  assert(found);
  const folder = (await Deno.realPath(found.program)).replace(/\/[^/]*$/, "");
  for await (const { name } of Deno.readDir(`${folder}/node_modules/@cloudflare`)) {
    return `${folder}/node_modules/@cloudflare/${name}/bin/workerd`;
  }
  throw new Error(`There is no workerd in ${folder}`);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function listening(port: number): Promise<void> {
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await realClock.sleep(20);
    }
  }
}
