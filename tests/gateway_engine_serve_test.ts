// `serve` with workerd in the place of the gateway, as a process: wired, told its switches, and gone.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { assertGone, assertRefused, foldersOf, inTime, until } from "../engines/testing_engine.ts";
import { testEach } from "../engines/testing_installed.ts";
import { DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";
import { Running, START } from "./cli_process.ts";

/** Whoever runs the tests may have keys of their own. */
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "" };
const BEHIND = ["object-store", "sts", "--object-store-port=0", "--sts-port=0"];
const client = new AwsClient({ ...DEMO_CREDENTIALS, service: "s3", region: "auto", retries: 0 });

function serve(...args: string[]): Running {
  const port = "--s3-gateway-port=0";
  return new Running(["serve", ...BEHIND, port, ...args], { permissions: START, env: NO_KEYS });
}

/** Where a server is by what `serve` prints, and where its figures are. */
async function urlsOf(child: Running, label: string): Promise<{ url: string; figures: string }> {
  await child.line((one) => one.trim().split(" ")[0] === label);
  const figures = await child.line((one) => one.trim().startsWith("figures: "));
  const { href, origin } = new URL(figures.trim().slice("figures: ".length));
  return { url: origin, figures: href };
}

/** What became of an upload through a gateway: its status and code. */
async function upload(url: string): Promise<string> {
  const response = await client.fetch(`${url}/edge-repro/k`, { method: "PUT", body: "hello" });
  return `${response.status} ${/<Code>(.*?)</.exec(await response.text())?.[1] ?? ""}`.trim();
}

await testEach("serve: it takes the gateway's place", "s3-gateway", async ({ engine }) => {
  const as = `s3-gateway=engine:${engine.name}`;
  const more = [`ws-echo=engine:${engine.name}`, "--ws-echo-port=0"];
  await using child = serve(`${as}+repaired`, ...more);
  const store = await urlsOf(child, "object-store");
  // The same program twice: each has its place, its port and its figures.
  const echo = await urlsOf(child, `ws-echo=engine:${engine.name}`);
  const gateway = await urlsOf(child, `${as}+repaired`);
  const figures = async (url: string) => await (await fetch(url)).json();
  assertEquals((await figures(echo.figures)).schema, "edge-repro/stats@1");
  assertEquals((await figures(gateway.figures)).exchanges, 0);
  assertEquals(await upload(gateway.url), "200");
  assertEquals((await figures(gateway.figures)).exchanges, 1);
  const got = await client.fetch(`${store.url}/edge-repro/k`);
  assertEquals(await got.text(), "hello");
  const made = await foldersOf(engine.name, child.pid);
  const ways = await foldersOf(`${engine.name}+repaired`, child.pid);
  assertEquals([made.length, ways.length], [1, 1]);

  child.kill("SIGINT");
  const { code, stderr } = await child.finished();
  assertEquals(code, 0);
  assert(stderr.endsWith("stopping\n"), stderr);
  for (const { url } of [store, echo, gateway]) await assertRefused(Number(new URL(url).port));
  assertEquals(await foldersOf(engine.name, child.pid), []);
  assertEquals(await foldersOf(`${engine.name}+repaired`, child.pid), []);
  for (const folder of [...made, ...ways]) await assertGone(folder);
});

await testEach(
  "serve: in the gateway's place it takes its switches",
  "s3-gateway",
  async ({ engine }) => {
    const as = `s3-gateway=engine:${engine.name}`;
    const lost = "501 NotImplemented";
    const told = [
      [[], lost],
      [["--s3-gateway-read-body=early", "--s3-gateway-upload-part=stream"], lost],
      [["--s3-gateway-variant=fix", "--s3-gateway-framing=chunked"], lost],
      [["--s3-gateway-variant=fix"], "200"],
    ] as const;
    for (const [flags, expected] of told) {
      await using child = serve(as, ...flags);
      assertEquals(await upload((await urlsOf(child, as)).url), expected, flags.join(" "));
      child.kill("SIGTERM");
      assertEquals((await child.finished()).code, 0);
    }
  },
);

