// The server that the experiments' objects ask: answers, is slow, hangs, and takes WebSockets.

import { realClock } from "../../lab/clock.ts";
import { listen } from "../../servers/listen.ts";
import { ownAsync } from "../../lab/scope.ts";

/** Starts it. It ends with the scope. Gives where it is, without a final slash. */
export async function startOrigin(scope: AsyncDisposableStack): Promise<string> {
  const over = new AbortController();
  const listening = await listen({ fetch: (request) => answer(request, over.signal) });
  await ownAsync(scope, listening);
  scope.defer(() => over.abort());
  return listening.url;
}

async function answer(request: Request, over: AbortSignal): Promise<Response> {
  switch (new URL(request.url).pathname) {
    case "/small":
      return new Response("small");
    case "/slow":
      await realClock.sleep(20);
      return new Response("slow");
    case "/hangs":
      return await new Promise((resolve) =>
        over.addEventListener("abort", () => resolve(new Response("over")))
      );
    case "/hangs-in-body": {
      const left = new AbortController();
      return new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode("first"));
            over.addEventListener("abort", () => controller.close(), { signal: left.signal });
          },
          cancel: () => left.abort(),
        }),
      );
    }
    case "/websocket": {
      // Some ask without the rest of a handshake.
      if (!request.headers.has("sec-websocket-key")) return new Response(null, { status: 426 });
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => socket.send(data);
      over.addEventListener("abort", () => socket.close());
      return response;
    }
  }
  return new Response(null, { status: 404 });
}
