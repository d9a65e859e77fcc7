// The probe against a real nginx, configured as the docs show, with evidence from the kernel.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { realClock } from "../lab/clock.ts";
import { type Result, resultSchema } from "../lab/result.ts";
import { listen } from "../servers/listen.ts";
import { createSlowOrigin } from "../servers/slow_origin/slow_origin.ts";

const ROOT = new URL("../", import.meta.url);
const CONFIG = new URL("docs/examples/nginx.conf", ROOT);

/** The first nginx on the usual paths, or undefined. */
async function findNginx(): Promise<string | undefined> {
  for (const path of ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"]) {
    if (await Deno.stat(path).then((stat) => stat.isFile, () => false)) return path;
  }
  return undefined;
}

function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

/** Starts nginx in the foreground in a folder of its own, in front of an origin. */
async function startNginx(
  path: string,
  originPort: number,
): Promise<AsyncDisposable & { url: string }> {
  const folder = await Deno.makeTempDir({ prefix: "edge-repro-nginx-" });
  const port = freePort();
  const config = (await Deno.readTextFile(CONFIG))
    .replace("127.0.0.1:7001", `127.0.0.1:${port}`)
    .replace("127.0.0.1:8000", `127.0.0.1:${originPort}`);
  // Workers of another user could not write below a folder that is ours alone.
  const user = Deno.uid() === 0 ? "user root;\n" : "";
  await Deno.writeTextFile(`${folder}/nginx.conf`, user + config);
  const child = new Deno.Command(path, {
    args: ["-p", folder, "-c", `${folder}/nginx.conf`],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(child.stderr).text();
  let over: Deno.CommandStatus | undefined;
  child.status.then((status) => over = status);
  while (true) {
    if (over) throw new Error(`nginx ended with ${over.code}: ${await said}`);
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch {
      await realClock.sleep(20);
    }
  }
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      if (!over) child.kill("SIGTERM");
      await child.status;
      await said;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function probe(selector: string, target: string, origin: string): Promise<[number, Result]> {
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-net=127.0.0.1", "--allow-run=cat,find", "main.ts"],
      ...["probe", selector, "--target", target, "--origin", origin, "--format", "json"],
      // nginx looks at its cache lock every 500 ms: at this speed a threshold is twice that.
      ...["--speed", "2"],
    ],
    cwd: ROOT,
    stdin: "null",
    stderr: "inherit",
  }).output();
  return [code, resultSchema.parse(JSON.parse(new TextDecoder().decode(stdout)))];
}

const nginx = await findNginx();
if (nginx === undefined) {
  console.warn("NOT TESTED: nginx is not installed (apt-get install nginx), tests/nginx_test.ts");
}

Deno.test({
  name: nginx
    ? "nginx with proxy_cache_lock collapses requests, and holds readers that have left"
    : "NOT TESTED, nginx is not installed: the probe against a real nginx",
  ignore: nginx === undefined,
  async fn() {
    assert(nginx);
    const origin = createSlowOrigin({ delayMs: 5_000, clock: realClock });
    await using atOrigin = await listen(origin, { connectionControl: true });
    await using proxy = await startNginx(nginx, atOrigin.port);
    const [collapse, disconnect, close, reset] = await Promise.all(
      ["collapse", "disconnect", "close", "reset"].map((id) =>
        probe(`cache-lock/${id}`, proxy.url, atOrigin.url)
      ),
    );
    const verdictOf = (run: [number, Result] | undefined) => [run?.[0], run?.[1].runs[0]?.verdict];
    const reasonOf = (run: [number, Result] | undefined) => run?.[1].runs[0]?.reason ?? "";
    assertEquals(verdictOf(collapse), [0, "pass"], reasonOf(collapse));
    assertEquals(verdictOf(disconnect), [1, "fail"], reasonOf(disconnect));
    assertMatch(reasonOf(disconnect), /3 of 3 readers were held .* until the writer's answer/);
    assertEquals(verdictOf(close), [1, "fail"], reasonOf(close));
    assertEquals(verdictOf(reset), [1, "fail"], reasonOf(reset));
    const timeline = close?.[1].runs[0]?.timeline ?? [];
    const at = (event: string) => timeline.find((one) => one.event === event)?.atMs ?? NaN;
    // The evidence: the kernel's table has nginx's sockets until the writer has its answer.
    assert(at("socket-gone") > at("answer-complete"), JSON.stringify(timeline));
    await origin.close();
  },
});