await testEach(
  "serve: what the runtime refuses in a cold burst is told",
  "s3-gateway",
  async ({ engine }) => {
    const as = `s3-gateway=engine:${engine.name}`;
    await using child = serve(as, "--sts-delay=2s");
    const { url } = await urlsOf(child, as);
    const body = "<Delete><Object><Key>none</Key></Object></Delete>";
    const statuses = async () => {
      const sent = Array.from({ length: 4 }, async () => {
        const response = await client.fetch(`${url}/edge-repro?delete`, { method: "POST", body });
        await response.body?.cancel();
        return response.status;
      });
      return (await Promise.all(sent)).sort();
    };
    assertEquals(await statuses(), [200, 500, 500, 500]);
    for (let told = 0; told < 3; told++) {
      assertMatch(
        await inTime(child.errorLine((line) => line !== "Ctrl-C stops")),
        new RegExp(`^${RegExp.escape(as)}: Error: Cannot perform I/O on behalf of a different `),
      );
    }
    assertEquals(await statuses(), [200, 200, 200, 200]);
    child.kill("SIGINT");
    const { code, stderr } = await child.finished();
    assertEquals([code, stderr], [0, "stopping\n"]);
  },
);

await testEach(
  "serve: what fails behind a gateway that is a product is told",
  "s3-gateway",
  async ({ engine }) => {
    const as = `s3-gateway=engine:${engine.name}`;
    const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const down = `http://127.0.0.1:${nobody.addr.port}`;
    nobody.close();
    await using child = serve(`${as}+repaired`, `--s3-gateway-backend=${down}`);
    const { url } = await urlsOf(child, `${as}+repaired`);
    assertEquals(await upload(url), "503 ServiceUnavailable");
    const line = await inTime(child.errorLine((one) => one !== "Ctrl-C stops"));
    assertMatch(line, /\{"requestId":"[\dA-F]{12}","asked":"PUT \/edge-repro\/k","status":503,/);
    child.kill("SIGINT");
    assertEquals((await child.finished()).code, 0);
  },
);

await testEach(
  "serve: one that dies in the gateway's place ends it all",
  "s3-gateway",
  async ({ engine }) => {
    const as = `s3-gateway=engine:${engine.name}`;
    await using child = serve(as);
    const { url } = await urlsOf(child, as);
    await child.errorLine((line) => line === "Ctrl-C stops");
    const [folder] = await foldersOf(engine.name, child.pid);
    assert(folder);
    Deno.kill(await listenerOf(url), "SIGKILL");
    const { code, stderr } = await inTime(child.finished());
    assertMatch(stderr, new RegExp(`^error: ${engine.title} ended with exit code \\d+[^\\n]*\\n$`));
    assertEquals(code, 3);
    await assertGone(folder);
    await until(async () => (await foldersOf(engine.name, child.pid)).length === 0);
  },
);

await testEach(
  "serve: told to stop while it is starting, it leaves nothing",
  "s3-gateway",
  async ({ engine }) => {
    await using child = serve(`s3-gateway=engine:${engine.name}`);
    let made: string[] = [];
    await until(async () => (made = await foldersOf(engine.name, child.pid)).length > 0);
    child.kill("SIGINT");
    const { code, stdout, stderr } = await child.finished();
    assertEquals([code, stdout, stderr], [0, "", ""]);
    for (const folder of made) await assertGone(folder);
    assertEquals(await foldersOf(engine.name, child.pid), []);
  },
);

/** The process that listens on a URL's port. */
async function listenerOf(url: string): Promise<number> {
  const port = Number(new URL(url).port).toString(16).toUpperCase().padStart(4, "0");
  const table = await Deno.readTextFile("/proc/net/tcp");
  const inode = new RegExp(`:${port} 0{8}:0{4} 0A (?:\\S+ +){5}(\\d+)`).exec(table)?.[1];
  assert(inode, `nobody listens on ${url}`);
  for await (const { name } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const held = await Array.fromAsync(Deno.readDir(`/proc/${name}/fd`)).catch(() => []);
    for (const { name: fd } of held) {
      const target = await Deno.readLink(`/proc/${name}/fd/${fd}`).catch(() => "");
      if (target === `socket:[${inode}]`) return Number(name);
    }
  }
  throw new Error(`nobody holds the socket of ${url}`);
}
