// What clients and objects see of messages, closes and errors.

import { realClock } from "../../lab/clock.ts";
import { rawWebSocket } from "../../servers/durable_objects/sockets/testing_raw_socket.ts";
import { BINARY, closing, type FrameOptions, PING, PONG, TEXT } from "../ws_faults_socket.ts";
import type { Client, Conversation, Conversations, Talk } from "./talk.ts";

const UTF8 = new TextEncoder();

/** Payloads of the close frames that a client may send, and of some that it may not. */
const CLOSES: Readonly<Record<string, Uint8Array>> = {
  "without a code": new Uint8Array(),
  "of one byte": Uint8Array.of(3),
  "1000 with a reason": closing(1000, "bye"),
  "1001": closing(1001),
  "3000": closing(3000),
  "4999": closing(4999, "mine"),
  ...Object.fromEntries(
    [0, 999, 1004, 1005, 1006, 1011, 1015, 1016, 2999, 5000, 65_535]
      .map((code) => [String(code), closing(code, "bad")]),
  ),
  "1000 with a reason that is no text": closing(1000, Uint8Array.of(0xff, 0x41)),
};

/** A frame that breaks a rule, or only looks like it. */
const FRAMES: Readonly<Record<string, (client: Client) => void>> = {
  "an unknown opcode": ({ raw }) => raw.frame(3, "x"),
  "an unknown control opcode": ({ raw }) => raw.frame(11, "x"),
  "a reserved bit": ({ raw }) => raw.frame(TEXT, "x", { reserved: 0x40 }),
  "a fragmented ping": ({ raw }) => raw.frame(PING, "x", { final: false }),
  "a continuation of nothing": ({ raw }) => raw.frame(0, "x"),
  "a text within a fragmented text": ({ raw }) => {
    raw.frame(TEXT, "x", { final: false });
    raw.frame(TEXT, "y");
  },
  "text that is no UTF-8": ({ raw }) => raw.frame(TEXT, Uint8Array.of(0xff, 0x41)),
  "a frame without a mask": ({ raw }) => raw.frame(TEXT, "unmasked", { masked: false }),
  "a ping of 126 bytes": ({ raw }) => raw.frame(PING, "a".repeat(126)),
  "a message of 32 MiB": ({ raw }) => raw.frame(BINARY, new Uint8Array(2 ** 25)),
  "a message of 32 MiB and a byte": ({ raw }) => raw.frame(BINARY, new Uint8Array(2 ** 25 + 1)),
};

/** Messages that are sent back, in frames that the protocol allows. */
const ECHOES: Readonly<Record<string, readonly [number, string | Uint8Array, FrameOptions?][]>> = {
  "a text": [[TEXT, "hello"]],
  "an empty text": [[TEXT, ""]],
  "a text with NUL and more than ASCII": [[TEXT, "a\0é\u{1F600}"]],
  "bytes": [[BINARY, Uint8Array.of(0, 255)]],
  "no bytes": [[BINARY, ""]],
  "70000 bytes": [[BINARY, new Uint8Array(70_000)]],
  "fragments, a ping between": [
    [TEXT, "one ", { final: false }],
    [PING, "ping"],
    [0, "two ", { final: false }],
    [0, "three"],
  ],
  "a pong nobody asked for": [[PONG, "x"], [TEXT, "after it"]],
  "a text in the middle of a character": [
    [TEXT, UTF8.encode("é").subarray(0, 1), { final: false }],
    [0, UTF8.encode("é").subarray(1)],
  ],
};

/** What the object sends back is heard up to the answer to a last message. */
async function echoes(client: Client, frames: () => void): Promise<string[]> {
  frames();
  client.say("the last");
  return await client.upTo('text "the last"');
}

/** A conversation with one client. */
const withClient = (
  object: string,
  converse: (client: Client, talk: Talk) => unknown,
): Conversation =>
async (talk) => await converse(await talk.client(object), talk);

/** What a client hears after the object has closed with a code and a reason, and what that notes. */
const closedBy = (object: string, args: unknown[]): Conversation =>
  withClient(object, async (client, talk) => {
    client.say(JSON.stringify(args));
    const close = await client.next();
    // The answer of a client that follows the protocol.
    client.close(closing(1000, "echo"));
    const notes = await talk.noted(object, 2);
    client.raw.fin();
    return [close, ...await client.upTo("end"), notes];
  });

