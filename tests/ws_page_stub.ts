// For tests: a deployed Worker as the report has it: the client's files, and the seed's messages alone.

import { clientAssets } from "../servers/ws_echo/client/assets.ts";

/** The seed's messages and their answers. */
const ANSWERS: Readonly<Record<string, string>> = {
  heartbeat: "heartbeat_ack",
  ping: "pong",
  message: "echo",
};

/** A server that tells nothing of its objects, and gives no ids back. */
export class SeedServer implements AsyncDisposable {
  /** Where the page is, with a final slash. */
  readonly url: string;
  /** What was asked for: path and query. */
  readonly asked: string[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #sockets = new Set<WebSocket>();

  /** Listens on a port of its own. */
  constructor() {
    const quiet = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    this.#server = Deno.serve(quiet, (request) => this.#answer(request));
    this.url = `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** Sends every client a message that nobody asked for. */
  push(content: string): void {
    for (const socket of this.#sockets) socket.send(JSON.stringify({ type: "push", content }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.close();
    await this.#server.shutdown();
  }

  #answer(request: Request): Response {
    const { pathname, search } = new URL(request.url);
    this.asked.push(pathname + search);
    if (pathname.startsWith("/websocket")) return this.#upgrade(request);
    const asset = Object.hasOwn(clientAssets, pathname) ? clientAssets[pathname] : undefined;
    return asset === undefined
      ? new Response("no such thing\n", { status: 404 })
      : new Response(asset.body, { headers: { "content-type": asset.type } });
  }

  #upgrade(request: Request): Response {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.addEventListener("open", () => {
      this.#sockets.add(socket);
      socket.send(JSON.stringify({ type: "welcome", connection: { id: "c" } }));
    });
    socket.addEventListener("message", ({ data }) => {
      const { type, content } = JSON.parse(data);
      socket.send(JSON.stringify({ type: ANSWERS[type] ?? "error", content }));
    });
    socket.addEventListener("close", () => this.#sockets.delete(socket));
    return response;
  }
}
