// For tests: objects that fail when they are told to, and the host that has them, on a port.

import { assert, assertEquals } from "@std/assert";
import { ManualClock } from "../lab/clock.ts";
import type { WorkersWebSocket } from "../servers/durable_objects/api.ts";
import type { HostEvent } from "../servers/durable_objects/events.ts";
import { createDurableObjectHost } from "../servers/durable_objects/host.ts";
import { DurableObject } from "../servers/durable_objects/workers.ts";
import { listen } from "../servers/listen.ts";
import { until } from "./ws_faults_host.ts";
import { RawClient } from "./ws_faults_socket.ts";

/** What the class does wrong at this moment, by the object's name. */
export const broken = new Map<string, "constructor" | "alarm" | "close">();
/** After how long an idle object is evicted, in milliseconds. */
export const HIBERNATE_AFTER_MS = 10_000;

/** An object that fails when it is told to, and answers any other message with a pong. */
class Faulty extends DurableObject {
  constructor(ctx: ConstructorParameters<typeof DurableObject>[0], env: unknown) {
    super(ctx, env);
    if (this.#is("constructor")) throw new RangeError("the constructor failed");
  }

  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/alarm") {
      await this.ctx.storage.setAlarm(Date.now() + Number(searchParams.get("in")));
      return new Response("set");
    }
    if (pathname === "/throw") throw new TypeError("fetch failed");
    if (pathname === "/nothing") return undefined as unknown as Response;
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    server.serializeAttachment("first");
    server.send('{"type":"welcome"}');
    if (pathname === "/late") throw new TypeError("failed behind the welcome");
    await this.ctx.storage.put("connected", true);
    return new Response(null, { status: 101, webSocket: client });
  }

  webSocketMessage(ws: WorkersWebSocket, message: string): void | Promise<void> {
    const { type } = JSON.parse(message);
    const fault = FAULTS[type];
    if (fault !== undefined) return fault.commit(this.ctx, ws);
    ws.send(JSON.stringify({ type: "pong", attached: ws.deserializeAttachment() }));
  }

  webSocketClose(ws: WorkersWebSocket, code: number): void {
    if (this.#is("close")) throw new TypeError("the close handler failed");
    ws.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  alarm(): void {
    if (this.#is("alarm")) throw new TypeError("the alarm failed");
  }

  #is(fault: string): boolean {
    return broken.get(this.ctx.id.name ?? "") === fault;
  }
}

/** A fault of a message's handler. */
interface HandlerFault {
  commit(ctx: Faulty["ctx"], ws: WorkersWebSocket): void | Promise<void>;
  /** What the host tells of it. */
  said: RegExp;
  /** Whether the object must be made anew, its clients dropped. Default: false. */
  resets?: boolean;
}

/** Faults of a message's handler, by the type of the message. */
export const FAULTS: Readonly<Record<string, HandlerFault>> = {
  "a throw": {
    commit() {
      throw new TypeError("the handler failed");
    },
    said: /^the handler failed$/,
  },
  "a rejection": {
    commit: () => Promise.reject(new TypeError("the handler failed later")),
    said: /^the handler failed later$/,
  },
  "something thrown that is no error": {
    commit() {
      throw null;
    },
    said: /null/,
  },
  "an attachment over the limit": {
    commit: (_ctx, ws) => ws.serializeAttachment("x".repeat(16_384)),
    said: /attachment' cannot be larger than 16384 bytes/,
  },
  "an attachment that cannot be cloned": {
    commit: (_ctx, ws) => ws.serializeAttachment({ call() {} }),
    said: /could not be cloned/,
  },
  "a value that cannot be cloned": {
    commit: async ({ storage }) => await storage.put("connected", { call() {} }),
    said: /could not be cloned/,
  },
  "a value that cannot be cloned, not awaited": {
    commit: ({ storage }) => void storage.put("connected", Symbol("x")),
    said: /could not be cloned/,
  },
  "a value that cannot be cloned, by kv": {
    commit: ({ storage }) => storage.kv.put("connected", { call() {} }),
    said: /could not be cloned/,
  },
  "a value over the limit": {
    commit: async ({ storage }) => await storage.put("connected", "x".repeat(9 << 20)),
    said: /too big|larger|exceeded|limit/i,
  },
  "SQL that is none": {
    commit: ({ storage }) => void storage.sql.exec("SELEC 1"),
    said: /syntax error/,
  },
  "a message that cannot be sent": {
    commit: (_ctx, ws) => ws.send(Symbol("x") as unknown as string),
    said: /./,
  },
  "a close with a code that is none": {
    commit: (_ctx, ws) => ws.close(1006, ""),
    said: /^Invalid WebSocket close code: 1006\.$/,
  },
  "a timer that throws": {
    commit: () =>
      void setTimeout(() => {
        throw new TypeError("the timer failed");
      }),
    said: /^the timer failed$/,
  },
  "abort()": {
    commit: (ctx) => ctx.abort("given up"),
    said: /^given up$/,
    resets: true,
  },
  "blockConcurrencyWhile() that fails": {
    commit: (ctx) => ctx.blockConcurrencyWhile(() => Promise.reject(new Error("not begun"))),
    said: /^not begun$/,
    resets: true,
  },
};

/** Starts a host with objects of that class behind a port. */
export async function startFaulty() {
  broken.clear();
  const clock = new ManualClock(1_000_000);
  const events: HostEvent[] = [];
  const host = await createDurableObjectHost({
    worker: {
      Faulty,
      default: {
        fetch(request: Request, env: { FAULTY: { getByName(name: string): Faulty } }) {
          const name = new URL(request.url).searchParams.get("object") ?? "a";
          return env.FAULTY.getByName(name).fetch(request);
        },
      },
    },
    objects: { FAULTY: "Faulty" },
    clock,
    hibernateAfterMs: HIBERNATE_AFTER_MS,
    onEvent: (event) => events.push(event),
  });
  const listening = await listen(host);
  const { port, url } = listening;
  const figures = (name = "a") => {
    const found = host.stats().objects.find((one) => one.name === name);
    assert(found);
    return found;
  };
  return {
    ...{ clock, events, host, port, url, figures },
    connect: (name = "a", path = "/") => RawClient.connect(port, `${path}?object=${name}`),
    thrown: () => events.flatMap((one) => one.kind === "threw" ? [one] : []),
    /** What was thrown, and what the object's log has of promises that nobody awaits. */
    told: () =>
      events.flatMap((one) => {
        if (one.kind === "threw") return [{ name: one.name, text: one.message }];
        const isError = one.kind === "log" && one.level === "error";
        return isError ? [{ name: one.name, text: one.line }] : [];
      }),
    /** Sets the alarm of object `a` from outside its clients. */
    async setAlarm(inMs: number) {
      const answer = await host.dispatch(new Request(`http://object.test/alarm?in=${inMs}`));
      assertEquals(await answer.text(), "set");
    },
    /** Waits until an object is idle, then until it is evicted. */
    async sleep(name = "a") {
      await until("the object is idle", () => figures(name).state !== "running");
      await clock.advance(HIBERNATE_AFTER_MS);
      assertEquals(figures(name).state, "hibernated");
    },
    async [Symbol.asyncDispose]() {
      await host.close();
      await listening.close();
    },
  };
}
