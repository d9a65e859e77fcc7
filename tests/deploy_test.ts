// The program as Deno Deploy runs it: a child with the network and the environment, nothing else.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { AwsClient } from "aws4fetch";
import config from "../deno.json" with { type: "json" };
import { realClock } from "../lab/clock.ts";
import { listen } from "../servers/listen.ts";
import { createMemoryStorage } from "../servers/object_store/memory_storage.ts";
import { createObjectStore } from "../servers/object_store/object_store.ts";
import { DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** What the child is started with, beside the permissions. */
const ENV = { DENO_DEPLOYMENT_ID: "test", DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0" };

/** Starts the deployed program. It is ended, and its standard error read out, when disposed of. */
async function startDeployed(env: Readonly<Record<string, string>> = {}) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-net", "--allow-env", MAIN],
    env: { ...ENV, ...env },
    stdin: "null",
    stdout: "inherit",
    stderr: "piped",
  }).spawn();
  const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  const end = async () => {
    child.kill("SIGKILL");
    for (let next = await lines.read(); !next.done; next = await lines.read()) said += next.value;
    await child.status;
  };
  while (!/^site: http.*\n/m.test(said)) {
    const { done, value } = await lines.read();
    if (done) break;
    said += value;
  }
  const url = /^site: (http:\/\/127\.0\.0\.1:\d+)$/m.exec(said)?.[1];
  if (url === undefined) {
    await end();
    throw new Error(`The program did not say where it listens: ${said}`);
  }
  return { url, said, [Symbol.asyncDispose]: end };
}

