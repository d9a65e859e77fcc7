// The echo object under a client that nobody here wrote: Python's `websockets`.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { listen } from "../servers/listen.ts";
import { createWsEcho } from "../servers/ws_echo/ws_echo.ts";

/** How long an object is idle before it is evicted, in milliseconds. */
const HIBERNATE_AFTER_MS = 200;
/** How long the client is silent, in seconds: well past the eviction. */
const IDLE_S = 1;

/** A Python that has the package: the one that `.ci/run` made, or the system's. */
async function pythonWithWebsockets(): Promise<string | undefined> {
  const cache = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME")}/.cache`;
  for (const program of [`${cache}/edge-repro/websockets/bin/python`, "python3"]) {
    try {
      const { success } = await new Deno.Command(program, {
        args: ["-c", "import websockets"],
        stdout: "null",
        stderr: "null",
      }).output();
      if (success) return program;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

/** A line of the client's. */
interface Exchange {
  phase: string;
  sent: string | null;
  came: string | null;
  id?: number;
  content?: string;
  instance?: string;
}

const python = await pythonWithWebsockets();

/** Runs the client against a server of that variant. */
async function runClient(variant: "bug" | "fix", path: string, patienceS: number) {
  const server = await createWsEcho({ variant, hibernateAfterMs: HIBERNATE_AFTER_MS });
  await using _server = { [Symbol.asyncDispose]: () => server.close() };
  await using listening = await listen(server);
  const script = new URL("clients/websockets_client.py", import.meta.url).pathname;
  const url = `${listening.url.replace("http", "ws")}${path}`;
  const { success, stdout, stderr } = await new Deno.Command(python ?? "", {
    args: [script, url, `${IDLE_S}`, `${patienceS}`],
  }).output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  assert(success, text(stderr));
  const exchanges: Exchange[] = text(stdout).trim().split("\n").map((line) => JSON.parse(line));
  const [object] = server.stats().objects;
  assert(object);
  return { exchanges, object };
}

function clientTest(name: string, fn: () => Promise<void>): void {
  const here = python !== undefined;
  if (!here) {
    console.warn(`NOT TESTED: ${name} (pip install websockets), tests/ws_client_python_test.ts`);
  }
  Deno.test({ name: here ? name : `NOT TESTED, it is not installed: ${name}`, ignore: !here, fn });
}

const ANSWERS = [["ping", "pong", 1], ["heartbeat", "heartbeat_ack", 2], ["message", "echo", 3]];

const answersIn = (exchanges: Exchange[], phase: string) =>
  exchanges.filter((one) => one.phase === phase).map(({ sent, came, id }) => [sent, came, id]);

clientTest("Python's websockets is answered before and after the object was evicted", async () => {
  const { exchanges, object } = await runClient("fix", "/websocket?object=py", 10);
  assertEquals(exchanges[0]?.came, "welcome");
  assertEquals(answersIn(exchanges, "awake"), ANSWERS);
  assertEquals(answersIn(exchanges, "after idle"), ANSWERS);
  assertEquals(exchanges.at(-1) as unknown, { phase: "closed", code: 1000 });
  const instance = (phase: string) => exchanges.find((one) => one.phase === phase)?.instance;
  assertEquals(instance("awake"), exchanges[0]?.instance);
  assertNotEquals(instance("after idle"), instance("awake"));
  assertEquals([object.received, object.reconstructions], [6, 1]);
});

clientTest(
  "Python's websockets hears only the welcome of the variant bug, which hears it",
  async () => {
    const { exchanges, object } = await runClient("bug", "/websocket?object=py", 0.3);
    assertEquals(exchanges[0]?.came, "welcome");
    const answers = exchanges.filter(({ phase }) => phase === "awake" || phase === "after idle");
    assertEquals(answers.map(({ came }) => came), Array(6).fill(null));
    assertEquals(exchanges.at(-1) as unknown, { phase: "closed", code: 1000 });
    assertEquals([object.received, object.closes], [6, 1]);
  },
);

clientTest(
  "Python's websockets is answered by the plain version in the variant bug too",
  async () => {
    const { exchanges, object } = await runClient("bug", "/websocket/plain?object=py", 10);
    assertEquals(answersIn(exchanges, "awake"), ANSWERS);
    assertEquals(answersIn(exchanges, "after idle"), ANSWERS);
    assertEquals(new Set(exchanges.slice(0, -1).map(({ instance }) => instance)).size, 1);
    assertEquals([object.className, object.evictions], ["PlainEchoObject", 0]);
  },
);
