// How an experiment speaks to its objects from outside: requests, clients byte by byte, and long waits.

import { assertEquals } from "@std/assert";
import { realClock } from "../../lab/clock.ts";
import { BINARY, CLOSE, PING, PONG, RawClient, TEXT } from "../ws_faults_socket.ts";
import { shown } from "./outcome.ts";
import { EVICTION_MS, type Side } from "./sides.ts";

/** How long anything may take that is to come, in milliseconds. */
const PATIENCE_MS = 25_000;

/** How often notes are looked at until they are there, in milliseconds. */
const LOOKS_EACH_MS = 100;

/** After how long canaries are asked: once is enough unless the machine is busy. */
const CANARIES_MS = [EVICTION_MS + 300, EVICTION_MS + 1_500, EVICTION_MS + 5_000];

/** A client of an object. */
export class Client {
  readonly #raw: RawClient;

  /** Takes over what was opened. */
  constructor(raw: RawClient) {
    this.#raw = raw;
  }

  /** The connection, to do with it what no library does. */
  get raw(): RawClient {
    return this.#raw;
  }

  /** The handshake's status. */
  get status(): number {
    return Number(this.#raw.head.split(" ")[1]);
  }

  /** Sends a text. */
  say(text: string): void {
    this.#raw.frame(TEXT, text);
  }

  /** The next thing that comes, in words: `text "x"`, `close 1000 "bye"`, `end`, … */
  async next(): Promise<string> {
    const came = await this.#raw.next();
    if (came.kind === "end") return "end";
    const { opcode, payload } = came;
    const text = new TextDecoder().decode(payload);
    switch (opcode) {
      case TEXT:
        return text.length > 200 ? `text of ${text.length}` : `text ${JSON.stringify(text)}`;
      case BINARY:
        return payload.length > 200 ? `binary of ${payload.length}` : `binary [${payload}]`;
      case PING:
        return "ping";
      case PONG:
        return `pong of ${payload.length}`;
      case CLOSE: {
        if (payload.length < 2) return "close";
        const code = (payload[0] ?? 0) * 256 + (payload[1] ?? 0);
        return `close ${code} ${JSON.stringify(new TextDecoder().decode(payload.subarray(2)))}`;
      }
    }
    return `opcode ${opcode}`;
  }

  /** The next things that come. */
  async take(count: number): Promise<string[]> {
    const all: string[] = [];
    while (all.length < count) all.push(await this.next());
    return all;
  }

  /** All that has come and comes until `last`, which ends it. */
  async upTo(last: string): Promise<string[]> {
    const all: string[] = [];
    do all.push(await this.next()); while (all.at(-1) !== last && all.at(-1) !== "end");
    return all;
  }

  /** All that comes up to the end, to which it helps by ending its own side after a close frame. */
  async ended(): Promise<string[]> {
    const first = await this.next();
    if (first === "end") return [first];
    if (first.startsWith("close")) this.#raw.fin();
    return [first, ...await this.ended()];
  }

  /** Sends a close frame with this payload. */
  close(payload: Uint8Array | string): void {
    this.#raw.frame(CLOSE, payload);
  }
}

/** One runtime, as an experiment speaks to it. */
export class Talk {
  readonly #side: Side;
  readonly #scope: AsyncDisposableStack;

  /** What it opens ends with the scope. */
  constructor(side: Side, scope: AsyncDisposableStack) {
    this.#side = side;
    this.#scope = scope;
  }

  /** Where the Worker answers. */
  get url(): URL {
    return this.#side.url;
  }

  /** Opens a WebSocket to an object; whether it is one is for the caller to see. */
  async client(object: string, tag = ""): Promise<Client> {
    const query = new URLSearchParams({ object, tag });
    const raw = await RawClient.dial(Number(this.#side.url.port), `/?${query}`);
    return new Client(this.#scope.use(raw));
  }

  /** Lets an object do what its script has for a request. */
  async request(object: string): Promise<unknown> {
    return await this.#get("/script", object);
  }

  /** Which incarnation of an object answers, from 1; asking wakes it. */
  async incarnation(object: string): Promise<number> {
    return await this.#get("/", object) as number;
  }

  /** What an object has noted; asking does not wake it. */
  async notes(object: string): Promise<string[]> {
    return await this.#get("/notes", object) as string[];
  }

  /** The same, as soon as so many are there. */
  async noted(object: string, count: number): Promise<string[]> {
    const end = realClock.now() + PATIENCE_MS;
    for (;;) {
      const notes = await this.notes(object);
      if (notes.length >= count) return notes;
      if (realClock.now() > end) return [...notes, `nothing more within ${PATIENCE_MS} ms`];
      await realClock.sleep(LOOKS_EACH_MS);
    }
  }

  /**
   * Resolves once an object has been evicted that was idle for a shorter time than any that is idle
   * now: whoever is still in memory then has something that keeps it.
   */
  async evicted(): Promise<void> {
    const begun = realClock.now();
    const canaries = CANARIES_MS.map(() => `nothing#${crypto.randomUUID()}`);
    await Promise.all(canaries.map((canary) => this.incarnation(canary)));
    for (const [index, canary] of canaries.entries()) {
      await realClock.sleep(begun + (CANARIES_MS[index] ?? 0) - realClock.now());
      if (await this.incarnation(canary) > 1) return;
    }
    throw new Error(`${this.#side.name} evicts nothing within ${CANARIES_MS.at(-1)} ms`);
  }

  /** Has a request under way for ever, until the scope ends. */
  hang(object: string): void {
    const over = new AbortController();
    this.#scope.defer(() => over.abort());
    this.#get("/script", object, over.signal).catch(() => {});
  }

  async #get(path: string, object: string, signal?: AbortSignal): Promise<unknown> {
    const url = new URL(path, this.#side.url);
    url.searchParams.set("object", object);
    const response = await fetch(url, signal ? { signal } : {});
    const text = await response.text();
    assertEquals(response.status, 200, `${object}: ${text}`);
    return JSON.parse(text);
  }
}

/** A conversation: what comes of it is compared. */
export type Conversation = (talk: Talk) => Promise<unknown>;

/** Conversations by what they show. */
export type Conversations = Readonly<Record<string, Conversation>>;

/** What came of a conversation, as one line. */
export async function outcomeOfTalk(conversation: Conversation, talk: Talk): Promise<string> {
  try {
    return shown(await conversation(talk));
  } catch (error) {
    return `failed: ${error instanceof Error ? error.message : error}`;
  }
}
