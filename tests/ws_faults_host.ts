// For tests: an echo server under attack, and the witness whose answers show that nobody else suffers.

import { assert, assertEquals } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { Dialogue } from "../probes/dialogue.ts";
import { listen } from "../servers/listen.ts";
import type { WsEchoOptions } from "../servers/ws_echo/echo_host.ts";
import { createWsEcho, type WsEcho } from "../servers/ws_echo/ws_echo.ts";

/** How long a witness waits for an answer, in milliseconds. */
const PATIENCE_MS = 10_000;

/** Connects a client that behaves, by the probes' own means. */
export function witness(url: string, path = "/websocket"): Promise<Dialogue> {
  return Dialogue.connect({
    access: { url: new URL(url), headers: {}, insecure: false },
    path,
    clock: realClock,
    signal: new AbortController().signal,
    handshakeTimeoutMs: PATIENCE_MS,
    thresholdMs: PATIENCE_MS,
  });
}

/** Asserts that a client is answered. */
export async function answered(...clients: readonly Dialogue[]): Promise<void> {
  for (const client of clients) {
    const content = crypto.randomUUID();
    const reply = await client.request("message", { content });
    assert(!reply.lost, `the witness got no answer: ${JSON.stringify(reply)}`);
    assertEquals(reply.answer.content, content);
  }
}

/** Waits for what will be so, however long that takes within bounds. */
export async function until(
  what: string,
  isSo: () => boolean,
  withinMs = PATIENCE_MS,
): Promise<void> {
  const deadlineMs = realClock.now() + withinMs;
  while (!isSo()) {
    assert(realClock.now() < deadlineMs, `it did not become so: ${what}`);
    await realClock.sleep(5);
  }
}

/** An echo server of this process, on a port. */
export interface EchoUnderTest extends AsyncDisposable {
  echo: WsEcho;
  url: string;
  port: number;
  /** The objects' log. */
  log: string[];
  /** How many sockets the figures have of an object. */
  sockets(name: string, className?: string): number;
  /** Waits until an object has so many sockets and nothing under way. */
  settled(name: string, sockets: number, className?: string): Promise<void>;
}

/** Starts one. A variant is not set: everything is answered. */
export async function startEcho(options: WsEchoOptions = {}): Promise<EchoUnderTest> {
  const log: string[] = [];
  const failures: unknown[] = [];
  const echo = await createWsEcho({ onLog: (line) => log.push(line), ...options });
  const listening = await listen(echo, { onError: (error) => failures.push(error) });
  const { url, port } = listening;
  const figures = (name: string, className = "EchoObject") =>
    echo.stats().objects.find((one) => one.name === name && one.className === className);
  const sockets = (name: string, className?: string) => {
    const { hibernatable = 0, plain = 0 } = figures(name, className)?.sockets ?? {};
    return hibernatable + plain;
  };
  return {
    ...{ echo, url, port, log, sockets },
    async settled(name, count, className) {
      await until(
        `${name} has ${count} sockets: ${JSON.stringify(figures(name, className))}`,
        () => sockets(name, className) === count,
      );
    },
    async [Symbol.asyncDispose]() {
      await echo.close();
      await listening.close();
      assertEquals(failures, []);
    },
  };
}
