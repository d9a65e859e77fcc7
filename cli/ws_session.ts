// A session of the WebSocket client: one connection after another, requests, heartbeats, counts.

import type { Clock } from "../lab/clock.ts";
import { InconclusiveError, messageOf } from "../lab/errors.ts";
import type { Access } from "../lab/scenario.ts";
import { parseMessage } from "../probes/dialogue_message.ts";
import { isAnswered, RequestBook } from "../probes/dialogue_requests.ts";
import { connectWebSocket, type Received, type WebSocketClient } from "../probes/web_socket.ts";
import { missingPermission } from "./permission.ts";
import type { WsEvent, WsSummary } from "./ws_event.ts";
import type { WsAction } from "./ws_line.ts";

/** What a session takes. */
export interface WsSessionOptions {
  access: Access;
  /** Below the access's own path, with its query. */
  path: string;
  /** The URL as others may read it. */
  shownUrl: string;
  clock: Clock;
  /** Between heartbeats, in milliseconds; 0 for none. */
  heartbeatMs: number;
  /** How long an answer may take before its request is marked as lost, in milliseconds. */
  thresholdMs: number;
  /** How long connecting may take, in milliseconds. */
  timeoutMs: number;
  /** Whether to connect again after the connection has ended. */
  reconnect: boolean;
  /** From 0 to 1: how much of a delay's half is left to chance. */
  random(): number;
  /** Takes what happens, with its time. */
  onEvent(event: WsEvent, atMs: number): void;
  /** Aborts when no connection is to be tried any more. */
  signal: AbortSignal;
}

/** The delay before the first try to reconnect, the longest one, and how many are made in a row. */
const FIRST_DELAY_MS = 500, LONGEST_DELAY_MS = 30_000, MOST_ATTEMPTS = 10;

/** A session: connect, perform what is asked for, finish. */
export class WsSession {
  readonly #options: WsSessionOptions;
  readonly #summary: WsSummary = { sent: 0, answered: 0, late: 0, lost: 0, open: 0, unsent: 0 };
  readonly #over = Promise.withResolvers<void>();
  readonly #pending = new Set<Promise<unknown>>();
  readonly #finishing = new AbortController();
  #socket: WebSocketClient | undefined;
  #book: RequestBook;
  #instance: string | undefined;
  #everConnected = false;
  #connected = Promise.withResolvers<void>();

  /** A session that has not begun. */
  constructor(options: WsSessionOptions) {
    this.#options = options;
    this.#book = new RequestBook(options.clock);
    this.#over.promise.catch(() => {});
  }

  /** Resolves when the session has ended: closed, and not to be connected again. May reject. */
  get over(): Promise<void> {
    return this.#over.promise;
  }

  /** Connects. Rejects with an `InconclusiveError` when that cannot be done. */
  async start(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      if (!this.#options.reconnect || !isWorthTrying(error)) throw error;
      await this.#connectAgain(messageOf(error));
    }
  }

