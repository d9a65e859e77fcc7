// The way to backends on Deno: `node:http`, which keeps a content's length and a path's dots.

import type { Buffer } from "node:buffer";
import { Agent, type ClientRequest, type IncomingMessage, request as overHttp } from "node:http";
import { Agent as TlsAgent, request as overHttps } from "node:https";
import type { Clock } from "../../lab/clock.ts";
import { backendSilent } from "./errors.ts";
import { type Meter, type Outbound, UnreachableError } from "./outbound.ts";
import { sendBody } from "./send_body_deno.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** How the system says that nobody is there. */
const UNREACHABLE = [
  ...["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "ETIMEDOUT"],
  ...["EADDRNOTAVAIL", "EACCES"],
];
/** How it says that a connection is gone. */
const GONE = ["ECONNRESET", "EPIPE"];
/** Answers without content, whatever their header fields say. Source: RFC 9110 §6.4.1. */
const WITHOUT_CONTENT = [204, 205, 304];

/**
 * Connections to backends, kept for the next request.
 *
 * Deno's `fetch` sends every stream of ours chunked, and resolves dot segments (Deno 2.9).
 */
export class NodeOutbound {
  readonly #clock: Pick<Clock, "setTimeout">;
  readonly #meter: Meter;
  readonly #agents = {
    http: new Agent({ keepAlive: true, maxFreeSockets: 64 }),
    https: new TlsAgent({ keepAlive: true, maxFreeSockets: 64 }),
  };

  /**
   * Has no connection yet.
   *
   * @param clock The time, for how long a backend may be silent.
   * @param meter Counts what waits to be sent.
   */
  constructor(clock: Pick<Clock, "setTimeout">, meter: Meter) {
    this.#clock = clock;
    this.#meter = meter;
  }

  /** {@inheritDoc Send} */
  async send(outbound: Outbound): Promise<Response> {
    const { body, method, signal, onOver } = outbound;
    try {
      signal.throwIfAborted();
      let first: ClientRequest | undefined;
      return await this.#ask(outbound, (asked) => first = asked).catch((error) => {
        // A connection that was kept may have been closed by the backend just now.
        const mayRepeat = first?.reusedSocket === true && method !== "POST" &&
          !(body instanceof ReadableStream);
        if (!mayRepeat || signal.aborted || !GONE.includes(codeOf(error))) throw error;
        return this.#ask(outbound);
      });
    } catch (error) {
      onOver();
      if (signal.aborted) throw signal.reason;
      if (!UNREACHABLE.includes(codeOf(error))) throw error;
      throw new UnreachableError("Cannot reach a backend: expected somebody at its address", {
        cause: error,
      });
    }
  }

  /** Closes all connections. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  #ask(outbound: Outbound, onOpen?: (asked: ClientRequest) => void): Promise<Response> {
    const { signal } = outbound;
    return new Promise((resolve, reject) => {
      const asked = this.#open(outbound);
      onOpen?.(asked);
      const leave = () => {
        drop(asked);
        reject(signal.reason);
      };
      let isAnswered = false;
      signal.addEventListener("abort", leave, { once: true });
      asked.on("error", reject);
      asked.on("close", () => {
        signal.removeEventListener("abort", leave);
        reject(new Error("Cannot read an answer: received the end of the connection"));
      });
      asked.on("response", (message) => {
        isAnswered = true;
        try {
          resolve(this.#responseOf(message, asked, outbound));
        } catch (error) {
          drop(asked);
          reject(error);
        }
      });
      sendBody(asked, outbound.body, this.#meter, () => isAnswered).catch((error) => {
        drop(asked);
        reject(error);
      });
    });
  }

  #open({ method, url, headers, body, lengthBytes, framing }: Outbound): ClientRequest {
    const { protocol, hostname, port, host } = new URL(url);
    const fields: Record<string, string> = { ...Object.fromEntries(headers), host };
    // What stores keep compressed goes on as it is kept.
    fields["accept-encoding"] = "identity";
    const isFixed = framing === "fixed" || !(body instanceof ReadableStream);
    if (body !== null && isFixed && lengthBytes !== undefined) {
      fields["content-length"] = String(lengthBytes);
    }
    const isTls = protocol === "https:";
    return (isTls ? overHttps : overHttp)({
      agent: isTls ? this.#agents.https : this.#agents.http,
      method,
      host: addressOf(hostname),
      port: port || (isTls ? 443 : 80),
      // Not of the URL, which has resolved it.
      path: targetOf(url),
      headers: fields,
    });
  }

  #responseOf(message: IncomingMessage, asked: ClientRequest, outbound: Outbound): Response {
    const { statusCode: status = 0, rawHeaders } = message;
    const headers = new Headers();
    for (let i = 0; i < rawHeaders.length; i += 2) {
      headers.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
    }
    const hasContent = outbound.method !== "HEAD" && !WITHOUT_CONTENT.includes(status) &&
      headers.get("content-length") !== "0";
    if (!hasContent) {
      message.on("close", outbound.onOver);
      message.on("end", outbound.onOver);
      message.resume();
    }
    return new Response(hasContent ? this.#contentOf(message, asked, outbound) : null, {
      status,
      headers,
    });
  }

  /** The content of an answer as it comes, no faster than it is read. */
  #contentOf(
    message: IncomingMessage,
    asked: ClientRequest,
    { silenceMs, signal, onOver }: Outbound,
  ): ReadableStream<Bytes> {
    const clock = this.#clock;
    let cancelTimer = () => {};
    let isOver = false;
    /** Whether it was not over before. */
    const over = () => {
      if (isOver) return false;
      isOver = true;
      cancelTimer();
      onOver();
      return true;
    };
    message.pause();
    return new ReadableStream<Bytes>({
      start(controller) {
        const fail = (error: unknown) => {
          if (over()) controller.error(signal.aborted ? signal.reason : error);
        };
        message.on("data", (chunk: Buffer<ArrayBuffer>) => {
          cancelTimer();
          message.pause();
          if (!isOver) controller.enqueue(chunk);
        });
        message.on("end", () => {
          if (!over()) return;
          controller.close();
          // What is left of the content has nobody to go to.
          if (!asked.writableEnded) drop(asked);
        });
        message.on("error", fail);
        message.on("close", () => fail(new Error("The answer ended before its end")));
      },
      pull() {
        cancelTimer();
        cancelTimer = clock.setTimeout(() => message.destroy(backendSilent()), silenceMs);
        message.resume();
      },
      cancel() {
        over();
        drop(asked);
        message.destroy();
      },
    }, { highWaterMark: 0 });
  }
}

/**
 * Ends a request for good. Deno 2.9.6 sends one again, on a new connection and with what was written so
 * far, that is destroyed on a connection which had served another before.
 */
function drop(asked: ClientRequest): void {
  asked.reusedSocket = false;
  asked.destroy();
}

/** Path and query as they stand in a URL. */
function targetOf(url: string): string {
  const slash = url.indexOf("/", url.indexOf("://") + 3);
  return slash < 0 ? "/" : url.slice(slash);
}

/** What to connect to. Names below `localhost` are this machine (RFC 6761 §6.3); not all systems know. */
function addressOf(hostname: string): string {
  return hostname.endsWith(".localhost") ? "localhost" : hostname.replace(/^\[(.*)\]$/, "$1");
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
