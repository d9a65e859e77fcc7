// Tests of a client process that is killed while it reads.

import { assertEquals, assertRejects } from "@std/assert";
import { InconclusiveError } from "../../lab/errors.ts";
import { startPeer } from "../testing_peer.ts";
import { killedClientAvailability, startKilledClient } from "./killed_client.ts";

const { available } = await killedClientAvailability();
const signal = new AbortController().signal;

Deno.test({
  name: "a process reads the first bytes, and its connection is gone when it is killed",
  ignore: !available,
  async fn() {
    await using peer = await startPeer();
    const started = startKilledClient(new URL("/b/k?a=%22b", peer.url), { signal });
    const connection = await peer.next();
    await connection.received("\r\n\r\n");
    assertEquals(connection.text.split("\r\n")[0], "GET /b/k?a=%22b HTTP/1.1");
    connection.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
    connection.socket.write(new Uint8Array(1 << 16));
    await using client = await started;
    assertEquals(client.receivedBytes > 0, true);
    let gone = false;
    connection.closed.then(() => gone = true);
    assertEquals(gone, false);
    await client.kill();
    await connection.ended;
  },
});

Deno.test({
  name: "a process that gets no body is said to have got none",
  ignore: !available,
  async fn() {
    await using peer = await startPeer({ answer: "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n" });
    const error = await assertRejects(
      () => startKilledClient(peer.url, { signal }),
      InconclusiveError,
    );
    assertEquals(
      error.message,
      `Cannot read with curl at ${peer.url.origin}: it ended with 22 before any body came`,
    );
  },
});

Deno.test({
  name: "a process reads nobody's configuration, and the URL as it is",
  ignore: !available,
  async fn() {
    await using peer = await startPeer({ answer: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx" });
    const folder = await Deno.makeTempDir();
    const others = { CURL_HOME: folder, http_proxy: "http://127.0.0.1:1" };
    const before = Object.keys(others).map((name) => [name, Deno.env.get(name)] as const);
    try {
      await Deno.writeTextFile(`${folder}/.curlrc`, "user-agent = another\n");
      for (const [name, value] of Object.entries(others)) Deno.env.set(name, value);
      const url = new URL(String.raw`/b/[1-2]{a,b}?a=\n"[3-4]`, peer.url);
      await using _client = await startKilledClient(url, { signal });
      const { text } = await peer.next();
      const target = `${url.pathname}${url.search}`;
      assertEquals(text.split("\r\n")[0], `GET ${target} HTTP/1.1`);
      assertEquals(/another/.test(text), false);
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) Deno.env.delete(name);
        else Deno.env.set(name, value);
      }
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "a process that waits is ended by the signal, and by its time",
  ignore: !available,
  async fn() {
    await using peer = await startPeer();
    const interrupt = new AbortController();
    const reason = new Error("interrupted");
    const started = assertRejects(() => startKilledClient(peer.url, { signal: interrupt.signal }));
    const connection = await peer.next();
    await connection.received("\r\n\r\n");
    interrupt.abort(reason);
    assertEquals(await started, reason);
    await connection.ended;
    const late = await assertRejects(
      () => startKilledClient(peer.url, { signal, limitMs: 50 }),
      InconclusiveError,
    );
    assertEquals(
      late.message,
      `Cannot read with curl at ${peer.url.origin}: no body within 50 ms`,
    );
  },
});

const PROGRAM = `
import { killedClientAvailability } from ${
  JSON.stringify(import.meta.resolve("./killed_client.ts"))
};
console.log(JSON.stringify(await killedClientAvailability()));
`;

async function availabilityWith(permission: string, env: Record<string, string>): Promise<unknown> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/program.ts`, PROGRAM);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-check", "--config"],
        ...[new URL("../../deno.json", import.meta.url).pathname, permission],
        `${folder}/program.ts`,
      ],
      ...{ env, stdin: "null", stderr: "inherit" },
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("without curl, and without leave to run it, it says what would help", async () => {
  assertEquals(await availabilityWith("--allow-env", {}), {
    available: false,
    reason: "needs permission to run it: --allow-run=curl",
  });
  // What is allowed by name and is not there, Deno does not allow.
  assertEquals(await availabilityWith("--allow-run", { PATH: "/nonexistent" }), {
    available: false,
    reason: "there is no curl: apt-get install curl",
  });
  if (!available) return;
  assertEquals(await availabilityWith("--allow-run=curl", {}), { available: true });
});
