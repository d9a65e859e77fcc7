// The opening handshake of a WebSocket on a connection that is there, and the ways it is refused.

import type { IncomingMessage } from "node:http";
import { realClock } from "../lab/clock.ts";
import { InconclusiveError } from "../lab/errors.ts";
import { oneLine } from "./connect_error.ts";
import type { Transport } from "./transport.ts";
import type { WebSocket } from "./web_socket_library.ts";

/** The status and the header of the answer to a handshake. */
export interface HandshakeAnswer {
  /** 101. */
  status: number;
  /** Names in lower case; repeated fields are joined. */
  headers: Readonly<Record<string, string>>;
}

/** What a handshake takes. */
export interface HandshakeOptions<T> {
  /** What is asked for; its query may be secret and is not shown. */
  url: URL;
  /** Sent with the request. */
  headers: Readonly<Record<string, string>>;
  /** How long the answer may take, in milliseconds of the wall clock. */
  timeoutMs: number;
  /** How long the other side may take to answer a close frame. Default: 2 000, of the wall clock. */
  closeTimeoutMs?: number | undefined;
  /** Called at once when the handshake is done, before any message is read. */
  onOpen(socket: WebSocket, answer: HandshakeAnswer): T;
}

const NO_ANSWER = "the server closed the connection without an answer to the handshake";

/** How long the other side may take to answer a close frame, in milliseconds of the wall clock. */
const CLOSE_MS = 2_000;

/**
 * Asks for a WebSocket (RFC 6455 section 4.1). The connection is of no use when that fails.
 *
 * @throws {InconclusiveError} when the answer is another, is none, or does not come.
 */
export async function shakeHands<T>(
  transport: Transport,
  { url, headers, timeoutMs, closeTimeoutMs = CLOSE_MS, onOpen }: HandshakeOptions<T>,
): Promise<T> {
  const { WebSocket } = await import("./web_socket_library.ts");
  const shown = `${url.protocol.replace("http", "ws")}//${url.host}${url.pathname}`;
  const failure = (why: string) =>
    new InconclusiveError(`Cannot open a WebSocket at ${shown}: ${why}`);
  const { protocols, fields } = withoutProtocols(headers);
  return await new Promise<T>((resolve, reject) => {
    let socket: WebSocket;
    let answer: HandshakeAnswer = { status: 0, headers: {} };
    let settled = false;
    const settle = () => {
      settled = true;
      cancelTimer();
      socket.off("error", onError);
    };
    const fail = (why: string) => {
      settle();
      socket.on("error", () => {}); // It says that it was given up.
      socket.terminate();
      reject(failure(why));
    };
    const onError = (error: Error & { code?: string }) => fail(sayError(error, url));
    const cancelTimer = realClock.setTimeout(
      () => fail(`no answer to the handshake within ${Math.round(timeoutMs)} ms`),
      timeoutMs,
    );
    try {
      // The connection is there, over TLS where that was asked for: to the library it is a plain one.
      socket = new WebSocket(
        url.href.replace(/^https?:/, "ws:"),
        protocols,
        {
          headers: fields,
          createConnection: () => transport.socket,
          perMessageDeflate: false,
          closeTimeout: closeTimeoutMs,
          // All messages of one piece of the stream are told of at once, at the time at which it came.
          allowSynchronousEvents: true,
        },
      );
    } catch (error) {
      cancelTimer();
      return reject(failure(oneLine(error)));
    }
    socket.on("error", onError);
    // An end that came before the library listened is one that it never hears of.
    transport.closed.then(() => settled || fail(NO_ANSWER));
    socket.on("upgrade", (response) => answer = answerOf(response));
    socket.on("unexpected-response", (_request, response) => {
      response.resume();
      fail(sayRefusal(response));
    });
    socket.once("open", () => {
      settle();
      resolve(onOpen(socket, answer));
    });
  });
}

function answerOf({ statusCode = 0, headers }: IncomingMessage): HandshakeAnswer {
  const entries = Object.entries(headers).map(([name, value]): [string, string] => [
    name,
    Array.isArray(value) ? value.join(", ") : value ?? "",
  ]);
  return { status: statusCode, headers: Object.fromEntries(entries) };
}

/** The library sends and checks subprotocols itself, and must be told of them apart. */
function withoutProtocols(
  headers: Readonly<Record<string, string>>,
): { protocols: string[]; fields: Record<string, string> } {
  const isProtocol = ([name]: [string, string]) => name.toLowerCase() === "sec-websocket-protocol";
  const entries = Object.entries(headers);
  return {
    protocols: entries.filter(isProtocol).flatMap(([, value]) => value.split(/\s*,\s*/)),
    fields: Object.fromEntries(entries.filter((entry) => !isProtocol(entry))),
  };
}

function sayRefusal({ statusCode = 0, headers }: IncomingMessage): string {
  const refused = `the handshake was refused with ${statusCode}`;
  if (statusCode >= 200 && statusCode < 300) {
    return `the answer was ${statusCode}, expected 101: there is no WebSocket at this path`;
  }
  if (statusCode >= 300 && statusCode < 400) {
    return `${refused}, which sends to ${sayLocation(headers.location)}: name that address instead`;
  }
  if (statusCode === 401 || statusCode === 403) return `${refused}: credentials go into --header`;
  if (statusCode === 404) return `${refused}: is there a WebSocket at this path?`;
  return statusCode >= 500 ? `${refused}: the server, or what it relies on, is broken` : refused;
}

/** Where a redirect goes, without what may be secret in it. */
function sayLocation(location: string | undefined): string {
  if (location === undefined) return "no address";
  const url = URL.canParse(location) ? new URL(location) : undefined;
  return url === undefined ? location.split("?", 1)[0] ?? "" : `${url.origin}${url.pathname}`;
}

/** The library's errors of a handshake, by what its messages are known to hold (ws 8.23.0). */
function sayError(error: Error & { code?: string }, { protocol }: URL): string {
  const { code = "", message } = error;
  if (/Sec-WebSocket-Accept/.test(message)) {
    return "the answer's Sec-WebSocket-Accept does not go with our key, so it was not made for this " +
      "handshake: is there a cache in between?";
  }
  if (/Invalid Upgrade header/.test(message)) {
    return "the answer was 101 without 'Upgrade: websocket'";
  }
  if (/subprotocol/i.test(message)) {
    return "the server and Sec-WebSocket-Protocol do not agree on a subprotocol";
  }
  if (/Sec-WebSocket-Extensions|extension/i.test(message)) {
    return "the server wants an extension that was not offered";
  }
  if (code.startsWith("HPE_")) {
    const other = protocol === "http:" ? "; does it want wss?" : "";
    return `the answer is not HTTP${other}`;
  }
  if (code === "ECONNRESET" || code === "EPIPE" || /hang up/.test(message)) {
    return NO_ANSWER;
  }
  return oneLine(error);
}
