// `serve ws-echo` as a process, and the deployed site: the client's page, the echo, a folder, the end.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { run, Running } from "./cli_process.ts";

/** The permissions of the task `serve`. */
const permissions = ["--allow-net=127.0.0.1", "--allow-env=AWS_*,R2_*"];

async function urlOf(child: Running): Promise<string> {
  const line = await child.line((one) => one.trim().startsWith("ws-echo "));
  return line.trim().split(/\s+/)[1] ?? "";
}

/** A client: its messages one by one. */
function connect(url: string) {
  const socket = new WebSocket(url.replace(/^http/, "ws"));
  const messages = new ReadableStream<string>({
    start(controller) {
      socket.onmessage = ({ data }) => controller.enqueue(data);
      socket.onclose = () => controller.close();
    },
  }).getReader();
  const closed = new Promise<number>((resolve) => {
    socket.addEventListener("close", ({ code }) => resolve(code));
  });
  return {
    closed,
    async next() {
      const { value } = await messages.read();
      assert(value !== undefined, "the connection was closed");
      return JSON.parse(value);
    },
    send: (request: unknown) => socket.send(JSON.stringify(request)),
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed;
    },
  };
}

Deno.test("serve ws-echo: page, echo, figures and log, and a clean end with open connections", async () => {
  const args = ["serve", "ws-echo", "--port=0", "--variant=fix", "--hibernate-after=100ms"];
  await using child = new Running(args, { permissions });
  const url = await urlOf(child);
  assertStringIncludes(await (await fetch(url)).text(), "<html");
  await using client = connect(`${url}/websocket?object=a`);
  const welcome = await client.next();
  assertEquals(welcome.type, "welcome");
  client.send({ type: "message", content: "hello" });
  assertEquals((await client.next()).content, "hello");
  assertMatch(
    await child.errorLine((line) => line.includes("Message received")),
    /^ws-echo: a: Message received message$/,
  );
  const evictions = async () => {
    const stats = await (await fetch(`${url}/_edge-repro/stats?object=a`)).json();
    return stats.objects[0].evictions;
  };
  while (await evictions() === 0);
  client.send({ type: "ping" });
  const pong = await client.next();
  assert(pong.instance !== welcome.instance, "it was not evicted");
  child.kill("SIGINT");
  assertEquals((await child.finished()).code, 0);
});

Deno.test("serve ws-echo: the bug is the default, and time runs as fast as is said", async () => {
  const args = ["serve", "ws-echo", "--port=0", "--speed=600", "--quiet"];
  await using child = new Running(args, { permissions });
  await using client = connect(`${await urlOf(child)}/websocket`);
  assertEquals((await client.next()).type, "welcome");
  client.send({ type: "ping" });
  // Closed by the alarm a minute later: the pong did not come before that.
  assertEquals(await client.closed, 4408);
});

Deno.test("serve ws-echo: a folder takes permissions, which are named in one line", async () => {
  const folder = await Deno.makeTempDir({ prefix: "edge-repro-ws-echo-" });
  try {
    const args = ["serve", "ws-echo", "--port=0", "--variant=fix", `--folder=${folder}`];
    const { code, stdout, stderr } = await run(args, { permissions });
    assertEquals([code, stdout], [2, ""]);
    assertMatch(
      stderr,
      /^error: [^\n]*--allow-read=\S+ --allow-write=\S+, or as deno task start\n$/,
    );
    const allowed = [...permissions, `--allow-read=${folder}`, `--allow-write=${folder}`];
    for (const before of [0, 1]) {
      await using child = new Running(args, { permissions: allowed });
      const url = await urlOf(child);
      const stats = async () => (await (await fetch(`${url}/stats`)).json()).objects[0];
      assertEquals((await stats()).closes, before);
      {
        await using client = connect(`${url}/websocket`);
        await client.next();
      }
      while ((await stats()).closes === before);
      child.kill("SIGINT");
      assertEquals((await child.finished()).code, 0);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("deployed: the site has the object with its client, within the limits of a public site", async () => {
  const env = { DENO_DEPLOYMENT_ID: "test", DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0" };
  await using child = new Running([], { permissions: ["--allow-net", "--allow-env"], env });
  const line = await child.errorLine((one) => one.startsWith("site: http"));
  const url = line.slice("site: ".length);
  assertStringIncludes(await (await fetch(url)).text(), 'href="/ws-hibernation/"');
  const page = await fetch(`${url}/ws-hibernation`);
  assertEquals([page.status, page.url], [200, `${url}/ws-hibernation/`]);
  assert(!(page.headers.get("content-security-policy") ?? "unsafe").includes("unsafe"));
  await page.body?.cancel();
  await using client = connect(`${url}/ws-hibernation/websocket?object=visitor`);
  await client.next();
  client.send({ type: "ping" });
  assertEquals((await client.next()).type, "pong");
  const status = async (path: string) => {
    const answer = await fetch(`${url}/ws-hibernation${path}`);
    await answer.body?.cancel();
    return answer.status;
  };
  assertEquals(await status("/events"), 400);
  assertEquals(await status("/events?object=visitor"), 200);
  assertEquals(await status("/explain?object=visitor"), 200);
  client.send({ type: "message", content: "x".repeat(20_000) });
  assertEquals(await client.closed, 1008);
});
