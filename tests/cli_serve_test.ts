// `serve` end to end: ports, wiring, URLs, and a clean stop.

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { run, Running, START } from "./cli_process.ts";

/** The URL that `serve` prints for a server. */
async function urlOf(child: Running, name: string): Promise<string> {
  const line = await child.line((one) => one.trim().startsWith(`${name} `));
  return line.trim().split(/\s+/)[1] ?? "";
}

Deno.test("one server takes bare flags, tells its figures and stops on Ctrl-C with exit 0", async () => {
  await using child = new Running(["serve", "slow-origin", "--port", "0", "--delay", "10ms"]);
  const url = await urlOf(child, "slow-origin");
  const figures = (await child.line((line) => line.includes("figures:"))).trim().split(" ")[1];
  const answer = await fetch(`${url}/x`);
  assertEquals(answer.status, 200);
  await answer.body?.cancel();
  assertEquals((await (await fetch(figures ?? "")).json()).schema, "edge-repro/stats@1");
  child.kill("SIGINT");
  const { code, stderr } = await child.finished();
  assertEquals([code, stderr], [0, "Ctrl-C stops\nstopping\n"]);
  await assertRejects(() => fetch(url));
});

Deno.test("servers started together are wired together, and stop while requests are stuck", async () => {
  const flags = ["--slow-origin-port=0", "--caching-proxy-port=0", "--slow-origin-delay=5m"];
  await using child = new Running(["serve", "slow-origin", "caching-proxy", ...flags]);
  const origin = await urlOf(child, "slow-origin");
  const proxy = await urlOf(child, "caching-proxy");
  const quick = await fetch(`${proxy}/a`, { headers: { "x-set-sleep": "0" } });
  assertMatch(quick.headers.get("cache-status") ?? "", /\w/);
  await quick.body?.cancel();

  const stuck = fetch(`${proxy}/stuck`).then(() => "answered", () => "ended");
  // The origin counts the stuck request as soon as it has it.
  while ((await (await fetch(`${origin}/_edge-repro/stats`)).json()).waiting === 0);
  child.kill("SIGTERM");
  assertEquals((await child.finished()).code, 0);
  assertEquals(await stuck, "ended");
});

Deno.test("a port in use is named with the flag that changes it, and nothing keeps running", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const one = await run(["serve", "slow-origin", "--port", `${port}`]);
  assertMatch(
    one.stderr,
    new RegExp(`^error: [^\\n]*:${port}: [^\\n]*in use[^\\n]*--port PORT [^\\n]*\\n$`),
  );
  assertEquals([one.code, one.stdout], [2, ""]);
  const flags = ["--slow-origin-port", "0", "--caching-proxy-port", `${port}`];
  const several = await run(["serve", "slow-origin", "caching-proxy", ...flags]);
  assertMatch(several.stderr, /^error: [^\n]*--caching-proxy-port PORT [^\n]*\n$/);
  assertEquals([several.code, several.stdout], [2, ""]);
});

Deno.test("an address beyond the permissions is named with the flag", async () => {
  const { code, stderr } = await run(["serve", "slow-origin", "--port=0", "--host", "0.0.0.0"]);
  assertMatch(stderr, /^error: Missing permission: net access [^\n]*--allow-net=0.0.0.0[^\n]*\n$/);
  assertEquals(code, 2);
});

Deno.test("what cannot take a server's place is said in one line, and nothing keeps running", async () => {
  const ports = ["--object-store-port=0", "--s3-gateway-port=0"];
  const refused: readonly (readonly [string[], RegExp])[] = [
    [["engine:workerd"], /expected ws-echo=engine:workerd or s3-gateway=engine:workerd$/],
    [["s3-gateway=engine:nginx"], /nginx cannot take the place of s3-gateway: expected engine:wo/],
    [["s3-gateway=engine:workerd+nothing"], /Unknown way around 'nothing' of workerd: expected /],
    [
      ["s3-gateway=engine:workerd", "--config=x"],
      /--config is for our own s3-gateway: workerd has/,
    ],
    // The store has been started by then.
    [["object-store", "s3-gateway=engine:workerd", ...ports], /--sts: .*name sts beside it/],
  ];
  for (const [args, expected] of refused) {
    const { code, stdout, stderr } = await run(["serve", ...args], { permissions: START });
    assertEquals([code, stdout], [2, ""], args.join(" "));
    assertMatch(stderr, /^error: [^\n]*\n$/);
    assertMatch(stderr.trimEnd(), expected);
  }
});
