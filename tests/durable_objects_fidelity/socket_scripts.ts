// What the objects do that have clients, each by the name of its script.

import { type Script, type Scripts, wait } from "./bench.ts";
import { outcomeOf, shown } from "./outcome.ts";

/** Notes what is heard of a close, and whether the socket is still among the object's. */
const noted: Script = {
  close: ({ ctx, note }, ws, ...told) =>
    note(`close ${shown(told)}, state ${ws.readyState}, ${ctx.getWebSockets().length} sockets`),
  error: ({ note }, ws, error) => note(`error ${shown(error)}, state ${ws.readyState}`),
};

/** Scripts for objects with clients. */
export const socketScripts: Scripts = {
  "echo": {},
  "close, handler silent": {
    ...noted,
    message: (_, ws, data) => ws.send(typeof data === "string" ? data : `${data.byteLength} bytes`),
  },
  "close, answered": {
    ...noted,
    close(bench, ws, ...told) {
      noted.close?.(bench, ws, ...told);
      ws.send("still heard");
      ws.close(4001, "mine");
      ws.close(1000, "not heard");
    },
  },
  "close, answered with what was told": {
    async close({ note }, ws, code, reason) {
      note(await outcomeOf(() => ws.close(code, reason)));
    },
  },
  "close, later": {
    ...noted,
    async close(bench, ws, ...told) {
      noted.close?.(bench, ws, ...told);
      await wait(100);
      ws.close(1000, "late");
    },
  },
  "close, by the object": {
    ...noted,
    message({ ctx, note }, ws, data) {
      const [code, reason] = JSON.parse(data as string);
      ws.close(code ?? undefined, reason);
      note(`closing: state ${ws.readyState}, ${ctx.getWebSockets().length} sockets`);
    },
  },
  "after the close": {
    close({ ctx, note }, ws) {
      setTimeout(async () => {
        note(`state ${ws.readyState}, ${ctx.getWebSockets().length} sockets`);
        note(await outcomeOf(() => ctx.getTags(ws)));
        note(await outcomeOf(() => ctx.getWebSocketAutoResponseTimestamp(ws)));
        note(await outcomeOf(() => ws.send("x")));
        note(await outcomeOf(() => ws.deserializeAttachment()));
        note(await outcomeOf(() => ws.close(1000)));
      }, 50);
    },
  },
  "messages": {
    message: (_, ws, data) => ws.send(typeof data === "string" ? `text ${data}` : shown(data)),
  },
  "messages, sent": {
    message(_, ws) {
      for (
        const one of [5, null, undefined, {}, true, "", new Uint8Array([1, 2, 3]).subarray(1)]
      ) ws.send(one as string);
      ws.send(new Uint8Array([7]).buffer);
      ws.send(new DataView(new Uint8Array([8]).buffer));
    },
  },
  "throws": {
    ...noted,
    message(_, ws, data) {
      if (data === "throw") throw new Error("in a handler");
      if (data === "reject") return wait(1).then(() => Promise.reject(new Error("in a handler")));
      ws.send(data);
    },
  },
  "throws in fetch": {
    accept({ ctx, note }, ws) {
      ctx.acceptWebSocket(ws);
      note(`${ctx.getWebSockets().length} sockets`);
      throw new Error("after acceptWebSocket()");
    },
  },
  "aborts": {
    message({ ctx }) {
      ctx.abort("why");
    },
  },
  "aborts, plain": {
    accept({ ctx }, ws) {
      ws.accept();
      ws.addEventListener("message", () => ctx.abort("why"));
    },
  },
  "plain": {
    accept({ note }, ws) {
      ws.accept();
      ws.addEventListener("message", (event) => {
        const { data } = event as MessageEvent;
        note(`message ${data instanceof Blob ? "Blob" : shown(data)}, state ${ws.readyState}`);
        ws.send("heard");
      });
      ws.addEventListener("close", (event) => {
        const { code, reason, wasClean } = event as CloseEvent;
        note(`close ${shown([code, reason, wasClean])}, state ${ws.readyState}`);
      });
      ws.addEventListener("error", () => note("error"));
    },
  },
  "nobody accepts": { accept: () => {} },
  "sends at once": {
    accept({ ctx }, ws) {
      ctx.acceptWebSocket(ws);
      ws.send("first");
      ws.send("second");
    },
  },
  "listeners of a hibernatable socket": {
    accept({ ctx, note }, ws) {
      ctx.acceptWebSocket(ws);
      ws.addEventListener("message", () => note("a listener"));
    },
  },
  "order, timers": {
    async message(_, ws, data) {
      await wait(300 - 100 * Number(data));
      ws.send(data);
    },
  },
  "order, storage": {
    async message({ ctx }, ws, data) {
      for (let n = 0; n < 20; n++) await ctx.storage.get("a");
      ws.send(data);
    },
  },
  "order, resolved promises": {
    async message(_, ws, data) {
      for (let n = 3 - Number(data); n > 0; n--) await Promise.resolve();
      ws.send(data);
    },
  },
  "auto-response": {
    construct: ({ ctx }) =>
      ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong")),
    message({ ctx, note }, ws, data) {
      const at = ctx.getWebSocketAutoResponseTimestamp(ws);
      note(`message ${shown(data)}, answered ${at === null ? "never" : "before"}`);
      ws.send("by the object");
    },
  },
  "auto-response overtakes": {
    construct: ({ ctx }) =>
      ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong")),
    async message(_, ws) {
      await wait(300);
      ws.send("slow");
    },
  },
  "event timeout": {
    construct: ({ ctx }) => ctx.setHibernatableWebSocketEventTimeout(100),
    async message({ note }, ws, data) {
      if (data !== "slow") return ws.send(data);
      note("begun");
      await wait(300);
      note("went on");
      ws.send("late");
    },
  },
};
