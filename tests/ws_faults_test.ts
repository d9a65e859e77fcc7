// The echo server under bad input and broken clients: each is told, and nobody else notices.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { answered, startEcho, witness } from "./ws_faults_host.ts";
import { BINARY, CLOSE, closing, PING, RawClient, TEXT } from "./ws_faults_socket.ts";

/** The two ways in which the object accepts: path and class. */
const WAYS = [["/websocket", "EchoObject"], ["/websocket/plain", "PlainEchoObject"]] as const;

const LIMIT = 32 * 1024 * 1024;
const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
/** Can be parsed, and overflows the stack of what writes it. */
const DEEP = nested(100_000);
const TOO_DEEP = /^Cannot read the message: it is nested over 200 levels deep, expected less$/;

/** What a message says, and what the client is told in return; the connection stays. */
const MESSAGES: Readonly<Record<string, [message: string | Uint8Array, error: RegExp]>> = {
  "malformed JSON": [
    '{"type":',
    /^Cannot read the message: received "\{\\"type\\":", expected JSON$/,
  ],
  "nothing": ["", /received "", expected JSON$/],
  "long malformed JSON": ["x".repeat(1 << 20), /^.{1,300}$/],
  "a list": ["[1]", /received \[1\], expected a JSON object$/],
  "null": ["null", /received null, expected a JSON object$/],
  "no type": ["{}", /received type undefined, which is not known$/],
  "an unknown type": ['{"type":"nix"}', /^Cannot answer: received type "nix", which is not known$/],
  "a type that every object has": ['{"type":"constructor"}', /received type "constructor"/],
  "a prototype": ['{"__proto__":{"type":"ping"}}', /received type undefined/],
  "a type that is none": ['{"type":{"a":1}}', /received type \{"a":1\}/],
  "a type of great depth": [`{"type":${DEEP}}`, TOO_DEEP],
  "a list of great depth": [DEEP, TOO_DEEP],
  "a push without a time": ['{"type":"push"}', /^Cannot push: received afterMs undefined/],
  "a push in the past": ['{"type":"push","afterMs":-1}', /received afterMs -1/],
  "a push of great depth": [`{"type":"push","afterMs":1,"content":${DEEP}}`, TOO_DEEP],
  "a message of great depth": [`{"type":"message","content":${DEEP}}`, TOO_DEEP],
  "a message one level too deep": [`{"type":"message","content":${nested(200)}}`, TOO_DEEP],

  "a broadcast to a list": [
    '{"type":"broadcast","tag":[1]}',
    /received tag \[1\], expected a text/,
  ],
  "a hold too often": ['{"type":"hold","everyMs":1}', /received everyMs 1/],
  "binary data": [Uint8Array.of(0, 255), /received binary data, expected JSON as text$/],
  "no binary data": [new Uint8Array(), /received binary data/],
};

/** A fault of the protocol. */
interface Fault {
  commit(client: RawClient): void;
  /** What the object's log says of it. */
  said: string;
  /** The code that the server closes with; absent where the runtime drops the connection (Deno 2.9.6). */
  code?: number;
}

/** What breaks the protocol. */
const BROKEN: Readonly<Record<string, Fault>> = {
  "invalid UTF-8": {
    commit: (client) => client.frame(TEXT, Uint8Array.of(0x22, 0xc3, 0x28)),
    said: "Invalid UTF-8",
  },
  "invalid UTF-8 over two fragments": {
    commit(client) {
      client.frame(TEXT, Uint8Array.of(0xc3), { final: false });
      client.frame(0, Uint8Array.of(0x28));
    },
    said: "Invalid UTF-8",
  },
  "a frame over the limit": {
    commit: (client) => client.frame(BINARY, new Uint8Array(LIMIT + 1)),
    said: `Message is too large: ${LIMIT + 1} > ${LIMIT}`,
    code: 1009,
  },
  "a frame that says it has 2^62 bytes": {
    commit: (client) => client.frame(BINARY, "x", { sayBytes: 2 ** 62 }),
    said: "Message is too large",
  },
  "a reserved operation code": {
    commit: (client) => client.frame(3, "x"),
    said: "Unknown opcode",
  },
  "reserved bits": {
    commit: (client) => client.frame(TEXT, "x", { reserved: 0x40 }),
    said: "compression bit was set",
  },
  "a control frame in fragments": {
    commit: (client) => client.frame(PING, "", { final: false }),
    said: "fragmented control frame",
  },
  "a continuation of nothing": {
    commit: (client) => client.frame(0, "x"),
    said: "Unexpected continuation frame",
  },
  "a message within a message": {
    commit(client) {
      client.frame(TEXT, "a", { final: false });
      client.frame(TEXT, "b");
    },
    said: "Missing continuation frame",
  },
  "a ping over 125 bytes": {
    commit: (client) => client.frame(PING, new Uint8Array(126)),
    said: "Ping frame too large",
  },
  "bytes that are no frames": {
    commit: (client) => client.socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(9)),
    said: "protocol error",
  },
};

