// What the objects do that are left alone until they are evicted, each by the name of its script.

import { setsAlarm } from "./alarm_scripts.ts";
import { type Bench, type Script, type Scripts, wait } from "./bench.ts";
import { shown } from "./outcome.ts";

/** An object that begins something and then has no event any more. */
const begins = (request: (bench: Bench) => unknown): Script => ({ request });

/** Scripts whose objects are asked after the idle time which incarnation they are. */
export const sleepers: Scripts = {
  "nothing": begins(() => 0),
  "setTimeout": begins(() => void setTimeout(() => {}, 60_000)),
  "setTimeout, fired": begins(({ note }) => void setTimeout(() => note("fired"), 50)),
  "setTimeout, cleared": begins(() => clearTimeout(setTimeout(() => {}, 60_000))),
  "setInterval": begins(() => void setInterval(() => {}, 5_000)),
  "setInterval, cleared": begins(() => clearInterval(setInterval(() => {}, 5_000))),
  "scheduler.wait()": begins(() =>
    void (globalThis as unknown as { scheduler: { wait(ms: number): Promise<void> } })
      .scheduler.wait(60_000)
  ),
  "AbortSignal.timeout()": begins(() => void AbortSignal.timeout(60_000)),
  "fetch in flight": begins(({ env }) => void fetch(`${env.ORIGIN}/hangs`).catch(() => {})),
  "body unread": begins(async ({ env, self }) => {
    Reflect.set(self, "unread", await fetch(`${env.ORIGIN}/hangs-in-body`));
  }),
  "body being read": begins(async ({ env }) => {
    const response = await fetch(`${env.ORIGIN}/hangs-in-body`);
    response.text().catch(() => {});
  }),
  "body read": begins(async ({ env }) => void await (await fetch(`${env.ORIGIN}/small`)).text()),
  "waitUntil() of what never settles": begins(({ ctx }) => ctx.waitUntil(new Promise(() => {}))),
  "waitUntil() of what has settled": begins(({ ctx }) => ctx.waitUntil(Promise.resolve())),
  "a promise that never settles": begins(() => void new Promise(() => {})),
  "alarm for later": setsAlarm(60_000),
  "sql cursor open": begins(({ ctx, self }) =>
    Reflect.set(self, "cursor", ctx.storage.sql.exec("SELECT 1 UNION SELECT 2"))
  ),
  "outgoing WebSocket": begins(({ env }) =>
    new Promise((resolve) => {
      const socket = new WebSocket(`${env.ORIGIN.replace("http", "ws")}/websocket`);
      socket.addEventListener("open", () => resolve(0));
    })
  ),
  "hibernatable socket": {},
  "hibernatable socket, kept in a field": {
    accept({ ctx, self }, ws) {
      ctx.acceptWebSocket(ws);
      Reflect.set(self, "ws", ws);
    },
  },
  "plain socket": { accept: (_, ws) => ws.accept() },
  "plain and hibernatable sockets": {
    accept: ({ ctx }, ws, tag) => tag === "1" ? ws.accept() : ctx.acceptWebSocket(ws),
  },
  "plain socket, closed": {
    accept({ note }, ws) {
      ws.accept();
      ws.addEventListener("close", () => note("closed"));
    },
  },
  "auto-responses": {
    construct: ({ ctx }) =>
      ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong")),
  },
  "pings": {},
  "handler pending": {
    message({ note }) {
      note("begun");
      return new Promise(() => {});
    },
  },
  "request in flight": begins(({ note }) => {
    note("begun");
    return new Promise(() => {});
  }),
};

/** What follows a wake. */
export const woken: Scripts = {
  "wake, burst": {
    accept({ ctx }, ws, tag) {
      ctx.acceptWebSocket(ws, [tag]);
      ws.serializeAttachment({ tag });
    },
    message({ incarnation }, ws, data) {
      ws.send(`${incarnation} ${data}`);
    },
  },
  "wake, what a constructor sees": {
    construct({ ctx, note, incarnation }) {
      const pair = ctx.getWebSocketAutoResponse();
      const seen = ctx.getWebSockets().map((ws) => [
        ...ctx.getTags(ws),
        ws.deserializeAttachment(),
        ws.readyState,
        ctx.getWebSocketAutoResponseTimestamp(ws) !== null,
      ]);
      note(`${incarnation}: ${pair?.response ?? "no pair"} ${shown(seen)}`);
      ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
    },
    accept({ ctx }, ws, tag) {
      ctx.acceptWebSocket(ws, [tag]);
      ws.serializeAttachment({ tag });
    },
  },
  "wake, slow constructor": {
    construct({ ctx, note }) {
      ctx.blockConcurrencyWhile(async () => {
        await wait(50);
        note("constructed");
      });
    },
    message({ note }, ws, data) {
      note(`message ${data}`);
      ws.send(data);
    },
  },
  "wake, constructor throws": {
    construct({ incarnation }) {
      if (incarnation === 2) throw new RangeError("in the constructor");
    },
  },
  "wake, close": {
    close({ note, incarnation }, ws, ...told) {
      note(`${incarnation}: ${shown(told)} ${shown(ws.deserializeAttachment())}`);
      ws.close(1000, "ok");
    },
    accept({ ctx }, ws, tag) {
      ctx.acceptWebSocket(ws, [tag]);
      ws.serializeAttachment({ tag });
    },
  },
  "wake, alarm": {
    accept: ({ ctx }, ws) => ctx.acceptWebSocket(ws),
    request: ({ ctx }) => ctx.storage.setAlarm(Date.now() + 13_000),
    alarm({ ctx, incarnation }) {
      for (const ws of ctx.getWebSockets()) {
        ws.send(`from the alarm of incarnation ${incarnation}, ${ctx.id.name !== undefined}`);
      }
    },
  },
};
