// Experiments with sockets that nobody is connected to: limits, arguments, misuse, order.

import { accepted, type Bench, type Rows } from "./bench.ts";
import { outcomeOf, outcomesOf } from "./outcome.ts";

/** Keeps a value with a socket, and gives what came of it. */
function attach(bench: Bench, value: unknown): unknown {
  const ws = accepted(bench);
  ws.serializeAttachment(value);
  return ws.deserializeAttachment();
}

const closed = (bench: Bench, ...args: unknown[]): unknown => {
  const ws = accepted(bench);
  return Reflect.apply(ws.close, ws, args);
};
const sent = (bench: Bench, ...args: unknown[]): unknown => {
  const ws = accepted(bench);
  return Reflect.apply(ws.send, ws, args);
};

/** The rows. */
export const socketRows: Rows = {
  "attachment: none": (bench) => accepted(bench).deserializeAttachment(),
  "attachment: text of 16379 characters": (bench) => attach(bench, "a".repeat(16_379)),
  "attachment: text of 16380 characters": (bench) => attach(bench, "a".repeat(16_380)),
  "attachment: two-byte text of 8189 characters": (bench) => attach(bench, "Б".repeat(8_189)),
  "attachment: two-byte text of 8190 characters": (bench) => attach(bench, "Б".repeat(8_190)),
  "attachment: 16373 bytes": (bench) =>
    (attach(bench, new Uint8Array(16_373)) as Uint8Array).length,
  "attachment: 16375 bytes": (bench) => attach(bench, new Uint8Array(16_375)),
  "attachment: no argument": (bench) => {
    const ws = accepted(bench);
    Reflect.apply(ws.serializeAttachment, ws, []);
  },
  "attachment: a function": (bench) => attach(bench, function f() {}),
  "attachment: a symbol": (bench) => attach(bench, Symbol("x")),
  "attachment: a WeakMap": (bench) => attach(bench, new WeakMap()),
  "attachment: a promise": (bench) => attach(bench, Promise.resolve()),
  "attachment: ctx": (bench) => attach(bench, bench.ctx),
  "attachment: a WebSocket": (bench) => attach(bench, accepted(bench)),
  "attachment: the object's id": (bench) => attach(bench, bench.ctx.id),
  "attachment: a URL": (bench) => attach(bench, new URL("http://example.test/")),
  "attachment: a Request": (bench) => attach(bench, new Request("http://example.test/")),
  "attachment: Headers": (bench) => attach(bench, new Headers({ a: "b" })),
  "attachment: a Blob": (bench) => attach(bench, new Blob(["x"])),
  "attachment: what can be cloned": (bench) =>
    attach(bench, [undefined, null, new Map([[1, 2]]), new Set([3]), new Date(5), 7n, -0, /x/]),
  "attachment: an error": (bench) => attach(bench, new RangeError("kept")),
  "attachment: a cycle": (bench) => {
    const one: Record<string, unknown> = {};
    one["self"] = one;
    const kept = attach(bench, one) as Record<string, unknown>;
    return kept["self"] === kept;
  },
  "attachment: an object of a class": (bench) => {
    class Point {
      x = 1;
    }
    return attach(bench, new Point());
  },
  "attachment: each read is a copy": (bench) => {
    const ws = accepted(bench);
    ws.serializeAttachment({ a: 1 });
    return ws.deserializeAttachment() === ws.deserializeAttachment();
  },
  "attachment: on a socket nobody accepted": () => {
    const { 0: ws } = new WebSocketPair();
    ws.serializeAttachment(5);
    return ws.deserializeAttachment();
  },

  "tags: 10 are allowed": (bench) =>
    bench.ctx.getTags(accepted(bench, Array.from({ length: 10 }, (_, index) => `t${index}`))),
  "tags: 11": (bench) => accepted(bench, Array.from({ length: 11 }, (_, index) => `t${index}`)),
  "tags: the same ones count once": (bench) =>
    bench.ctx.getTags(accepted(bench, ["b", "a", "b", ...Array(20).fill("a")])),
  "tags: 256 characters": (bench) =>
    bench.ctx.getTags(accepted(bench, ["a".repeat(256)]))[0]?.length,
  "tags: 257 characters": (bench) => accepted(bench, ["a".repeat(257)]),
  "tags: 129 characters of two bytes": (bench) => accepted(bench, ["Б".repeat(129)]),
  "tags: empty": (bench) => bench.ctx.getTags(accepted(bench, [""])),
  "tags: no text": (bench) =>
    bench.ctx.getTags(accepted(bench, [1, null, {}] as unknown as string[])),
  "tags: no list": (bench) =>
    outcomesOf(
      () => accepted(bench, "abc" as never),
      () => accepted(bench, 5 as never),
      () => accepted(bench, null as never),
    ),
  "tags: of a socket nobody accepted": ({ ctx }) => ctx.getTags(new WebSocketPair()[1]),
  "tags: of a plain socket": ({ ctx }) => {
    const { 1: ws } = new WebSocketPair();
    ws.accept();
    return ctx.getTags(ws);
  },

  "accept: acceptWebSocket() twice": (bench) => bench.ctx.acceptWebSocket(accepted(bench)),
  "accept: acceptWebSocket() after accept()": ({ ctx }) => {
    const { 1: ws } = new WebSocketPair();
    ws.accept();
    ctx.acceptWebSocket(ws);
  },
  "accept: accept() after acceptWebSocket()": (bench) => accepted(bench).accept(),
  "accept: accept() twice": () => {
    const { 1: ws } = new WebSocketPair();
    ws.accept();
    ws.accept();
  },
  "accept: both ends of a pair": ({ ctx }) => {
    const pair = new WebSocketPair();
    ctx.acceptWebSocket(pair[0]);
    ctx.acceptWebSocket(pair[1]);
  },
  "accept: no socket": ({ ctx }) =>
    outcomesOf(
      () => ctx.acceptWebSocket({} as never),
      () => Reflect.apply(ctx.acceptWebSocket, ctx, []),
    ),
  "accept: send() before it": () => new WebSocketPair()[1].send("x"),
  "accept: close() before it": () => new WebSocketPair()[1].close(1000),
  "pair: its keys, and both ends are open": () => {
    const pair = new WebSocketPair();
    return [Object.keys(pair), pair[0].readyState, pair[1].readyState];
  },
  "pair: without new": () => Reflect.apply(WebSocketPair as never, undefined, []),
  "socket: its properties": (bench) => {
    const ws = accepted(bench);
    const { readyState, url, protocol, extensions, binaryType } = ws;
    return [readyState, url, protocol, extensions, binaryType, Reflect.get(ws, "bufferedAmount")];
  },
  "socket: its constants": (bench) => {
    const ws = accepted(bench);
    return ["CONNECTING", "OPEN", "CLOSING", "CLOSED"]
      .flatMap((name) => [Reflect.get(ws, name), Reflect.get(ws, `READY_STATE_${name}`)]);
  },
  "socket: is a WebSocket": (bench) => accepted(bench) instanceof WebSocket,
  "socket: its class's name": (bench) => accepted(bench).constructor.name,

  "getWebSockets(): the newest first; with a tag the oldest": (bench) => {
    for (const n of [0, 1, 2, 3]) accepted(bench, [`n${n}`, n % 2 ? "odd" : "even"]);
    const names = (tag?: string) =>
      bench.ctx.getWebSockets(tag).map((ws) => bench.ctx.getTags(ws)[0]);
    return [names(), names("odd"), names("even"), names("none")];
  },
  "getWebSockets(): no text as the tag": (bench) => {
    accepted(bench, ["null", "5"]);
    const count = (tag: unknown) => bench.ctx.getWebSockets(tag as string).length;
    return [count(null), count(5), count(undefined), count(6)];
  },
  "getWebSockets(): the same JS object": (bench) => {
    const ws = accepted(bench);
    return bench.ctx.getWebSockets()[0] === ws;
  },

  "close(): codes that may be sent": async (bench) => {
    const codes = [
      undefined,
      1000,
      1000.7,
      1001,
      1002,
      1003,
      1007,
      1011,
      1014,
      1016,
      2999,
      3000,
      4999,
    ];
    return await outcomesOf(...codes.map((code) => () => closed(bench, code)));
  },
  ...Object.fromEntries(
    [999, 0, null, "abc", 5000, 70_000, -1, 1004, 1005, 1006, 1015].map((code) => [
      `close(): code ${code}`,
      (bench: Bench) => closed(bench, code),
    ]),
  ),
  "close(): a reason without a code": (bench) => closed(bench, undefined, "why"),
  "close(): a reason of 123 bytes": (bench) => closed(bench, 1000, "a".repeat(123)),
  "close(): a reason of 124 bytes": (bench) => closed(bench, 1000, "a".repeat(124)),
  "close(): a reason of 124 bytes in 62 characters": (bench) => closed(bench, 1000, "Б".repeat(62)),
  "close(): twice, then send()": (bench) => {
    const ws = accepted(bench);
    ws.close(1000);
    return outcomesOf(() => ws.close(1001, "again"), () => ws.send("x"), () => ws.readyState);
  },
  "close(): a socket that closes stays in getWebSockets()": (bench) => {
    accepted(bench).close(1000);
    return bench.ctx.getWebSockets().length;
  },
  "send(): no argument": (bench) => sent(bench),
  "send(): a symbol": (bench) => sent(bench, Symbol("x")),
  "send(): what it returns": (bench) => sent(bench, "x"),

  "auto-response: none": ({ ctx }) => ctx.getWebSocketAutoResponse(),
  "auto-response: 2048 bytes": ({ ctx }) => {
    ctx.setWebSocketAutoResponse(
      new WebSocketRequestResponsePair("a".repeat(2048), "Б".repeat(1024)),
    );
    return ctx.getWebSocketAutoResponse()?.request.length;
  },
  "auto-response: a request of 2049 bytes": ({ ctx }) =>
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("a".repeat(2049), "")),
  "auto-response: a response of 2050 bytes": ({ ctx }) =>
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("", "Б".repeat(1025))),
  "auto-response: taken back": ({ ctx }) => {
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("a", "b"));
    ctx.setWebSocketAutoResponse();
    return ctx.getWebSocketAutoResponse();
  },
  "auto-response: null, or an object that looks like one": ({ ctx }) =>
    outcomesOf(
      () => ctx.setWebSocketAutoResponse(null as never),
      () => ctx.setWebSocketAutoResponse({ request: "a", response: "b" }),
    ),
  "auto-response: a pair of one": () => Reflect.construct(WebSocketRequestResponsePair, ["a"]),
  "auto-response: a pair of numbers": () => {
    const pair = new WebSocketRequestResponsePair(1 as never, 2 as never);
    return [pair.request, pair.response];
  },
  "auto-response: time of a socket never answered": (bench) =>
    bench.ctx.getWebSocketAutoResponseTimestamp(accepted(bench)),
  "auto-response: time of a plain socket": ({ ctx }) => {
    const { 1: ws } = new WebSocketPair();
    ws.accept();
    return ctx.getWebSocketAutoResponseTimestamp(ws);
  },

  "event timeout: default": ({ ctx }) => ctx.getHibernatableWebSocketEventTimeout(),
  ...Object.fromEntries(
    [0, 1.5, 604_800_000, 604_800_001, -1, "x", undefined].map((ms) => [
      `event timeout: ${ms}`,
      ({ ctx }: Bench) => {
        ctx.setHibernatableWebSocketEventTimeout(ms as number);
        return ctx.getHibernatableWebSocketEventTimeout();
      },
    ]),
  ),

  "plain socket in an object: send() after close()": () => {
    const { 1: ws } = new WebSocketPair();
    ws.accept();
    ws.close(1000);
    ws.send("x");
  },
  "Response: 101 with a WebSocket": () => {
    const { 0: client } = new WebSocketPair();
    const response = new Response(null, { status: 101, webSocket: client });
    return [response.status, response.webSocket === client];
  },
  "Response: 101 without a WebSocket": () => new Response(null, { status: 101 }),
  "Response: 100": () => new Response(null, { status: 100 }),
  "Response: a WebSocket and 200": () => new Response(null, { webSocket: new WebSocketPair()[0] }),
  "Response: 101 with a body": () =>
    new Response("x", { status: 101, webSocket: new WebSocketPair()[0] }),
  "Response: a webSocket that is none": () =>
    new Response(null, { status: 101, webSocket: {} as never }),
  "Response: no webSocket": () => new Response("x").webSocket,
  "Response: a socket that was accepted": async (bench) => {
    const { 1: ws } = new WebSocketPair();
    bench.ctx.acceptWebSocket(ws);
    return await outcomeOf(() => new Response(null, { status: 101, webSocket: ws }).status);
  },
};