/** Close frames that no client should send: the code that comes back, else the one that the object has. */
const CLOSES: Readonly<
  Record<string, [payload: Uint8Array, code: number | undefined, heard?: number]>
> = {
  "code 0": [closing(0), 1002],
  "code 999": [closing(999), 1002],
  "code 1004, which is reserved": [closing(1004), 1002],
  "code 1005, which is for no frame": [closing(1005), 1002],
  "code 1006, which is for no frame": [closing(1006), 1002],
  "code 1015, which is for no frame": [closing(1015), 1002],
  "code 2999, which nobody has": [closing(2999), 1002],
  "code 5000": [closing(5000), 1002],
  "code 65535": [closing(65535), 1002],
  "half a code": [Uint8Array.of(3), undefined, 1005],
  "a reason that is no text": [closing(1000, Uint8Array.of(0xc3, 0x28)), undefined, 1011],
  "a reason over 123 bytes, which nobody minds": [closing(1000, "x".repeat(124)), 1000],
};

for (const [path, className] of WAYS) {
  Deno.test(`${path}: a message that cannot be answered is answered with the reason`, async (t) => {
    await using server = await startEcho();
    await using other = await witness(server.url, path);
    using client = await RawClient.connect(server.port, path);
    for (const [what, [message, error]] of Object.entries(MESSAGES)) {
      await t.step(what, async () => {
        client.frame(typeof message === "string" ? TEXT : BINARY, message);
        const told = await client.message();
        assertEquals(told.type, "error", JSON.stringify(told));
        assertMatch(String(told.message), error);
        await client.ping();
        await answered(other);
      });
    }
    client.frame(CLOSE, closing(1000));
    await client.ended();
    await server.settled("echo", 1, className);
    assertEquals(server.log.filter((line) => line.includes("threw")), []);
  });

  Deno.test(`${path}: a text of 1 MiB comes back whole, and so does the next message`, async () => {
    await using server = await startEcho();
    await using other = await witness(server.url, path);
    using client = await RawClient.connect(server.port, path);
    const content = "ü€😀x".repeat(1 << 17);
    client.json({ type: "message", content, id: "1" });
    const told = await client.message();
    assertEquals([told.type, told.id, told.content === content], ["echo", "1", true]);
    await client.ping();
    await answered(other);
  });

  Deno.test(`${path}: content nested as deep as may be is echoed, broadcast and pushed`, async () => {
    await using server = await startEcho();
    await using other = await witness(server.url, path);
    using client = await RawClient.connect(server.port, path);
    const content = nested(199);
    const heard = async (type: string) => {
      const found = await other.listen((message) => message.type === type, { from: 0 });
      return JSON.stringify(found?.message["content"]);
    };
    client.frame(TEXT, `{"type":"message","content":${content}}`);
    assertEquals(JSON.stringify((await client.message())["content"]), content);
    client.frame(TEXT, `{"type":"broadcast","content":${content}}`);
    assertEquals((await client.message()).type, "broadcast");
    assertEquals(await heard("broadcast"), content);
    client.frame(TEXT, `{"type":"push","afterMs":1,"content":${content}}`);
    assertEquals((await client.message()).type, "push_set");
    assertEquals(await heard("push"), content);
  });

  Deno.test(`${path}: what breaks the protocol is closed with its code, and the others go on`, async (t) => {
    await using server = await startEcho();
    await using other = await witness(server.url, path);
    await using elsewhere = await witness(server.url, `${path}?object=other`);
    for (const [what, { commit, said, code }] of Object.entries(BROKEN)) {
      await t.step(what, async () => {
        server.log.length = 0;
        using client = await RawClient.connect(server.port, path);
        commit(client);
        await answered(other, elsewhere);
        assertEquals((await client.ended()).code, code);
        await server.settled("echo", 1, className);
        const line = server.log.find((line) => line.startsWith("echo: Connection broken"));
        assert(line?.includes(said), `received ${line}, expected '${said}'`);
        await answered(other, elsewhere);
      });
    }
  });

  Deno.test(`${path}: a close with a code that is none is answered, and the others go on`, async (t) => {
    await using server = await startEcho();
    await using other = await witness(server.url, path);
    for (const [what, [payload, code, heard = code]] of Object.entries(CLOSES)) {
      await t.step(what, async () => {
        using client = await RawClient.connect(server.port, path);
        client.frame(CLOSE, payload);
        assertEquals((await client.ended()).code, code);
        await server.settled("echo", 1, className);
        const line = server.log.findLast((line) => line.includes("Connection closed"));
        assertEquals(line?.split(" ").at(-1), String(heard));
        await answered(other);
      });
    }
    const status = await other.request("status");
    assert(!status.lost);
    assertEquals(status.answer.closes, Object.keys(CLOSES).length);
  });

  Deno.test(`${path}: clients that vanish are noticed and forgotten, however they go`, async (t) => {
    await using server = await startEcho();
    await using other = await witness(server.url, path);
    const WAYS_TO_GO: Readonly<Record<string, (client: RawClient) => void>> = {
      "reset": (client) => client.reset(),
      "FIN without a close frame": (client) => client.fin(),
      "reset in the middle of a frame": (client) => {
        client.frame(TEXT, '{"type":', { sayBytes: 1_000 });
        client.reset();
      },
      "FIN in the middle of a fragmented message": (client) => {
        client.frame(TEXT, '{"type":', { final: false });
        client.fin();
      },
      "reset behind a request": (client) => {
        client.json({ type: "ping" });
        client.reset();
      },
      "FIN behind a request": (client) => {
        client.json({ type: "ping" });
        client.fin();
      },
      "reset behind a close frame": (client) => {
        client.frame(CLOSE, closing(1000));
        client.reset();
      },
    };
    for (const [what, go] of Object.entries(WAYS_TO_GO)) {
      await t.step(what, async () => {
        using client = await RawClient.connect(server.port, path);
        await server.settled("echo", 2, className);
        go(client);
        await answered(other);
        await server.settled("echo", 1, className);
        await answered(other);
      });
    }
    const status = await other.request("status");
    assert(!status.lost);
    assertEquals([status.answer.connections, status.answer.closes], [1, 7]);
    assertEquals(server.log.filter((line) => line.includes("threw")), []);
  });
}

