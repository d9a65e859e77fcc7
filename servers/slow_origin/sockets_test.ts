// Tests of the slow origin over real sockets: what its faults look like, and clients that leave.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { connect as connectHttp2 } from "node:http2";
import { realClock } from "../../lab/clock.ts";
import type { OriginLog } from "../../lab/origin_log.ts";
import { listen } from "../listen.ts";
import { sendRaw } from "../testing_client.ts";
import { createSlowOrigin } from "./slow_origin.ts";

async function setUp(options: { delayMs?: number; connectionControl?: boolean } = {}) {
  const { delayMs = 0, connectionControl = true } = options;
  const origin = createSlowOrigin({ delayMs, clock: realClock });
  const listening = await listen(origin, { connectionControl });
  return {
    port: listening.port,
    url: listening.url,
    origin,
    /** The outcomes of the requests for `path` once so many have arrived and are over. */
    async outcomes(path: string, awaited: { min?: number; done?: number }): Promise<string[]> {
      const query = new URLSearchParams({ path, wait: "60" });
      for (const [name, value] of Object.entries(awaited)) query.set(name, String(value));
      const log: OriginLog = await (await fetch(`${listening.url}/_edge-repro/log?${query}`))
        .json();
      return log.requests.map(({ outcome }) => outcome);
    },
    async [Symbol.asyncDispose]() {
      await origin.close();
      await listening.close();
    },
  };
}

for (const [fault, ending] of [["close", "fin"], ["reset", "reset"]]) {
  Deno.test(`slow origin: fault=${fault} ends the connection before the head`, async () => {
    await using set = await setUp();
    using client = await sendRaw(set.port, `GET /x?fault=${fault} HTTP/1.1`);
    assertEquals(await client.ended, ending);
    assertEquals(await client.received("anything"), "");
    assertEquals(await set.outcomes("/x", { done: 1 }), ["fault"]);
  });
}

for (const framing of ["length", "chunked"]) {
  Deno.test(`slow origin: close-mid-body sends half of a ${framing} body`, async () => {
    await using set = await setUp();
    const query = `fault=close-mid-body&size=40&framing=${framing}`;
    using client = await sendRaw(set.port, `GET /x?${query} HTTP/1.1`);
    assertEquals(await client.ended, "fin");
    const text = await client.received("never");
    assertStringIncludes(
      text,
      framing === "length" ? "content-length: 40" : "transfer-encoding: chunked",
    );
    assertStringIncludes(text, "slow-origin /x reque");
    assert(!text.includes("request 1"), text);
    assert(!text.endsWith("0\r\n\r\n"), text);
    assertEquals(await set.outcomes("/x", { done: 1 }), ["fault"]);
  });
}

Deno.test("slow origin: stall-mid-body sends half and keeps still until its client leaves", async () => {
  await using set = await setUp();
  using client = await sendRaw(set.port, "GET /x?fault=stall-mid-body&size=40 HTTP/1.1");
  await client.received("reque");
  assertEquals(await set.outcomes("/x", { min: 1 }), ["open"]);
  client.socket.destroy();
  assertEquals(await set.outcomes("/x", { done: 1 }), ["aborted"]);
});

for (const connectionControl of [false, true]) {
  for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
    const relayed = connectionControl ? ", through the relay" : "";
    Deno.test(`slow origin: a client that leaves by ${leave} is aborted${relayed}`, async () => {
      await using set = await setUp({ delayMs: 3_600_000, connectionControl });
      const targets = ["/x", "/x?fault=hang", "/x?sleep=0&size=10&chunks=2&pace=3600"];
      for (const [index, target] of targets.entries()) {
        using client = await sendRaw(set.port, `GET ${target} HTTP/1.1`);
        await set.outcomes("/x", { min: index + 1 });
        if (target.includes("pace")) await client.received("slow-");
        if (target.includes("pace") && leave === "end") client.socket.destroy();
        else client.socket[leave]();
        await set.outcomes("/x", { done: index + 1 });
      }
      assertEquals(await set.outcomes("/x", {}), ["aborted", "aborted", "aborted"]);
      assertEquals([set.origin.stats().waiting, set.origin.stats().open], [0, 0]);
    });
  }
}

Deno.test("slow origin: a client that leaves in the middle of its upload is aborted", async () => {
  await using set = await setUp({ connectionControl: false });
  using client = await sendRaw(set.port, "PUT /x HTTP/1.1\r\nContent-Length: 1000");
  assertEquals(await set.outcomes("/x", { min: 1 }), ["open"]);
  client.socket.destroy();
  assertEquals(await set.outcomes("/x", { done: 1 }), ["aborted"]);
});

Deno.test("slow origin: RST_STREAM on HTTP/2 aborts that request, the other one is answered", async () => {
  await using set = await setUp({ delayMs: 3_600_000 });
  const session = connectHttp2(set.url);
  const closed = new Promise<void>((resolve) => session.once("close", () => resolve()));
  const cancelled = session.request({ ":path": "/x" });
  cancelled.on("error", () => {});
  await set.outcomes("/x", { min: 1 });
  const other = session.request({ ":path": "/y", "x-set-sleep": "0" });
  cancelled.close(8);
  assertEquals(await set.outcomes("/x", { done: 1 }), ["aborted"]);
  other.setEncoding("utf8");
  let text = "";
  other.on("data", (chunk) => text += chunk);
  await new Promise<void>((resolve) => other.once("end", () => resolve()));
  assertEquals(text, "slow-origin /y request 1\n");
  session.close();
  await closed;
});

Deno.test("slow origin: 1,000 waiting requests are ended by close, with nothing left", async () => {
  await using set = await setUp({ delayMs: 3_600_000, connectionControl: false });
  const clients = await Promise.all(
    Array.from({ length: 1_000 }, () => sendRaw(set.port, "GET /x HTTP/1.1")),
  );
  await set.outcomes("/x", { min: 1_000 });
  assertEquals(set.origin.stats().waiting, 1_000);
  await set.origin.close();
  await Promise.all(clients.map((client) => client.received("\r\n")));
  assertEquals([set.origin.stats().waiting, set.origin.stats().unfinished], [0, 0]);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("slow origin: plain answers have exactly the announced bytes, and HEAD none", async () => {
  await using set = await setUp();
  const whole = await fetch(`${set.url}/x?size=3000000`);
  assertEquals(whole.headers.get("content-length"), "3000000");
  assertEquals((await whole.bytes()).length, 3_000_000);
  const head = await fetch(`${set.url}/x?size=3000000`, { method: "HEAD" });
  assertEquals([head.headers.get("content-length"), await head.text()], ["3000000", ""]);
  const compressible = await fetch(`${set.url}/x?size=5000`, {
    headers: { "accept-encoding": "gzip" },
  });
  assertEquals(compressible.headers.get("content-encoding"), null);
  assertEquals((await compressible.bytes()).length, 5_000);
  assertEquals(await set.outcomes("/x", { done: 3 }), ["answered", "answered", "answered"]);
});