/** Which of what a handshake offers is taken. */
async function negotiated({ url }: Talk, what: string, offered: string): Promise<string> {
  const port = Number(url.port);
  using socket = await rawWebSocket(port, `Sec-WebSocket-${what}: ${offered}\r\n`);
  const [status] = socket.head.split("\r\n");
  const [, taken = "none"] = new RegExp(`^sec-websocket-${what}: (.*)$`, "mi").exec(socket.head) ??
    [];
  return `${status}, ${taken.trim()}`;
}

const perCase = (
  what: string,
  cases: readonly string[],
  converse: (name: string) => Conversation,
): Conversations => Object.fromEntries(cases.map((name) => [`${what}: ${name}`, converse(name)]));

const TOLD = "close, handler silent";

/** The conversations. */
export const socketTalks: Conversations = {
  ...perCase(
    "echo",
    Object.keys(ECHOES),
    (name) =>
      withClient(`echo#${name}`, (client) =>
        echoes(client, () => {
          for (const frame of ECHOES[name] ?? []) client.raw.frame(...frame);
        })),
  ),
  ...perCase(
    "client breaks off",
    ["FIN", "RST", "FIN within a frame"],
    (name) =>
      withClient(`${TOLD}#${name}`, async ({ raw }, talk) => {
        if (name === "FIN within a frame") raw.frame(TEXT, "x", { sayBytes: 9 });
        if (name === "RST") raw.reset();
        else raw.fin();
        return await talk.noted(`${TOLD}#${name}`, 1);
      }),
  ),
  ...perCase(
    "client closes",
    Object.keys(CLOSES),
    (name) =>
      withClient(`${TOLD}#${name}`, async (client, talk) => {
        client.close(CLOSES[name] ?? "");
        return await talk.noted(`${TOLD}#${name}`, 1);
      }),
  ),
  ...perCase(
    "client closes, what it hears",
    ["1000", "5000"],
    (name) =>
      withClient(`close, answered#${name}`, async (client, talk) => {
        client.close(closing(Number(name), "bye"));
        const heard = await client.upTo("end");
        return [heard, await talk.noted(`close, answered#${name}`, 1)];
      }),
  ),
  "client closes, the object does not answer": withClient(TOLD, async (client, talk) => {
    client.close(closing(1000, "bye"));
    const notes = await talk.noted(TOLD, 1);
    await talk.evicted();
    return [notes, await client.upTo("end")];
  }),
  "client closes, the object answers later": withClient("close, later", async (client, talk) => {
    client.close(closing(1000, "bye"));
    return [await client.upTo("end"), await talk.noted("close, later", 1)];
  }),
  ...perCase("client closes, the object answers the same", ["1000", "without a code"], (name) => {
    const object = `close, answered with what was told#${name}`;
    return withClient(object, async (client, talk) => {
      client.close(name === "1000" ? closing(1000, "bye") : "");
      return await talk.noted(object, 1);
    });
  }),
  "client closes, what the socket is good for afterwards": withClient(
    "after the close",
    async (client, talk) => {
      client.close(closing(1000, "bye"));
      return await talk.noted("after the close", 6);
    },
  ),
  ...perCase(
    "object closes",
    ['[1000,"bye"]', "[4001]", "[null]", "[1011]"],
    (args) => closedBy(`close, by the object#${args}`, JSON.parse(args)),
  ),
  "object closes with a code for libraries alone": withClient(
    "close, by the object#2999",
    async (client) => {
      client.say("[2999]");
      return await client.next();
    },
  ),
  "object closes, the client never answers": withClient(
    "close, by the object#silent",
    async (client, talk) => {
      client.say('[1000,"bye"]');
      const close = await client.next();
      client.say('[1001,"heard?"]');
      await talk.evicted();
      return [close, await talk.notes("close, by the object#silent")];
    },
  ),
  ...perCase("frame", Object.keys(FRAMES), (name) => {
    const object = `${TOLD}#frame, ${name}`;
    return withClient(object, async (client, talk) => {
      FRAMES[name]?.(client);
      const first = await client.next();
      // Whoever has taken no offence hears of this.
      client.raw.fin();
      return [first, await talk.noted(object, 1)];
    });
  }),
  "messages: what an object is given": withClient("messages", async (client) => {
    client.say("x");
    client.raw.frame(BINARY, Uint8Array.of(1, 2));
    return await client.take(2);
  }),
  "messages: what an object may send": withClient("messages, sent", async (client) => {
    client.say("go");
    return await client.take(9);
  }),
  "messages: to an object without a handler": withClient("bare", async (client) => {
    client.say("x");
    client.raw.frame(PING, "ping");
    return await client.next();
  }),
  ...perCase(
    "handler fails",
    ["throw", "reject"],
    (way) =>
      withClient(`throws#${way}`, async (client, talk) => {
        client.say(way);
        client.say("still there?");
        const answer = await client.next();
        return [answer, await talk.notes(`throws#${way}`), await talk.incarnation(`throws#${way}`)];
      }),
  ),
  "handshake: fetch() throws after acceptWebSocket()": withClient(
    "throws in fetch",
    async (client, talk) => {
      const { status } = client;
      return [status, await talk.noted("throws in fetch", 1)];
    },
  ),
  "handshake: nobody accepts the socket": withClient("nobody accepts", async (client) => {
    const { status } = client;
    client.say("anyone?");
    return [status, await client.next().catch(() => "nothing")];
  }),
  "handshake: what is sent before the answer": withClient(
    "sends at once",
    (client) => client.take(2),
  ),
  "handshake: compression is offered": (talk) =>
    negotiated(talk, "Extensions", "permessage-deflate"),
  "handshake: a subprotocol is offered": (talk) => negotiated(talk, "Protocol", "chat"),
  "abort(): hibernatable sockets": withClient("aborts", async (client, talk) => {
    client.say("go");
    return [await client.ended(), await talk.incarnation("aborts")];
  }),
  "abort(): plain sockets": withClient("aborts, plain", async (client, talk) => {
    client.say("go");
    return [await client.ended(), await talk.incarnation("aborts, plain")];
  }),
  "plain socket: messages and a close": withClient("plain", async (client, talk) => {
    client.say("x");
    client.raw.frame(BINARY, Uint8Array.of(1));
    const answers = await client.take(2);
    client.close(closing(3000, "bye"));
    return [answers, await client.upTo("end"), await talk.noted("plain", 3)];
  }),
  "plain socket: the client vanishes": withClient("plain#vanishes", async (client, talk) => {
    client.raw.reset();
    return await talk.noted("plain#vanishes", 1);
  }),
  "plain socket: a protocol error": withClient("plain#protocol", async (client, talk) => {
    client.raw.frame(3, "x");
    return [await client.upTo("end"), await talk.noted("plain#protocol", 1)];
  }),
  "listeners of a hibernatable socket hear nothing": withClient(
    "listeners of a hibernatable socket",
    async (client, talk) => {
      client.say("x");
      return [await client.next(), await talk.notes("listeners of a hibernatable socket")];
    },
  ),
  ...perCase("order of answers, handlers that await", [
    "timers",
    "storage",
    "resolved promises",
  ], (what) =>
    withClient(`order, ${what}`, async (client) => {
      for (const n of [0, 1, 2, 3]) client.say(String(n));
      return await client.take(4);
    })),
  "auto-response": withClient("auto-response", async (client, talk) => {
    for (const text of ["before", "ping", "Ping", "ping "]) client.say(text);
    client.raw.frame(BINARY, "ping");
    return [await client.take(5), await talk.notes("auto-response")];
  }),
  "auto-response overtakes a slow handler": withClient("auto-response overtakes", (client) => {
    client.say("slow");
    client.say("ping");
    return client.take(2);
  }),
  "event timeout": withClient("event timeout", async (client, talk) => {
    client.say("slow");
    await talk.noted("event timeout", 1);
    await talk.evicted();
    client.say("quick");
    return [await client.next(), await talk.notes("event timeout")];
  }),
  "a client that is silent for 16 s": withClient("echo#silent", async (client) => {
    await realClock.sleep(16_000);
    return await echoes(client, () => {});
  }),
};
