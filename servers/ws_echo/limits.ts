// What strangers may make a public echo server do, at most: handshakes, objects, sockets and messages.

import type { Clock } from "../../lab/clock.ts";
import type { HostFigures } from "../durable_objects/figures.ts";
import * as echo from "./worker/echo.ts";

/** The limits of an echo server. */
export interface WsEchoLimits {
  /** How many objects may be there; more are made when all connections of the former are over. */
  objects: number;
  /** How many sockets may be open in all. */
  sockets: number;
  /** How many of them may be one object's. */
  socketsPerObject: number;
  /** How many requests to objects one address may make within any minute, handshakes included. */
  requestsPerMinute: number;
  /** How many messages one socket may send within any minute. */
  messagesPerMinute: number;
  /** How long one message may be, in characters. */
  messageLength: number;
  /** How many pages may watch objects at one time. */
  watchers: number;
}

/** The limits for a server that anyone can reach. */
export const PUBLIC_LIMITS: Readonly<WsEchoLimits> = {
  objects: 200,
  sockets: 200,
  socketsPerObject: 20,
  requestsPerMinute: 60,
  messagesPerMinute: 240,
  messageLength: 16_384,
  watchers: 100,
};

const MINUTE_MS = 60_000;

/** Counts how often each of several things was done within the last minute. */
export class PerMinute<Key> {
  readonly #clock: Pick<Clock, "now">;
  readonly #most: number;
  readonly #done = new Map<Key, number[]>();
  #sweptMs = -Infinity;

  /** @param most How often one of them may be done within any minute. */
  constructor(clock: Pick<Clock, "now">, most: number) {
    this.#clock = clock;
    this.#most = most;
  }

  /** Counts one more; false, uncounted, where that is too many. */
  take(key: Key): boolean {
    const now = this.#clock.now();
    this.#sweep(now);
    const recent = (this.#done.get(key) ?? []).filter((at) => now - at < MINUTE_MS);
    this.#done.set(key, recent);
    if (recent.length >= this.#most) return false;
    recent.push(now);
    return true;
  }

  /** Forgets those who were not there for a minute. */
  #sweep(now: number): void {
    if (now - this.#sweptMs < MINUTE_MS) return;
    this.#sweptMs = now;
    for (const [key, times] of this.#done) {
      if (now - (times.at(-1) ?? -Infinity) >= MINUTE_MS) this.#done.delete(key);
    }
  }
}

/** How many sockets of a host are open. */
export function openSockets({ objects }: HostFigures): number {
  return objects.reduce((sum, { sockets }) => sum + sockets.hibernatable + sockets.plain, 0);
}

/** Why an object cannot be reached at this moment: a line; undefined when it can. */
export function refusalOf(
  figures: HostFigures,
  object: { name: string; className: string },
  limits: WsEchoLimits,
): string | undefined {
  const found = figures.objects.find(({ name, className }) =>
    name === object.name && className === object.className
  );
  const own = found ? found.sockets.hibernatable + found.sockets.plain : 0;
  if (own >= limits.socketsPerObject) {
    return `${limits.socketsPerObject} connections to this object are open (the limit here)`;
  }
  if (openSockets(figures) >= limits.sockets) {
    return `${limits.sockets} connections are open (the limit here)`;
  }
  if (found === undefined && figures.objects.length >= limits.objects) {
    return `${limits.objects} objects are in use (the limit here)`;
  }
  return undefined;
}

type Socket = Parameters<echo.EchoObject["webSocketMessage"]>[0];

/** The echo objects' classes, in which whoever sends too much is closed with code 1008. */
export function limitedClasses(
  clock: Pick<Clock, "now">,
  limits: WsEchoLimits,
): Pick<typeof echo, "EchoObject" | "PlainEchoObject"> {
  const { messagesPerMinute, messageLength } = limits;
  const perMinute = new PerMinute<Socket>(clock, messagesPerMinute);
  const isAllowed = (ws: Socket, message: unknown): boolean => {
    if (lengthOf(message) > messageLength) {
      ws.close(1008, `messages may have ${messageLength} characters`);
      return false;
    }
    if (perMinute.take(ws)) return true;
    ws.close(1008, `${messagesPerMinute} messages a minute are allowed`);
    return false;
  };
  class LimitedEchoObject extends echo.EchoObject {
    protected override receive(ws: Socket, message: unknown): void {
      if (isAllowed(ws, message)) super.receive(ws, message);
    }
  }
  class LimitedPlainEchoObject extends echo.PlainEchoObject {
    protected override receive(ws: Socket, message: unknown): void {
      if (isAllowed(ws, message)) super.receive(ws, message);
    }
  }
  return { EchoObject: LimitedEchoObject, PlainEchoObject: LimitedPlainEchoObject };
}

function lengthOf(message: unknown): number {
  if (typeof message === "string") return message.length;
  return message instanceof ArrayBuffer ? message.byteLength : 0;
}
