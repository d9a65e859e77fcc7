// Tests of listening over real sockets: both HTTP versions, stuck handlers, and ports that are taken.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect as connectHttp2 } from "node:http2";
import { realClock } from "../lab/clock.ts";
import { listen, ListenError } from "./listen.ts";
import { sendRaw } from "./testing_client.ts";

const ok = { fetch: () => new Response("ok") };

/** A handler that never answers, and promises for its requests and their signals. */
function stuck() {
  const arrived = Promise.withResolvers<Request>();
  const aborted = Promise.withResolvers<void>();
  const fetch = (request: Request) => {
    request.signal.addEventListener("abort", () => aborted.resolve());
    arrived.resolve(request);
    return new Promise<Response>(() => {});
  };
  return { fetch, arrived: arrived.promise, aborted: aborted.promise };
}

for (const connectionControl of [false, true]) {
  const where = connectionControl ? " with connection control" : "";

  Deno.test(`listen${where}: serves HTTP/1.1, and tells the handler its client's port`, async () => {
    let remotePort: number | undefined;
    await using listening = await listen({
      fetch(_, info) {
        remotePort = info?.remoteAddr?.port;
        assertEquals(info?.abortConnection !== undefined, connectionControl);
        return new Response("hello");
      },
    }, { connectionControl });
    assertEquals(listening.url, `http://127.0.0.1:${listening.port}`);
    using client = await sendRaw(listening.port, "GET / HTTP/1.1\r\nConnection: close");
    assertStringIncludes(await client.received("hello"), "HTTP/1.1 200 OK");
    assertEquals(await client.ended, "fin");
    assertEquals(remotePort, client.socket.localPort);
  });

  Deno.test(`listen${where}: RST_STREAM on HTTP/2 aborts that request and no other`, async () => {
    const left = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    await using listening = await listen({
      fetch(request) {
        if (!request.url.endsWith("/stuck")) return new Response("fine");
        request.signal.addEventListener("abort", () => left.resolve());
        arrived.resolve();
        return new Promise(() => {});
      },
    }, { connectionControl });
    const session = connectHttp2(listening.url);
    const closed = new Promise<void>((resolve) => session.once("close", () => resolve()));
    const stuck = session.request({ ":path": "/stuck" });
    stuck.on("error", () => {});
    await arrived.promise;
    stuck.close(8);
    await left.promise;
    const other = session.request({ ":path": "/other" });
    other.setEncoding("utf8");
    let text = "";
    other.on("data", (chunk) => text += chunk);
    await new Promise<void>((resolve) => other.once("end", () => resolve()));
    assertEquals(text, "fine");
    session.close();
    await closed;
  });

  Deno.test(`listen${where}: a half-close aborts the request's signal`, async () => {
    const { fetch, arrived, aborted } = stuck();
    await using listening = await listen({ fetch }, { connectionControl });
    using client = await sendRaw(listening.port, "GET / HTTP/1.1");
    await arrived;
    client.socket.end();
    await aborted;
  });

  Deno.test(`listen${where}: close ends 1,000 connections whose handlers are stuck`, async () => {
    let arrived = 0;
    const all = Promise.withResolvers<void>();
    const listening = await listen({
      fetch() {
        if (++arrived === 1_000) all.resolve();
        return new Promise<Response>(() => {});
      },
    }, { connectionControl });
    const clients = await Promise.all(
      Array.from({ length: 1_000 }, () => sendRaw(listening.port, "GET / HTTP/1.1")),
    );
    await all.promise;
    await listening.close();
    await Promise.all(clients.map((client) => client.ended));
    await Promise.all(clients.map(({ socket }) =>
      new Promise<void>((resolve) => {
        if (socket.closed) return resolve();
        socket.once("close", () => resolve());
        socket.destroy();
      })
    ));
  });

  Deno.test(`listen${where}: close does not wait for a client that reads nothing`, async () => {
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(2 ** 20));
      },
    });
    const listening = await listen({ fetch: () => new Response(body) }, { connectionControl });
    using client = await sendRaw(listening.port, "GET / HTTP/1.1");
    client.socket.pause();
    // Full buffers make no event. Too short a pause here would make the test weaker, not fail it.
    for (let before = -1; before !== pulled || pulled === 0;) {
      before = pulled;
      await realClock.sleep(100);
    }
    await listening.close();
  });

  Deno.test(`listen${where}: a port in use is a ListenError that names port and owner`, async () => {
    await using first = await listen(ok, { connectionControl });
    const error = await assertRejects(
      () => listen(ok, { port: first.port, connectionControl }),
      ListenError,
    );
    const start = `Cannot listen on 127.0.0.1:${first.port}: the port is in use`;
    assert(error.message.startsWith(start), error.message);
    // Without unrestricted permissions, or elsewhere than on Linux, the owner is not known.
    const owner = error.message.slice(start.length);
    assert(owner === "" || owner.endsWith(` (pid ${Deno.pid})`), error.message);
  });

  Deno.test(`listen${where}: a port can be listened on again after close`, async () => {
    const first = await listen(ok, { connectionControl });
    assertEquals(await (await fetch(first.url)).text(), "ok");
    await first.close();
    await first.close();
    await first.finished;
    await using second = await listen(ok, { port: first.port, connectionControl });
    assertEquals(second.port, first.port);
  });
}

