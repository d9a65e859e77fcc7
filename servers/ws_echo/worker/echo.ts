// The echo object: a WebSocket server on Cloudflare whose object may leave memory between two messages.
//
// One file for three runtimes: `wrangler deploy` beside it deploys it, workerd runs it with its types
// stripped, and our own host runs it in Deno. So it imports nothing but `cloudflare:workers`, and its
// types can be erased without changing what it does.
//
// The rule that makes hibernation safe: nothing is kept in a field that a client would miss. What
// belongs to a connection is in its attachment, what belongs to the object is in its storage, and
// fields hold only what may be lost.

import { DurableObject } from "cloudflare:workers";

/** What wrangler.jsonc declares. */
interface Env {
  /** The objects that hibernate. */
  ECHO: DurableObjectNamespace;
  /** The same with sockets that keep them in memory. */
  PLAIN_ECHO: DurableObjectNamespace;
  /** How long a client may send no heartbeat before it is closed, in milliseconds. */
  HEARTBEAT_TIMEOUT_MS?: string;
  /** How often connections are looked at for that, in milliseconds. */
  CLEANUP_INTERVAL_MS?: string;
}

/** A WebSocket as Workers have it: a browser's has no attachment. */
type Socket = InstanceType<typeof WebSocketPair>[1];

/** What is attached to a socket, until its figures have gone into storage. */
interface Connection {
  id: string;
  connectedAt: number;
  lastHeartbeat: number;
  metadata: string | null;
  tag: string;
  received: number;
  answered: number;
}

/** What is stored: counts over all incarnations. The last two are of connections that are over. */
interface Counts {
  closes: number;
  staleClosed: number;
  alarms: number;
  received: number;
  answered: number;
}

/** A message that an alarm is to send. */
interface Push {
  dueAt: number;
  content: unknown;
}

/** A message to a client, before the instance and the time are added. */
type Message = { type: string } & Record<string, unknown>;

/** What a client sent. */
type Asked = { type?: unknown } & Record<string, unknown>;

/** Something that a client asked for cannot be done; it is told the reason. */
class Refusal extends Error {}

const NO_COUNTS: Counts = { closes: 0, staleClosed: 0, alarms: 0, received: 0, answered: 0 };
/** `WebSocket.OPEN`. */
const OPEN = 1;
/** What the runtime answers by itself, without waking the object, and what it answers. */
const AUTO_PING = '{"type":"auto_ping"}';
const AUTO_PONG = '{"type":"auto_pong"}';
/** What clients may make the object keep: pushes, and characters in each. */
const MOST_PUSHES = 50;
const LONGEST_PUSH = 16_384;
/** How deep a message may be nested: what is far deeper can be parsed, but neither written nor stored. */
const MOST_LEVELS = 200;
const DAY_MS = 86_400_000;

/** Both versions. They differ in how a socket is taken over and found again, and in nothing else. */
abstract class Echo extends DurableObject<Env> {
  /** How sockets are taken over. */
  protected abstract readonly accepted: "hibernation" | "plain";
  /** Tells one incarnation from another: after an eviction it is a new one. */
  readonly #instance = crypto.randomUUID();
  readonly #constructedAt = Date.now();
  /** Keeps the object in memory on a client's wish. */
  #held: ReturnType<typeof setInterval> | undefined;

  /** Takes a socket over. */
  protected abstract take(ws: Socket, tag: string): void;
  /** The sockets that were taken over, or those with a tag. Some may be closing. */
  protected abstract sockets(tag?: string): Socket[];
  /** When the client last showed that it is there. */
  protected abstract lastSign(ws: Socket, connection: Connection): number;