Deno.test("a handshake that cannot be one is refused in a line, and the next one is not", async (t) => {
  await using server = await startEcho();
  await using other = await witness(server.url);
  const long = "x".repeat(200);
  const REFUSED: Readonly<Record<string, [path: string, status: number, text: RegExp]>> = {
    "no WebSocket at the path": ["/nothing", 404, /^There is nothing at \/nothing\n$/],
    "a path below it": ["/websocket/nothing", 404, /./],
    "an object's name that is too long": [`/websocket?object=${long}`, 400, /^Cannot take object/],
    "a tag that is too long": [`/websocket?tag=${long}`, 400, /^Cannot take tag/],
  };
  for (const [what, [path, status, text]] of Object.entries(REFUSED)) {
    await t.step(what, async () => {
      const answer = await fetch(server.url + path, { headers: { upgrade: "websocket" } });
      assertEquals(answer.status, status);
      assertMatch(await answer.text(), text);
      using client = await RawClient.dial(server.port, path);
      assertMatch(client.head, new RegExp(`^HTTP/1.1 ${status} `));
      await answered(other);
    });
  }
  await t.step("a request that is no handshake", async () => {
    const answer = await fetch(`${server.url}/websocket`);
    assertEquals([answer.status, answer.headers.get("upgrade")], [426, "websocket"]);
    assertMatch(await answer.text(), /expected a WebSocket handshake/);
  });
  await t.step("a handshake without its key", async () => {
    const answer = await fetch(`${server.url}/websocket?object=keyless`, {
      headers: { upgrade: "websocket" },
    });
    assertMatch(await answer.text(), /^Cannot open a WebSocket: [^\n]*\n$/);
    await server.settled("keyless", 0);
  });
  await answered(other);
});