Deno.test("listen: an address of another machine is a ListenError that says so", async () => {
  const error = await assertRejects(() => listen(ok, { hostname: "192.0.2.1" }), ListenError);
  assertEquals(
    error.message,
    "Cannot listen on 192.0.2.1:0: the address is not one of this machine",
  );
});

Deno.test("listen: a missing permission is a ListenError, with connection control too", async () => {
  const script = `
    import { listen } from ${JSON.stringify(import.meta.resolve("./listen.ts"))};
    for (const connectionControl of [false, true]) {
      const ok = { fetch: () => new Response("ok") };
      await listen(ok, { port: 8000, connectionControl }).catch((error) => console.log(error.name, error.message));
    }
  `;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--allow-net=127.0.0.1:0", "--ext=ts", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
    env: { NO_COLOR: "1" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const lines = new TextDecoder().decode((await child.output()).stdout).trim().split("\n");
  assertEquals(lines.length, 2);
  for (const line of lines) {
    assertStringIncludes(
      line,
      'ListenError Cannot listen on 127.0.0.1:8000: Requires net access to "127.0.0.1:8000"',
    );
  }
});

Deno.test("listen: a handler that throws is answered 500 without its reason, which onError gets", async () => {
  const told: unknown[] = [];
  for (
    const fetchOrThrow of [
      () => Promise.reject(new Error("secret one")),
      () => {
        throw new Error("secret two");
      },
    ]
  ) {
    await using listening = await listen({ fetch: fetchOrThrow }, {
      onError: (error) => told.push(error),
    });
    const response = await fetch(listening.url);
    assertEquals([response.status, await response.text()], [500, "internal server error\n"]);
  }
  assertEquals(told.map(String), ["Error: secret one", "Error: secret two"]);
});

Deno.test("listen: what a handler throws after its client left is nobody's error", async () => {
  const told: unknown[] = [];
  const arrived = Promise.withResolvers<void>();
  const thrown = Promise.withResolvers<void>();
  await using listening = await listen({
    async fetch(request) {
      arrived.resolve();
      await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
      thrown.resolve();
      throw request.signal.reason;
    },
  }, { onError: (error) => told.push(error) });
  using client = await sendRaw(listening.port, "GET / HTTP/1.1");
  await arrived.promise;
  client.socket.end();
  await thrown.promise;
  await client.ended;
  assertEquals(told, []);
});

Deno.test("listen: an aborted signal closes the listener, or keeps it from being opened", async () => {
  const stop = new AbortController();
  const { fetch, arrived, aborted } = stuck();
  const listening = await listen({ fetch }, { signal: stop.signal });
  using client = await sendRaw(listening.port, "GET / HTTP/1.1");
  await arrived;
  stop.abort(new Error("enough"));
  await listening.finished;
  await aborted;
  await client.ended;
  await assertRejects(() => listen(ok, { signal: stop.signal }), Error, "enough");
});

Deno.test("listen: on any address the URL is one that a client can use", async () => {
  await using listening = await listen(ok, { hostname: "0.0.0.0" });
  assertEquals(listening.url, `http://127.0.0.1:${listening.port}`);
  assertEquals(await (await fetch(listening.url)).text(), "ok");
});
