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
    await refused(`--config=${file}`, NO_KEYS, /^error: --config: .*--allow-read/);
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
