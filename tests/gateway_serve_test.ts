// `serve object-store sts s3-gateway` as a process: wired together, refused at the start, and stopped.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { AwsClient } from "aws4fetch";
import { testEach } from "../engines/testing_installed.ts";
import { DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";
import { Running, START } from "./cli_process.ts";

/** The permissions of the task `serve`. */
const permissions = ["--allow-net=127.0.0.1", "--allow-env=AWS_*,R2_*"];
/** Whoever runs the tests may have keys of their own. */
const NO_KEYS = {
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
  AWS_SESSION_TOKEN: "",
};

/** The URL that `serve` prints for a server. */
async function urlOf(child: Running, name: string): Promise<string> {
  const line = await child.line((one) => one.trim().startsWith(`${name} `));
  return line.trim().split(/\s+/)[1] ?? "";
}

Deno.test("serve: the gateway gets its keys to the store from the STS beside it", async () => {
  const ports = ["--object-store-port=0", "--sts-port=0", "--s3-gateway-port=0"];
  const args = ["serve", "object-store", "sts", "s3-gateway", ...ports];
  await using child = new Running([...args, "--object-store-regions=one", "--sts-delay=1s"], {
    permissions,
    env: NO_KEYS,
  });
  const store = await urlOf(child, "object-store");
  const sts = await urlOf(child, "sts");
  const gateway = await urlOf(child, "s3-gateway");
  const client = new AwsClient({ ...DEMO_CREDENTIALS, service: "s3", region: "auto", retries: 0 });
  const get = async (url: string) => await (await client.fetch(`${url}/edge-repro/k`)).text();
  const put = (url: string) =>
    client.fetch(`${url}/edge-repro/k`, { method: "PUT", body: "hello" });
  // With the bug, which is the default, an upload loses its length on its way, and the store refuses it.
  const lost = await put(gateway);
  assertEquals(lost.status, 501);
  assertMatch(await lost.text(), /<Code>NotImplemented<\/Code>/);
  assertEquals(await (await put(store)).text(), "");
  assertEquals(await get(gateway), "hello");
  const figures = async (url: string) => await (await fetch(`${url}/_edge-repro/stats`)).json();
  assertEquals((await figures(gateway)).exchanges, 1);
  assertEquals((await figures(sts)).schema, "edge-repro/stats@1");
  child.kill("SIGINT");
  const { code, stderr } = await child.finished();
  assertEquals(code, 0);
  assert(stderr.endsWith("stopping\n"), stderr);
});

Deno.test("serve s3-gateway: what is out of the permissions' reach is refused in one line", async () => {
  const refused = async (flag: string, env: Record<string, string>, text: RegExp) => {
    const args = ["serve", "s3-gateway", "--port=0", flag];
    await using child = new Running(args, { permissions, env });
    // By line: one that was not refused would run on.
    assertMatch(await child.errorLine(() => true), text);
    const { code, stdout, stderr } = await child.finished();
    assertEquals([code, stdout, stderr], [2, "", ""]);
  };
  const backend = "--backend=https://s3.example.com";
  const key = { ...NO_KEYS, AWS_ACCESS_KEY_ID: "id", AWS_SECRET_ACCESS_KEY: "TOPSECRET" };
  await refused(backend, NO_KEYS, /^error: --backend: .*AWS_ACCESS_KEY_ID.*--config$/);
  const start = "or as deno task start";
  await refused(
    backend,
    key,
    new RegExp(`^error: .*--allow-net=s3\\.example\\.com:443, .*${start}$`),
  );
  await refused("--sts=http://10.0.0.1", key, /^error: .*--allow-net=10\.0\.0\.1:80, /);
  const file = await Deno.makeTempFile();
  try {
    await refused(
      `--config=${file}`,
      NO_KEYS,
      new RegExp(`missing permission; run with --allow-read=${file}, ${start}$`),
    );
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("serve s3-gateway: what its backend and its STS fail at is a line on stderr, without a secret", async () => {
  const nobody = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const down = `http://127.0.0.1:${nobody.addr.port}`;
  nobody.close();
  await using store = new Running(["serve", "object-store", "--port=0", "--regions=one"], {
    permissions,
    env: NO_KEYS,
  });
  const up = await urlOf(store, "object-store");
  const wrong = { ...NO_KEYS, AWS_ACCESS_KEY_ID: "AKWRONG", AWS_SECRET_ACCESS_KEY: "TOPSECRET" };
  const line = (text: string) =>
    new RegExp(`^s3-gateway: [\\dA-F]{12} GET /edge-repro/a%20b: ${text}`);
  const cases: [flags: string[], env: Record<string, string>, told: RegExp][] = [
    [[`--backend=${down}`], NO_KEYS, line("503 ServiceUnavailable: .*ECONNREFUSED")],
    [
      [`--backend=${up}`, `--sts=${down}`],
      NO_KEYS,
      line("503 .*the token service cannot be .*refused"),
    ],
    [[`--backend=${up}`], wrong, line("502 BadGateway: .*refused the gateway's own")],
  ];
  for (const [flags, env, told] of cases) {
    await using child = new Running(
      ["serve", "s3-gateway", "--port=0", "--quiet", ...flags],
      { permissions, env },
    );
    const gateway = await urlOf(child, "s3-gateway");
    const key = env === wrong
      ? { accessKeyId: "AKWRONG", secretAccessKey: "TOPSECRET" }
      : DEMO_CREDENTIALS;
    const aws = new AwsClient({ ...key, service: "s3", region: "auto", retries: 0 });
    const answer = await aws.fetch(`${gateway}/edge-repro/a%20b?versionId=null`);
    const id = answer.headers.get("x-amz-request-id") ?? "none";
    await answer.text();
    const first = await child.errorLine(() => true);
    assertMatch(first, told);
    assert(first.includes(` ${id} `), first);
    child.kill("SIGINT");
    const { code, stderr } = await child.finished();
    assertEquals([code, stderr], [0, ""]);
    assert(!/TOPSECRET|edge-repro-secret|versionId/.test(first), first);
  }
});

Deno.test("serve: a gateway with a config file asks what the file names, not the store beside it", async () => {
  const file = await Deno.makeTempFile();
  const config = {
    backends: { main: { endpoint: "http://127.0.0.1:1", credentials: "anonymous" } },
    buckets: { "edge-repro": { backend: "main" } },
    keys: [DEMO_CREDENTIALS],
  };
  const prefixed = ["--object-store-port=0", "--sts-port=0", "--s3-gateway-port=0"];
  const args = ["serve", "object-store", "sts", "s3-gateway", ...prefixed];
  try {
    await Deno.writeTextFile(file, JSON.stringify(config));
    const given = [...args, "--object-store-regions=one", `--s3-gateway-config=${file}`];
    await using child = new Running(given, { permissions: START, env: NO_KEYS });
    const gateway = await urlOf(child, "s3-gateway");
    const aws = new AwsClient({ ...DEMO_CREDENTIALS, service: "s3", region: "auto", retries: 0 });
    const answer = await aws.fetch(`${gateway}/edge-repro/k`);
    assertMatch(await answer.text(), /cannot be reached/);
    child.kill("SIGINT");
    assertEquals((await child.finished()).code, 0);
    const both = [...given, "--s3-gateway-bucket=mine"];
    await using refused = new Running(both, { permissions: START, env: NO_KEYS });
    assertMatch(
      await refused.errorLine(() => true),
      /^error: --config: received --bucket beside it, expected .* in the file$/,
    );
    assertEquals((await refused.finished()).code, 2);
  } finally {
    await Deno.remove(file);
  }
});

await testEach(
  "serve: the gateway is wired to it in the place of the store",
  "object-store",
  async ({ engine }) => {
    const as = `object-store=engine:${engine.name}`;
    const ports = ["--object-store-port=0", "--s3-gateway-port=0"];
    await using child = new Running(["serve", as, "s3-gateway", ...ports], {
      permissions: START,
      env: NO_KEYS,
    });
    await urlOf(child, as);
    const gateway = await urlOf(child, "s3-gateway");
    const aws = new AwsClient({ ...DEMO_CREDENTIALS, service: "s3", region: "auto", retries: 0 });
    const answer = await aws.fetch(`${gateway}/edge-repro/k`);
    // It has no such bucket yet; a store that is not there would be a 503.
    assertMatch(`${answer.status} ${await answer.text()}`, /^404 .*<Code>NoSuchBucket<\/Code>/s);
    child.kill("SIGINT");
    assertEquals((await child.finished()).code, 0);
  },
);