  /** Answers `/websocket` with a socket, anything else with figures. */
  fetch(request: Request): Response {
    const { pathname, searchParams } = new URL(request.url);
    if (!pathname.startsWith("/websocket")) return Response.json(this.#figures());
    const { 0: client, 1: ws } = new WebSocketPair();
    const now = Date.now();
    const connection: Connection = {
      id: crypto.randomUUID(),
      connectedAt: now,
      lastHeartbeat: now,
      metadata: searchParams.get("metadata"),
      tag: searchParams.get("tag") ?? "all",
      received: 0,
      answered: 0,
    };
    this.take(ws, connection.tag);
    ws.serializeAttachment(connection);
    console.log("Connection established", connection.id);
    this.#send(ws, {
      type: "welcome",
      connection: shown(connection),
      heartbeatTimeoutMs: this.#heartbeatTimeoutMs,
      cleanupIntervalMs: this.#cleanupIntervalMs,
      accepted: this.accepted,
      features: [
        ...["status", "broadcast", "push", "hold", "metadata"],
        ...(this.accepted === "hibernation" ? ["auto_ping"] : []),
      ],
    });
    // One that is overdue was given up by the runtime, after too many failures.
    const cleanupAt = this.ctx.storage.kv.get<number>("cleanupAt");
    if (cleanupAt === undefined || cleanupAt < now) this.#schedule(now);
    return new Response(null, { status: 101, webSocket: client });
  }

  /** Sends what is due and closes stale connections: an object has one alarm, so both share it. */
  alarm(): void {
    const now = Date.now();
    const { kv } = this.ctx.storage;
    this.#count({ alarms: 1 });
    kv.put("alarmInstance", this.#instance);
    const pushes = this.#pushes();
    const due = pushes.filter(({ dueAt }) => dueAt <= now);
    if (due.length > 0) kv.put("pushes", pushes.filter(({ dueAt }) => dueAt > now));
    for (const { content } of due) {
      console.log("Alarm triggered - sending a push");
      for (const ws of this.sockets()) this.#send(ws, { type: "push", content });
    }
    if ((kv.get<number>("cleanupAt") ?? Infinity) <= now) this.#closeStale(now);
    this.#schedule(now);
  }

  /** A message came. Whatever it is, the client hears of it. */
  protected receive(ws: Socket, message: unknown): void {
    const connection = attachmentOf(ws);
    // Closed by us already: the client may not know it yet.
    if (connection === undefined) return;
    connection.received++;
    let asked: Asked = {};
    let answer: Message | undefined;
    try {
      asked = parse(message);
      console.log("Message received", asked.type);
      answer = this.#answer(connection, asked);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      answer = { type: "error", message: error.message };
    }
    if (answer !== undefined) {
      const id = asked.id;
      if (this.#send(ws, { ...answer, ...(id !== undefined && { id }) })) connection.answered++;
      console.log("Answered", answer.type);
    }
    ws.serializeAttachment(connection);
  }

  /** A connection is over. */
  protected closed(ws: Socket, code: number): void {
    console.log("Connection closed", attachmentOf(ws)?.id ?? "that was stale", code);
    this.#settle(ws);
    this.#count({ closes: 1 });
    // The runtime leaves it to the object to complete the close of a hibernatable socket.
    if (code === 1005 || !isSendable(code)) ws.close();
    else ws.close(code);
    if (this.#open().length > 0) return;
    clearInterval(this.#held);
    this.#schedule(Date.now());
  }

  /** A connection broke; the runtime says nothing more of it. */
  protected broken(ws: Socket, error: unknown): void {
    console.error("Connection broken", String(error));
    this.closed(ws, 1011);
  }

  #answer(connection: Connection, asked: Asked): Message | undefined {
    switch (asked.type) {
      case "heartbeat":
        connection.lastHeartbeat = Date.now();
        return { type: "heartbeat_ack" };
      case "ping":
        return { type: "pong" };
      case "message":
        return { type: "echo", content: asked.content, connection: shown(connection) };
      case "status":
        return { type: "status", ...this.#status() };
      case "broadcast":
        return this.#broadcast(connection, asked);
      case "push":
        return { type: "push_set", dueAt: this.#push(asked) };
      case "hold":
        clearInterval(this.#held);
        this.#held = setInterval(() => {}, durationOf(asked, "everyMs", { min: 10, or: 1_000 }));
        return { type: "held" };
      case "release":
        clearInterval(this.#held);
        return { type: "released" };
      default:
        throw new Refusal(`Cannot answer: received type ${brief(asked.type)}, which is not known`);
    }
  }

  /** Tells everybody with the tag, or everybody; gives what the sender itself is told. */
  #broadcast({ id: from, tag: own }: Connection, { content, tag }: Asked): Message | undefined {
    if (tag !== undefined && typeof tag !== "string") {
      throw new Refusal(`Cannot broadcast: received tag ${brief(tag)}, expected a text`);
    }
    const message = { type: "broadcast", content, from };
    for (const ws of this.sockets(tag)) {
      if (attachmentOf(ws)?.id !== from) this.#send(ws, message);
    }
    return tag === undefined || tag === own ? message : undefined;
  }

  /** Keeps a message for the alarm; gives when it is due. */
  #push(asked: Asked): number {
    const dueAt = Date.now() + durationOf(asked, "afterMs", { min: 0 });
    const { content = null } = asked;
    const pushes = this.#pushes();
    if (pushes.length >= MOST_PUSHES || text(content).length > LONGEST_PUSH) {
      throw new Refusal(
        `Cannot push: expected at most ${MOST_PUSHES} at a time with ${LONGEST_PUSH} characters each`,
      );
    }
    this.ctx.storage.kv.put("pushes", [...pushes, { dueAt, content }]);
    this.#schedule(Date.now());
    return dueAt;
  }

  #closeStale(now: number): void {
    console.log("Alarm triggered - checking for stale connections");
    for (const ws of this.#open()) {
      const connection = attachmentOf(ws);
      if (connection === undefined) continue;
      if (now - this.lastSign(ws, connection) < this.#heartbeatTimeoutMs) continue;
      console.log("Closing stale connection via alarm", connection.id);
      this.#settle(ws);
      this.#count({ staleClosed: 1 });
      ws.close(4408, "no heartbeat");
    }
  }

  /**
   * Sets the alarm to what comes first: the next cleanup, while connections are open, or a push.
   * Nobody waits for these writes: the runtime holds back what is sent until they are on disk.
   */
  #schedule(now: number): void {
    const { storage } = this.ctx;
    let cleanupAt = storage.kv.get<number>("cleanupAt") ?? 0;
    if (this.#open().length === 0) {
      storage.kv.delete("cleanupAt");
      cleanupAt = Infinity;
    } else if (cleanupAt <= now) {
      cleanupAt = now + this.#cleanupIntervalMs;
      storage.kv.put("cleanupAt", cleanupAt);
    }
    const next = Math.min(cleanupAt, ...this.#pushes().map(({ dueAt }) => dueAt));
    if (next === Infinity) storage.deleteAlarm();
    else storage.setAlarm(next);
  }

  /** Sends with the instance and the time; false for a socket that is closing. */
  #send(ws: Socket, message: Message): boolean {
    if (ws.readyState !== OPEN) return false;
    const now = Date.now();
    ws.send(JSON.stringify({
      ...message,
      instance: this.#instance,
      ageMs: now - this.#constructedAt,
      timestamp: now,
    }));
    return true;
  }

  /** Moves what was counted of a connection into storage, once. */
  #settle(ws: Socket): void {
    const connection = attachmentOf(ws);
    if (connection === undefined) return;
    ws.serializeAttachment(null);
    this.#count({ received: connection.received, answered: connection.answered });
  }

  #count(more: Partial<Counts>): void {
    const counts = this.#counts();
    for (const name of Object.keys(more) as (keyof Counts)[]) counts[name] += more[name] ?? 0;
    this.ctx.storage.kv.put("counts", counts);
  }

  #counts(): Counts {
    return { ...NO_COUNTS, ...this.ctx.storage.kv.get<Counts>("counts") };
  }

  #pushes(): Push[] {
    return this.ctx.storage.kv.get<Push[]>("pushes") ?? [];
  }

  #open(): Socket[] {
    return this.sockets().filter(({ readyState }) => readyState === OPEN);
  }

  #status(): Record<string, unknown> {
    const { closes, staleClosed, alarms } = this.#counts();
    const alarmInstance = this.ctx.storage.kv.get<string>("alarmInstance") ?? null;
    return { connections: this.#open().length, closes, staleClosed, alarms, alarmInstance };
  }

  /** `edge-repro/stats@1`, as far as the object can know: asking wakes it. */
  #figures(): Record<string, unknown> {
    const { id } = this.ctx;
    const open = this.#open();
    const total = this.#counts();
    for (const ws of open) {
      const connection = attachmentOf(ws);
      total.received += connection?.received ?? 0;
      total.answered += connection?.answered ?? 0;
    }
    const hibernates = this.accepted === "hibernation";
    const object = {
      id: id.toString(),
      name: id.name,
      className: hibernates ? "EchoObject" : "PlainEchoObject",
      instance: this.#instance,
      ageMs: Date.now() - this.#constructedAt,
      ...total,
      sockets: { hibernatable: hibernates ? open.length : 0, plain: hibernates ? 0 : open.length },
    };
    return { schema: "edge-repro/stats@1", waiting: 0, locks: 0, upstreams: 0, objects: [object] };
  }

  get #heartbeatTimeoutMs(): number {
    return Number(this.env.HEARTBEAT_TIMEOUT_MS) || 60_000;
  }

  get #cleanupIntervalMs(): number {
    return Number(this.env.CLEANUP_INTERVAL_MS) || 60_000;
  }
}

