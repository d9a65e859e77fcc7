// Experiments with what an object's code runs in: the order of events, time, globals, its own fields.

import { type Bench, type Rows, wait } from "./bench.ts";

/** Calls two methods of the same object at once; gives the order of what they note. */
async function interleaved({ env, name }: Bench, way: string): Promise<string> {
  const other = env.LAB.getByName(`${name}, the other`) as unknown as Interleaving;
  const order: string[] = await Promise.all([other.steps("a", way), other.steps("b", way)])
    .then(() => other.stepped());
  return order.join(" ");
}

interface Interleaving {
  steps(letter: string, way: string): Promise<void>;
  stepped(): Promise<string[]>;
}

/** The rows. */
export const runtimeRows: Rows = {
  ...Object.fromEntries(
    [
      "storage.get()",
      "storage.put()",
      "storage.getAlarm()",
      "300 storage.get()",
      "a timer",
      "a resolved promise",
      "fetch()",
      "blockConcurrencyWhile() with a timer",
      "transaction() with a timer",
    ].map((
      way,
    ) => [`order: two calls, each awaits ${way}`, (bench: Bench) => interleaved(bench, way)]),
  ),
  "blockConcurrencyWhile(): gives what its callback gives": ({ ctx }) =>
    ctx.blockConcurrencyWhile(() => Promise.resolve(5)),
  "blockConcurrencyWhile(): a synchronous callback": ({ ctx }) =>
    ctx.blockConcurrencyWhile((() => 5) as never),
  "blockConcurrencyWhile(): no function": ({ ctx }) => ctx.blockConcurrencyWhile(5 as never),
  "blockConcurrencyWhile(): nested": ({ ctx }) =>
    ctx.blockConcurrencyWhile(() => ctx.blockConcurrencyWhile(() => Promise.resolve(6))),
  "time: Date.now() moves in a loop": () => {
    const before = Date.now();
    for (let n = 0; n < 1e8 && Date.now() < before + 3; n++);
    return Date.now() > before;
  },
  "time: performance.now() is Date.now()": () => [
    performance.timeOrigin,
    Math.abs(performance.now() - Date.now()) < 1_000,
    Number.isInteger(Date.now()),
  ],
  "time: setTimeout() returns an object": () => {
    const timer: unknown = setTimeout(() => {}, 0);
    return typeof timer;
  },
  "time: setTimeout() of a text": () => {
    try {
      setTimeout("1" as never, 0);
    } catch (error) {
      return error instanceof Error && `${error.name}: ${error.message}`;
    }
  },
  "time: setTimeout() hands on its arguments": () =>
    new Promise((resolve) => setTimeout((...args: unknown[]) => resolve(args), 1, "a", 2)),
  "time: the order of timers": async () => {
    const order: number[] = [];
    for (const ms of [30, 10, 20, 0]) setTimeout(() => order.push(ms), ms);
    await wait(60);
    return order;
  },
  "globals: DurableObject is none": () => Reflect.has(globalThis, "DurableObject"),
  "globals: which of these are there": () =>
    [
      "WebSocketPair",
      "WebSocketRequestResponsePair",
      "scheduler",
      "navigator",
      "caches",
      "HTMLRewriter",
      "EventSource",
      "MessageChannel",
      "setImmediate",
      "Buffer",
      "process",
      "window",
      "location",
      "BroadcastChannel",
      "Temporal",
      "Deno",
    ].filter((name) => Reflect.has(globalThis, name)),
  "globals: caches.default": () => typeof Reflect.get(caches, "default"),
  "globals: navigator.userAgent": () => navigator.userAgent,
  "ctx: what it has": ({ ctx }) =>
    [
      "waitUntil",
      "blockConcurrencyWhile",
      "acceptWebSocket",
      "getWebSockets",
      "setWebSocketAutoResponse",
      "getWebSocketAutoResponse",
      "getWebSocketAutoResponseTimestamp",
      "setHibernatableWebSocketEventTimeout",
      "getHibernatableWebSocketEventTimeout",
      "getTags",
      "abort",
    ].map((name) => typeof Reflect.get(ctx, name)),
  "ctx.storage: what it has": ({ ctx: { storage } }) =>
    [
      ...["get", "list", "put", "delete", "deleteAll", "transaction", "getAlarm", "setAlarm"],
      ...["deleteAlarm", "sync", "transactionSync", "sql", "kv"],
      ...["getCurrentBookmark", "getBookmarkForTime", "onNextSessionRestoreBookmark"],
    ].map((name) => typeof Reflect.get(storage, name)),
  "ctx: as text": ({ ctx }) => Object.prototype.toString.call(ctx),
  "ctx.storage: as text": ({ ctx }) => Object.prototype.toString.call(ctx.storage),
  "ctx.id: as text": ({ ctx }) => Object.prototype.toString.call(ctx.id),
  "ctx.id: its name": ({ ctx, name }) => ctx.id.name === name,
  "ctx.id: equals() that of the stub": ({ ctx, env, name }) =>
    ctx.id.equals(env.LAB.idFromName(name)),
  "ctx.exports: the classes of the module": ({ ctx }) =>
    ["Lab", "Bare", "default"].map((name) => typeof ctx.exports[name]),
  "ctx.props": ({ ctx }) => ctx.props,
  "this: its first fields": ({ self }) => Object.keys(self).slice(0, 2),
  "waitUntil(): a rejection harms nobody": async ({ ctx }) => {
    ctx.waitUntil(Promise.reject(new Error("nobody's business")));
    await wait(5);
    return "still here";
  },
  "a rejection that nobody handles harms nobody": async () => {
    Promise.reject(new Error("nobody's business"));
    await wait(5);
    return "still here";
  },
  "what a timer throws harms nobody": async () => {
    setTimeout(() => {
      throw new Error("nobody's business");
    }, 0);
    await wait(5);
    return "still here";
  },
  "fetch(): an answer": async ({ env }) => {
    const response = await fetch(`${env.ORIGIN}/small`);
    return [response.status, await response.text()];
  },
  "fetch(): a handshake": async ({ env }) => {
    const response = await fetch(`${env.ORIGIN}/websocket`, { headers: { Upgrade: "websocket" } });
    const { webSocket } = response;
    if (!webSocket) {
      await response.body?.cancel();
      return [response.status, "no webSocket"];
    }
    webSocket.accept();
    const heard = new Promise((resolve) =>
      webSocket.addEventListener("message", (event) => resolve((event as MessageEvent).data))
    );
    webSocket.send("hello");
    const answer = await heard;
    webSocket.close(1000);
    return [response.status, answer];
  },
  "new WebSocket(): accept() on it": ({ env }) => {
    const socket = new WebSocket(`${env.ORIGIN.replace("http", "ws")}/websocket`);
    socket.addEventListener("open", () => socket.close());
    Reflect.apply(Reflect.get(socket, "accept"), socket, []);
  },
};