/** The status, the headers and the whole text of an answer. */
async function ask(url: string, init?: RequestInit) {
  const response = await fetch(url, init);
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Asks until the figures are as wanted. */
async function figures(url: string, wanted: (stats: { unfinished: number }) => boolean) {
  for (;;) {
    const stats = await (await fetch(`${url}/_edge-repro/stats`)).json();
    if (wanted(stats)) return stats;
  }
}

Deno.test("deployed: pages, health and slow origin are served without further permissions", async (t) => {
  await using deployed = await startDeployed();
  const { url } = deployed;

  await t.step(
    "the first page draws the saved result, and its policy allows no scripts",
    async () => {
      const page = await ask(url);
      assertEquals(page.status, 200);
      assertEquals(page.headers.get("content-type"), "text/html; charset=utf-8");
      const policy = page.headers.get("content-security-policy") ?? "";
      assertStringIncludes(policy, "default-src 'none'");
      assert(!/script-src|unsafe|https?:/.test(policy), policy);
      assertStringIncludes(page.text, "cache-lock");
      assertStringIncludes(page.text, "as declared");
      assertStringIncludes(page.text, '<svg class="timeline"');
      assertStringIncludes(page.text, `${url}/origin/`);
      assert(!/<script|\sstyle=|\son\w+=/.test(page.text), "the page would break its own policy");
    },
  );

  await t.step("the page says every limit of the slow origin", async () => {
    const { text } = await ask(url);
    for (const limit of ["10 s", "1 MiB", ">50<", "30 s"]) assertStringIncludes(text, limit);
  });

  await t.step("whatever a page loads is there, and comes from the site", async () => {
    const { text } = await ask(url);
    const loaded = [...text.matchAll(/<link rel="(?:stylesheet|icon)" href="([^"]+)"/g)];
    assertEquals(loaded.length, 2);
    for (const [, href = ""] of loaded) {
      assertMatch(href, /^\/[^/]/);
      const asset = await ask(url + href);
      assertEquals(asset.status, 200, href);
      assert(asset.text.length > 100, href);
      const etag = asset.headers.get("etag") ?? "";
      const again = await ask(url + href, { headers: { "if-none-match": etag } });
      assertEquals([again.status, again.text], [304, ""], href);
    }
  });

  await t.step("the health check tells the version", async () => {
    const health = await ask(`${url}/healthz`);
    assertEquals(health.status, 200);
    assertEquals(JSON.parse(health.text), { status: "ok", version: config.version });
    assertEquals(health.headers.get("cache-control"), "no-store");
  });

  await t.step("HEAD answers as GET does, without a body", async () => {
    for (const path of ["/", "/healthz", "/origin/head?sleep=0"]) {
      const head = await ask(url + path, { method: "HEAD" });
      assertEquals([head.status, head.text], [200, ""], path);
    }
  });

  await t.step("an address that there is not gets a page with status 404", async () => {
    const missing = await ask(`${url}/no/<b>such`);
    assertEquals(missing.status, 404);
    assertStringIncludes(missing.text, "There is no such page");
    assert(!missing.text.includes("<b>"), missing.text);
    assertStringIncludes(missing.headers.get("content-security-policy") ?? "", "'none'");
  });

  await t.step("the slow origin answers below its prefix, which it does not see", async () => {
    const { status, text } = await ask(`${url}/origin/x?sleep=0.01`);
    assertEquals([status, text], [200, "slow-origin /x request 1\n"]);
  });

  await t.step("what is over a limit is refused with the limit", async () => {
    const slow = await ask(`${url}/origin/x?sleep=999`);
    assertEquals(slow.status, 400);
    assertStringIncludes(slow.text, "at most 10 s (the limit here)");
    const large = await ask(`${url}/origin/x?size=1048577`);
    assertEquals(large.status, 400);
    assertStringIncludes(large.text, "at most 1048576 bytes (the limit here)");
    const body = new Uint8Array(1_048_577);
    const upload = await ask(`${url}/origin/x?sleep=0`, { method: "POST", body });
    assertEquals(upload.status, 413);
  });

  await t.step("a Host header that is none gets 400", async () => {
    using connection = await Deno.connect({
      hostname: "127.0.0.1",
      port: Number(new URL(url).port),
    });
    const request = "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n";
    await connection.write(new TextEncoder().encode(request));
    let answer = "";
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(1_024);
    for (let read = await connection.read(chunk); read; read = await connection.read(chunk)) {
      answer += decoder.decode(chunk.subarray(0, read));
    }
    assertStringIncludes(answer, "HTTP/1.1 400 ");
  });

  await t.step("nobody can read what others asked for", async () => {
    for (const path of ["/origin/_edge-repro/log", "/origin/_edge-repro/log?path=/x"]) {
      assertEquals((await ask(url + path)).status, 404, path);
    }
  });

  await t.step("the 51st open request is refused, and clients that leave make room", async () => {
    const leave = new AbortController();
    const open = Array.from(
      { length: 50 },
      (_, index) =>
        fetch(`${url}/origin/${index}?sleep=9`, { signal: leave.signal })
          .then(() => "answered", () => "left"),
    );
    await figures(url, ({ unfinished }) => unfinished === 50);
    const refused = await ask(`${url}/origin/x?sleep=0`);
    assertEquals([refused.status, refused.headers.get("retry-after")], [503, "1"]);
    assertStringIncludes(refused.text, "50 requests are open (the limit here)");
    leave.abort();
    assertEquals(new Set(await Promise.all(open)), new Set(["left"]));
    await figures(url, ({ unfinished }) => unfinished === 0);
    assertEquals((await ask(`${url}/origin/x?sleep=0`)).status, 200);
  });
});

Deno.test("deployed: with a store of the operator's the video host tells its story, and deletes the clip", async () => {
  const store = createObjectStore({
    storage: createMemoryStorage(),
    credentials: [DEMO_CREDENTIALS],
    variant: "fix",
    clock: realClock,
  });
  await using _store = { [Symbol.asyncDispose]: () => store.close() };
  await using listening = await listen(store);
  const client = new AwsClient({ ...DEMO_CREDENTIALS, service: "s3", region: "auto" });
  const objects = async () => {
    const listed = await (await client.fetch(`${listening.url}/clips?list-type=2`)).text();
    return [...listed.matchAll(/<Key>([^<]+)/g)].map(([, key]) => key);
  };
  await (await client.fetch(`${listening.url}/clips`, { method: "PUT" })).body?.cancel();
  await using deployed = await startDeployed({
    EDGE_REPRO_STORE_ENDPOINT: listening.url,
    EDGE_REPRO_STORE_BUCKET: "clips",
    R2_ACCESS_KEY_ID: DEMO_CREDENTIALS.accessKeyId,
    R2_SECRET_ACCESS_KEY: DEMO_CREDENTIALS.secretAccessKey,
  });
  const { url } = deployed;
  assertStringIncludes((await ask(url)).text, 'href="/stale-read/"');
  const page = await ask(`${url}/stale-read/`);
  assertEquals(page.status, 200);
  const policy = page.headers.get("content-security-policy") ?? "";
  assertStringIncludes(policy, new URL(listening.url).host);
  assert(!policy.includes("unsafe"), policy);
  const step = async (name: string) =>
    assertEquals(
      (await ask(`${url}/stale-read/api/${name}`, { method: "POST" })).status,
      200,
      name,
    );
  await step("upload");
  assertMatch((await objects()).join(), /^edge-repro-clip-[\da-f-]+\.mp4$/);
  await step("abandon");
  const video = await fetch(`${url}/stale-read/video.mp4`, { headers: { range: "bytes=4-7" } });
  assertEquals([video.status, await video.text()], [206, "ftyp"]);
  await step("close");
  await step("delete");
  assertEquals(await objects(), []);
});

Deno.test("deployed: a store that is named by half, or has no key, is said in a line, and the site is there", async (t) => {
  const cases: [string, Record<string, string>, RegExp][] = [
    ["no bucket", { EDGE_REPRO_STORE_ENDPOINT: "http://127.0.0.1:1" }, /belong together/],
    ["no key", {
      EDGE_REPRO_STORE_ENDPOINT: "http://127.0.0.1:1",
      EDGE_REPRO_STORE_BUCKET: "clips",
    }, /needs a key/],
  ];
  for (const [name, env, expected] of cases) {
    await t.step(name, async () => {
      await using deployed = await startDeployed(env);
      assertMatch(deployed.said, expected);
      assertEquals(deployed.said.trim().split("\n").length, 2);
      const page = await ask(deployed.url);
      assertEquals([page.status, page.text.includes("/stale-read/")], [200, false]);
      assertEquals((await ask(`${deployed.url}/stale-read/`)).status, 404);
    });
  }
});