/** The version that hibernates: the runtime holds the sockets, and calls a method for each event. */
export class EchoObject extends Echo {
  protected readonly accepted = "hibernation";

  /** Runs again after each eviction: what it sets need not be new to the runtime. */
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(AUTO_PING, AUTO_PONG));
  }

  /** A message, for which the object may just have been constructed anew. */
  webSocketMessage(ws: Socket, message: string | ArrayBuffer): void {
    this.receive(ws, message);
  }

  /** The client closed, or vanished (code 1006). */
  webSocketClose(ws: Socket, code: number): void {
    this.closed(ws, code);
  }

  /** The connection broke; `webSocketClose` is not called after this. */
  webSocketError(ws: Socket, error: unknown): void {
    this.broken(ws, error);
  }

  protected take(ws: Socket, tag: string): void {
    this.ctx.acceptWebSocket(ws, [tag]);
  }

  protected sockets(tag?: string): Socket[] {
    return this.ctx.getWebSockets(tag);
  }

  /** A ping that the runtime answered is a sign too, and one that did not wake the object. */
  protected lastSign(ws: Socket, { lastHeartbeat }: Connection): number {
    const autoPing = this.ctx.getWebSocketAutoResponseTimestamp(ws);
    return Math.max(lastHeartbeat, autoPing?.getTime() ?? 0);
  }
}

