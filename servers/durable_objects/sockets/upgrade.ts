// Couples the client's end of a WebSocket with the real connection that a request came on.

import { realClock } from "../../../lab/clock.ts";
import type { WorkersWebSocket } from "../api.ts";
import type { End } from "./channel.ts";
import { ABNORMAL, NO_CODE, VANISHED_REASON } from "./close_code.ts";
import type { EndListener, SocketData } from "./end.ts";
import { MAX_MESSAGE_BYTES, type NetworkEnd, networkEnd, protocolError } from "./network_error.ts";
import { isWorkersWebSocket, WebSocketEnd } from "./web_socket.ts";

/** After how many seconds of silence a client is given up: it is pinged after half of them. Deno's own default. */
export const SILENCE_SECONDS = 30;

/**
 * How much may wait for a client that does not read, in bytes, when another message for it
 * closes it with 1013. Twice the largest message of a client, so that an echo of one is never too much;
 * the limit is ours, workerd's is its memory.
 */
export const MAX_BUFFERED_BYTES = 2 * MAX_MESSAGE_BYTES;

/** How long a handshake may still take once the request's signal has aborted, in milliseconds. */
const HANDSHAKE_GRACE_MS = 1000;

/** `WebSocket.OPEN`; the global is not asked, since objects have one of their own. */
const OPEN = 1;

/** How {@linkcode upgrade} is to go about it. */
export interface UpgradeOptions {
  /** Default: {@linkcode SILENCE_SECONDS}. */
  silenceSeconds?: number;
  /** Default: {@linkcode MAX_BUFFERED_BYTES}. */
  maxBufferedBytes?: number;
}

/**
 * Answers a WebSocket handshake: from then on the connection is the client's end's. What was sent on
 * the server's end before arrives first; a close before the handshake is done is carried out after it.
 *
 * @param ws The client's end; neither accepted nor used before.
 * @param response The answer that carries it, whose headers the handshake's answer takes over.
 * @returns The answer to give; a 500 in one line when there can be no handshake.
 */
export function upgrade(
  request: Request,
  ws: WorkersWebSocket,
  response: Response,
  options: UpgradeOptions = {},
): Response {
  if (!isWorkersWebSocket(ws)) {
    return refusal("the response's webSocket is not one of a WebSocketPair");
  }
  const end = WebSocketEnd.endOf(ws);
  if (end.use !== "fresh") {
    return refusal(
      end.use === "response"
        ? "the WebSocket was already used in a response"
        : "Can't return WebSocket in a Response after calling accept().",
    );
  }
  end.use = "response";
  const protocol = response.headers.get("sec-websocket-protocol");
  let upgraded: Deno.WebSocketUpgrade;
  try {
    if (request.signal.aborted) throw new Error("the client has gone");
    upgraded = Deno.upgradeWebSocket(request, {
      idleTimeout: options.silenceSeconds ?? SILENCE_SECONDS,
      ...(protocol !== null && { protocol }),
    });
  } catch (error) {
    end.close(ABNORMAL, VANISHED_REASON, false);
    return refusal(error instanceof Error ? error.message : String(error));
  }
  new Coupling(
    end,
    upgraded.socket,
    request.signal,
    options.maxBufferedBytes ?? MAX_BUFFERED_BYTES,
  );
  for (const [name, value] of response.headers) {
    // Cookies come one by one; what belongs to the handshake is Deno's.
    if (!/^(?:sec-websocket-.*|upgrade|connection|content-length|content-type|date)$/.test(name)) {
      upgraded.response.headers.append(name, value);
    }
  }
  return upgraded.response;
}

function refusal(cause: string): Response {
  return new Response(`Cannot open a WebSocket: ${cause}\n`, { status: 500 });
}

/** An object is listener on both sides, so that a socket costs no closures. */
class Coupling implements EndListener, EventListenerObject {
  readonly #end: End;
  readonly #socket: WebSocket;
  readonly #maxBufferedBytes: number;
  #signal: AbortSignal | undefined;
  #cancelGrace: (() => void) | undefined;
  /** The code that the object closed with, once it has. */
  #closedWith: number | undefined;
  #over = false;