  /** Does what a line asks for. Resolves when it is sent, or the wait is over. */
  async perform(action: WsAction): Promise<void> {
    if (action.kind === "wait") {
      await Promise.race([this.#sleep(action.ms), this.over]);
      return;
    }
    if (action.kind !== "request" && action.kind !== "text") return;
    await Promise.race([this.#connected.promise, this.over]);
    const socket = this.#socket;
    if (socket === undefined) return this.leaveOut(1);
    await this.#send(socket, this.#enter(action, "line"));
  }

  /** Counts lines that will not be sent. */
  leaveOut(count: number): void {
    this.#summary.unsent += count;
  }

  /** Resolves when nothing that has been sent by now waits for an answer any more. */
  async settled(): Promise<void> {
    // Heartbeats go on meanwhile: whoever waited for those too might wait for ever.
    await Promise.all(this.#pending);
  }

  /** Closes with 1000, where something is open, and gives the counts, which are told of if it ever connected. */
  async finish(): Promise<WsSummary> {
    this.#finishing.abort();
    await this.#socket?.close(1000);
    await this.settled();
    this.#over.resolve();
    if (this.#everConnected) this.#emit({ event: "summary", ...this.#summary });
    return this.#summary;
  }

  async #connect(): Promise<void> {
    const { access, path, clock, timeoutMs, shownUrl, signal } = this.#options;
    const book = new RequestBook(clock);
    // It ends the handshake only: an open connection is closed in order.
    const trying = new AbortController();
    const giveUp = AbortSignal.any([signal, this.#finishing.signal]);
    const onAbort = () => trying.abort(giveUp.reason);
    giveUp.addEventListener("abort", onAbort);
    if (giveUp.aborted) onAbort();
    const early: Received[] = [];
    let onReceived = (received: Received): void => {
      early.push(received);
    };
    let socket: WebSocketClient;
    try {
      socket = await connectWebSocket({
        access,
        path,
        clock,
        signal: trying.signal,
        handshakeTimeoutMs: timeoutMs,
        keep: false,
        onReceived: (received) => onReceived(received),
      });
    } finally {
      giveUp.removeEventListener("abort", onAbort);
    }
    this.#emit({ event: "connected", url: shownUrl, status: socket.handshake.status });
    this.#everConnected = true;
    this.#socket = socket;
    this.#book = book;
    onReceived = (received) => this.#hear(received, book);
    for (const received of early) onReceived(received);
    const stopHeartbeats = this.#beat(socket);
    this.#connected.resolve();
    socket.ended.then(({ code, reason, why, atMs }) => {
      stopHeartbeats();
      this.#socket = undefined;
      this.#connected = Promise.withResolvers();
      book.end();
      const left = this.#finishing.signal.aborted;
      const by = left ? "client" : "server";
      // What was lost with it is told of first.
      queueMicrotask(() => {
        this.#emit({ event: "closed", code, reason, by, ...(why !== undefined && { why }) }, atMs);
        if (left || !this.#options.reconnect) return this.#over.resolve();
        this.#connectAgain(`the connection ended with ${code}`)
          .catch((error) => this.#finishing.signal.aborted || this.#over.reject(error));
      });
    });
  }

  async #connectAgain(because: string): Promise<void> {
    let why = because;
    for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
      const fullMs = Math.min(FIRST_DELAY_MS * 2 ** (attempt - 1), LONGEST_DELAY_MS);
      // Between half of it and all: clients that lost the same server do not come back at once.
      const inMs = fullMs * (1 - this.#options.random() / 2);
      this.#emit({ event: "reconnecting", inMs, attempt, because: why });
      await this.#sleep(inMs);
      try {
        return await this.#connect();
      } catch (error) {
        if (!isWorthTrying(error)) throw error;
        why = messageOf(error);
      }
    }
    throw new InconclusiveError(`Cannot reconnect after ${MOST_ATTEMPTS} attempts: ${why}`);
  }

  async #sleep(ms: number): Promise<void> {
    const signal = AbortSignal.any([this.#options.signal, this.#finishing.signal]);
    await this.#options.clock.sleep(ms, { signal });
  }

  /** Sends heartbeats until what it returns is called. */
  #beat(socket: WebSocketClient): () => void {
    const { clock, heartbeatMs } = this.#options;
    if (heartbeatMs === 0) return () => {};
    let cancel = () => {};
    const arm = () => {
      cancel = clock.setTimeout(() => {
        void this.#send(socket, this.#enter({ kind: "request", type: "heartbeat" }, "heartbeat"));
        arm();
      }, heartbeatMs);
    };
    arm();
    return () => cancel();
  }

  /** Enters what is to be answered into the book. Gives the text to send. */
  #enter(action: WsAction & { kind: "request" | "text" }, by: "line" | "heartbeat"): string {
    if (action.kind === "text") {
      const { type = "text", id } = parseMessage(action.text) ?? {};
      this.#emit({ event: "sent", type, text: action.text, by });
      if (isAnswered(type)) this.#await(type, typeof id === "string" ? id : undefined);
      return action.text;
    }
    const { type, body } = action;
    this.#emit({ event: "sent", type, text: sayRequest(type, body), by });
    return JSON.stringify({ ...body, type, id: this.#await(type) });
  }

  #await(type: string, id?: string): string {
    this.#summary.sent++;
    const request = this.#book.add(type, this.#options.thresholdMs, id);
    const told = request.reply.then((reply) => {
      if (!reply.lost) return;
      if (reply.why === "closed" && this.#finishing.signal.aborted) {
        return void this.#summary.open++;
      }
      this.#summary.lost++;
      const { afterMs, why } = reply;
      this.#emit({ event: "lost", type, afterMs, why });
    }).finally(() => this.#pending.delete(told));
    this.#pending.add(told);
    return request.id;
  }

  async #send(socket: WebSocketClient, text: string): Promise<void> {
    try {
      await socket.send(text);
    } catch (error) {
      // The connection has ended, and with it what waits for an answer is told of as lost.
      if (!(error instanceof InconclusiveError)) throw error;
    }
  }

  #hear({ data, atMs }: Received, book: RequestBook): void {
    const message = parseMessage(data);
    const paired = message && book.take(message, atMs);
    if (paired !== undefined) {
      this.#summary.answered++;
      if (paired.late) {
        this.#summary.late++;
        this.#summary.lost--;
      }
    }
    const { instance } = message ?? {};
    const reconstructed = instance !== undefined && this.#instance !== undefined &&
      instance !== this.#instance;
    this.#instance = instance ?? this.#instance;
    this.#emit({
      event: "received",
      ...(message && { type: message.type }),
      ...(typeof data === "string" && { text: data }),
      bytes: typeof data === "string" ? new TextEncoder().encode(data).length : data.byteLength,
      ...(paired && { roundTripMs: paired.roundTripMs, late: paired.late }),
      ...(instance !== undefined && { instance }),
      ...(reconstructed && { reconstructed }),
    }, atMs);
  }

  #emit(event: WsEvent, atMs: number = this.#options.clock.now()): void {
    this.#options.onEvent(event, atMs);
  }
}

/** What a request looks like to people: its type, and what was typed. */
function sayRequest(type: string, body: Record<string, unknown> | undefined): string {
  const { content } = body ?? {};
  return content === undefined ? type : `${type} ${JSON.stringify(content)}`;
}

/** Whether trying again may help: not where this process may not connect at all. */
function isWorthTrying(error: unknown): boolean {
  return error instanceof InconclusiveError && missingPermission(error) === undefined;
}