/** The version that does not: listeners hold the sockets, and the sockets hold the object in memory. */
export class PlainEchoObject extends Echo {
  protected readonly accepted = "plain";
  readonly #sockets = new Set<Socket>();

  protected take(ws: Socket): void {
    ws.accept();
    this.#sockets.add(ws);
    ws.addEventListener("message", (event) => this.receive(ws, (event as MessageEvent).data));
    ws.addEventListener("close", (event) => {
      if (this.#sockets.delete(ws)) this.closed(ws, (event as CloseEvent).code);
    });
    ws.addEventListener("error", (event) => {
      if (this.#sockets.delete(ws)) this.broken(ws, (event as ErrorEvent).error);
    });
  }

  protected sockets(tag?: string): Socket[] {
    return [...this.#sockets].filter((ws) => tag === undefined || attachmentOf(ws)?.tag === tag);
  }

  protected lastSign(_ws: Socket, { lastHeartbeat }: Connection): number {
    return lastHeartbeat;
  }
}

/** What is attached; undefined once the connection was settled. */
function attachmentOf(ws: Socket): Connection | undefined {
  return (ws.deserializeAttachment() as Connection | null) ?? undefined;
}

/** What clients are told of a connection. */
function shown({ id, connectedAt, metadata, tag }: Connection): Partial<Connection> {
  return { id, connectedAt, metadata, tag };
}

function parse(message: unknown): Asked {
  if (typeof message !== "string") {
    throw new Refusal("Cannot read the message: received binary data, expected JSON as text");
  }
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    throw new Refusal(`Cannot read the message: received ${brief(message)}, expected JSON`);
  }
  if (isDeeper(value, MOST_LEVELS)) {
    throw new Refusal(
      `Cannot read the message: it is nested over ${MOST_LEVELS} levels deep, expected less`,
    );
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new Refusal(`Cannot read the message: received ${brief(value)}, expected a JSON object`);
}

function durationOf(asked: Asked, name: string, { min, or }: { min: number; or?: number }): number {
  const value = asked[name] ?? or;
  if (typeof value === "number" && value >= min && value <= DAY_MS) return Math.ceil(value);
  const bounds = `from ${min} to ${DAY_MS}`;
  throw new Refusal(
    `Cannot ${asked.type}: received ${name} ${brief(value)}, expected ${bounds}`,
  );
}

/** Whether a value of JSON has more levels than that. */
function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1));
}

/** A value as JSON. */
function text(value: unknown): string {
  return JSON.stringify(value) ?? "undefined";
}

/** The same for an error message, which is not to be as long as what it complains of. */
function brief(value: unknown): string {
  const whole = text(value);
  return whole.length > 100 ? `${whole.slice(0, 100)}…` : whole;
}

/** Whether a close frame may carry the code: others come only of broken or careless clients. */
function isSendable(code: number): boolean {
  return (code >= 3000 && code <= 4999) || (code >= 1000 && code <= 1003) ||
    (code >= 1007 && code <= 1014);
}

/** The query's names, and how long their values may be. */
const LONGEST: Readonly<Record<string, number>> = { object: 128, tag: 64, metadata: 1_024 };

/** The Worker: finds the object that a request names. The page beside it is a static asset. */
export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const [, service, version, ...rest] = pathname.split("/");
    const isService = service === "websocket" || service === "stats";
    if (!isService || rest.length > 0 || !["plain", undefined].includes(version)) {
      return new Response(`There is nothing at ${pathname}\n`, { status: 404 });
    }
    if (service === "websocket" && request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
      return new Response("Cannot answer: expected a WebSocket handshake (Upgrade: websocket)\n", {
        status: 426,
        headers: { upgrade: "websocket" },
      });
    }
    for (const [name, longest] of Object.entries(LONGEST)) {
      if ((searchParams.get(name) ?? "").length > longest) {
        const expected = `expected at most ${longest} characters`;
        return new Response(`Cannot take ${name}: ${expected}\n`, { status: 400 });
      }
    }
    const objects = version === "plain" ? env.PLAIN_ECHO : env.ECHO;
    return await objects.getByName(searchParams.get("object") || "echo").fetch(request);
  },
};