  constructor(end: End, socket: WebSocket, signal: AbortSignal, maxBufferedBytes: number) {
    this.#end = end;
    this.#socket = socket;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#signal = signal;
    socket.binaryType = "arraybuffer";
    for (const type of ["open", "message", "error", "close"]) socket.addEventListener(type, this);
    // When the client leaves before the answer is out, Deno 2.9.6 tells the socket nothing at all.
    if (signal.aborted) this.#awaitHandshake();
    else signal.addEventListener("abort", this, { once: true });
  }

  /** {@inheritDoc EventListenerObject.handleEvent} */
  handleEvent(event: Event): void {
    switch (event.type) {
      case "message":
        return this.#onMessage((event as MessageEvent<SocketData>).data);
      case "open":
        this.#forgetHandshake();
        return this.#end.listen(this);
      case "error":
        return this.#finish(networkEnd((event as ErrorEvent).message));
      case "close":
        return this.#onClose(event as CloseEvent);
      case "abort":
        return this.#awaitHandshake();
    }
  }

  /** What the object sends. */
  message(data: SocketData): void {
    if (this.#over || this.#socket.readyState !== OPEN) return;
    if (this.#socket.bufferedAmount <= this.#maxBufferedBytes) return this.#socket.send(data);
    const reason = `The client does not read: over ${this.#maxBufferedBytes} bytes wait for it`;
    this.#socket.close(1013, reason);
    this.#finish({ kind: "closed", code: 1013, reason, wasClean: false });
  }

  /** The object closes, or drops the connection with 1006. */
  close(code: number, reason: string): void {
    if (this.#over) return;
    this.#closedWith = code;
    // Deno has no way to drop a connection: 1006 in a frame makes a client fail it, with 1006.
    if (code === NO_CODE) this.#socket.close();
    else this.#socket.close(code, reason);
  }

  /** The object's end is never broken by the object. */
  error(error: Error): void {
    this.close(1011, error.message.slice(0, 40));
  }

  #onMessage(data: SocketData): void {
    const size = typeof data === "string" ? sizeOf(data) : data.byteLength;
    if (size <= MAX_MESSAGE_BYTES) return this.#end.send(data);
    const description = `Message is too large: ${size} > ${MAX_MESSAGE_BYTES}`;
    this.#socket.close(1009, description);
    this.#finish({ kind: "error", error: protocolError(1009, description) });
  }

  #onClose({ code, reason, wasClean }: CloseEvent): void {
    // Deno reports an end without a close frame as 1005 once the object has closed, and as 0 when a
    // message came instead; a client that got a code answers with one (RFC 6455, section 5.5.1).
    const answered = wasClean && code !== 0 &&
      !(code === NO_CODE && this.#closedWith !== undefined && this.#closedWith !== NO_CODE);
    this.#finish(
      answered ? { kind: "closed", code, reason, wasClean } : networkEnd("closed without a frame"),
    );
  }

  #finish(how: NetworkEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#forgetHandshake();
    if (how.kind === "error") this.#end.fail(how.error);
    else this.#end.close(how.code, how.reason, how.wasClean);
  }

  /** In Deno without `no-legacy-abort` the signal aborts for every answer, just before the socket opens. */
  #awaitHandshake(): void {
    this.#cancelGrace = realClock.setTimeout(
      () => this.#finish(networkEnd("the client has gone")),
      HANDSHAKE_GRACE_MS,
    );
  }

  #forgetHandshake(): void {
    this.#signal?.removeEventListener("abort", this);
    this.#cancelGrace?.();
    this.#signal = this.#cancelGrace = undefined;
  }
}

const encoder = new TextEncoder();

/** A text's bytes; most are known to be few enough by their length. */
function sizeOf(text: string): number {
  return text.length * 3 <= MAX_MESSAGE_BYTES ? text.length : encoder.encode(text).length;
}
