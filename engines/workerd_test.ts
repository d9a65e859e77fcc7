// workerd as it is installed: it runs the echo object as told, and ends though sockets are open.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import type { WebSocketServerSettings } from "../lab/role.ts";
import type { Place } from "./engine.ts";
import { exists, inTime, isRunning } from "./testing_engine.ts";
import { assertNothingLeft, type Started, startNoted, testEach } from "./testing_installed.ts";
import { workerd } from "./workerd.ts";

const SETTINGS: WebSocketServerSettings = {
  heartbeatTimeoutMs: 54_321,
  cleanupIntervalMs: 12_345,
  hibernateAfterMs: 30_000,
};
/** Sooner than the guard, which waits 5 s for a program that does not end and then kills it. */
const ENDS_WITHIN_MS = 4_000;

/** A message of the echo object. */
type Message = Record<string, unknown>;

/** A connection to the echo object. */
class Client {
  readonly #ws: WebSocket;
  readonly #waiting: ((message: Message) => void)[] = [];
  readonly #come: Message[] = [];
  readonly closed: Promise<void>;

  constructor(url: URL, path: string) {
    const { href } = Object.assign(new URL(path, url), { protocol: "ws:" });
    this.#ws = new WebSocket(href);
    this.#ws.onmessage = ({ data }) => {
      const message: Message = JSON.parse(data);
      const first = this.#waiting.shift();
      if (first === undefined) this.#come.push(message);
      else first(message);
    };
    this.closed = new Promise((resolve) => this.#ws.onclose = () => resolve());
  }

  /** The next message. */
  next(): Promise<Message> {
    const come = this.#come.shift();
    return inTime(
      come ? Promise.resolve(come) : new Promise((resolve) => this.#waiting.push(resolve)),
    );
  }

  ask(message: Message): Promise<Message> {
    this.#ws.send(JSON.stringify(message));
    return this.next();
  }

  async close(): Promise<void> {
    this.#ws.close(1000);
    await inTime(this.closed);
  }
}

const CONFIGURED = "speaks the echo object's messages as it is told, in both versions";

await testEach(CONFIGURED, "websocket-server", async ({ engine, found }) => {
  const play = engine.plays["websocket-server"];
  assert(play);
  const started: Started[] = [];
  const scope = new AsyncDisposableStack();
  try {
    const launch = (place: Place) => play.launch(SETTINGS, place);
    const { url } = await startNoted({ engine, found }, launch, scope, started);
    for (const [path, accepted] of [["/websocket", "hibernation"], ["/websocket/plain", "plain"]]) {
      assert(path);
      const client = new Client(url, `${path}?metadata=of-a-test`);
      const { type, connection, ...welcome } = await client.next();
      assertEquals(type, "welcome");
      assertEquals((connection as Message).metadata, "of-a-test");
      assertEquals(welcome.accepted, accepted);
      assertEquals(welcome.heartbeatTimeoutMs, SETTINGS.heartbeatTimeoutMs);
      assertEquals(welcome.cleanupIntervalMs, SETTINGS.cleanupIntervalMs);
      const echo = await client.ask({ type: "message", content: "hello", id: 7 });
      assertEquals([echo.type, echo.content, echo.id], ["echo", "hello", 7]);
      assertEquals(echo.instance, welcome.instance);
      await client.close();
    }
    assert(play.statsPath);
    const figures = await (await fetch(new URL(play.statsPath, url))).json();
    assertEquals(figures.schema, "edge-repro/stats@1");
    const { className, received, answered, closes } = figures.objects[0];
    assertEquals([className, received, answered, closes], ["EchoObject", 1, 1, 1]);
    const { place } = started.at(-1) ?? {};
    assert(place && await isRunning(place.folder));
    // What the objects stored is below the folder, and goes with it.
    assert(await exists(`${place.folder}/objects/EchoObject`));
  } finally {
    await scope.disposeAsync();
  }
  for (const one of started) await assertNothingLeft(one);
});

const ENDED = "ends at once though clients are connected";

await testEach(ENDED, "websocket-server", async ({ engine, found }) => {
  const play = engine.plays["websocket-server"];
  assert(play);
  const started: Started[] = [];
  const scope = new AsyncDisposableStack();
  const clients: Client[] = [];
  try {
    const launch = (place: Place) => play.launch(SETTINGS, place);
    const { url } = await startNoted({ engine, found }, launch, scope, started);
    clients.push(new Client(url, "/websocket"), new Client(url, "/websocket/plain"));
    for (const client of clients) await client.next();
  } finally {
    const before = realClock.now();
    await scope.disposeAsync();
    const took = realClock.now() - before;
    assert(took < ENDS_WITHIN_MS, `${took} ms`);
  }
  for (const { closed } of clients) await inTime(closed);
  for (const one of started) await assertNothingLeft(one);
});

Deno.test("workerd's configuration has the Worker as it is deployed, and nothing of the machine", async () => {
  const play = workerd.plays["websocket-server"];
  assert(play);
  const place: Place = { program: "x", folder: "/tmp/run", port: 6148, asRoot: false };
  const { files = {}, args, folders } = play.launch(SETTINGS, place);
  assertEquals(play.launch(SETTINGS, { ...place, asRoot: true }).files, files);
  const source = new URL("../servers/ws_echo/worker/echo.ts", import.meta.url);
  assertEquals(files["echo.ts"], await Deno.readTextFile(source));
  const config = files["config.capnp"] ?? "";
  assertStringIncludes(config, 'address = "127.0.0.1:6148"');
  assertStringIncludes(config, `"HEARTBEAT_TIMEOUT_MS", text = "${SETTINGS.heartbeatTimeoutMs}"`);
  assertStringIncludes(config, `"CLEANUP_INTERVAL_MS", text = "${SETTINGS.cleanupIntervalMs}"`);
  // A folder of the machine would make it another configuration at each start.
  assert(!config.includes(place.folder), config);
  for (const folder of folders ?? []) assertStringIncludes(config, `path = "${folder}"`);
  assertEquals(args.at(-1), "config.capnp");
});

Deno.test("workerd runs the Worker as it would be deployed: date, classes, bindings", async () => {
  const play = workerd.plays["websocket-server"];
  assert(play);
  const place: Place = { program: "x", folder: "/tmp/run", port: 6148, asRoot: false };
  const config = play.launch(SETTINGS, place).files?.["config.capnp"] ?? "";
  const source = new URL("../servers/ws_echo/worker/wrangler.jsonc", import.meta.url);
  const wrangler = await Deno.readTextFile(source);
  const [, date] = /"compatibility_date": "(.+?)"/.exec(wrangler) ?? [];
  assertStringIncludes(config, `compatibilityDate = "${date}"`);
  const bindings = [...wrangler.matchAll(/"name": "(\w+)", "class_name": "(\w+)"/g)];
  assertEquals(bindings.length, 2);
  for (const [, name, className] of bindings) {
    assertStringIncludes(config, `(name = "${name}", durableObjectNamespace = "${className}")`);
    assertStringIncludes(config, `(className = "${className}", uniqueKey`);
  }
  const [, vars = ""] = /"vars": \{(.+?)\}/s.exec(wrangler) ?? [];
  const variables = [...vars.matchAll(/"(\w+)":/g)].map(([, name]) => name);
  assertEquals(variables.length, 2);
  for (const name of variables) assertStringIncludes(config, `(name = "${name}", text = `);
});

Deno.test("workerd is broken by what it says of itself, not by what a client did", () => {
  const { broken } = workerd;
  for (
    const line of [
      "*** Fatal uncaught kj::Exception: kj/filesystem-disk-unix.c++:1734: failed: no such file",
      "service echo: Uncaught SyntaxError: Unexpected token '{'",
      'Socket "http": bind(): Address already in use (os error 98)',
    ]
  ) assertMatch(line, broken);
  for (
    const line of [
      "workerd/server/server/listen/mod.rs:372: error: Uncaught exception: kj/compat/http.c++:6176: " +
      "failed: remote.jsg.Error: WebSocket protocol error; protocolError.statusCode = 1002",
      "Message received ping",
    ]
  ) assertEquals(broken.test(line), false, line);
});
