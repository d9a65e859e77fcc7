// `serve object-store --tap` and `probe --backend-log` as two processes: what the gateway sends is seen.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { backendLogSchema } from "../lab/backend_log.ts";
import { DEMO_CREDENTIALS } from "../servers/s3/demo_credentials.ts";
import { run, Running } from "./cli_process.ts";

/** The permissions of the task `serve`. */
const SERVE = ["--allow-net=127.0.0.1", "--allow-env=AWS_*,R2_*"];
/** As much of those of the task `probe` as this takes. */
const PROBE = ["--allow-net=127.0.0.1", "--allow-env"];

/** Whoever runs the tests may have keys of their own. */
const NO_KEYS = { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "", AWS_SESSION_TOKEN: "" };
const KEYS = {
  ...NO_KEYS,
  AWS_ACCESS_KEY_ID: DEMO_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: DEMO_CREDENTIALS.secretAccessKey,
};

/** The store with its tap, the token service and the gateway, and where two of them are. */
async function serve(...flags: string[]) {
  const ports = ["--object-store-port=0", "--sts-port=0", "--s3-gateway-port=0"];
  const names = ["object-store", "sts", "s3-gateway"];
  const args = ["serve", ...names, ...ports, "--object-store-tap", "--sts-delay=0", ...flags];
  const child = new Running(args, { permissions: SERVE, env: NO_KEYS });
  const urlOf = async (name: string) => {
    const line = await child.line((one) => new RegExp(`\\b${name}:? +http`).test(one));
    return line.trim().split(/\s+/)[1] ?? "";
  };
  return Object.assign(child, {
    log: await urlOf("backend-log"),
    sts: await urlOf("sts"),
    gateway: await urlOf("s3-gateway"),
  });
}

/** The exit code and the verdict of one case. */
async function probe(name: string, { gateway, log }: { gateway: string; log: string }) {
  const where = ["--target", gateway, "--backend-log", log, "--bucket=edge-repro"];
  const args = ["probe", `body-io/${name}`, ...where, "--region=auto", "--format=json"];
  const { code, stdout, stderr } = await run(args, { permissions: PROBE, env: KEYS });
  assertEquals(stderr, "");
  const [{ verdict, reason }] = JSON.parse(stdout).runs;
  return { outcome: `${code} ${verdict}`, reason };
}

Deno.test("a gateway that is served is seen by the log of the store's tap to lose the length, or not", async () => {
  {
    // With the other switches as in `bug` a part would be gathered first, and have its length.
    await using served = await serve("--s3-gateway-upload-part=stream");
    for (const name of ["part-framing", "put-framing"]) {
      const { outcome, reason } = await probe(name, served);
      assertEquals(outcome, "1 fail", reason);
      assertMatch(reason, /came to the backend chunked, without a Content-Length/);
    }
  }
  await using served = await serve("--s3-gateway-variant=fix");
  for (const name of ["part-framing", "put-framing"]) {
    const { outcome, reason } = await probe(name, served);
    assertEquals(outcome, "0 pass", reason);
  }
  const elsewhere = await probe("put-framing", { ...served, log: served.sts });
  assertEquals(elsewhere.outcome, "3 inconclusive");
  assertMatch(elsewhere.reason, /Cannot read the backend's log/);
  const text = await (await fetch(served.log)).text();
  const { requests } = backendLogSchema.parse(JSON.parse(text));
  assert(requests.some(({ signedFields }) => signedFields.includes("x-amz-security-token")));
  assert(!/ASIA|EDGEREPRODEMO|Credential|Signature|eyJ/.test(text), text);
  served.kill("SIGINT");
  const { code, stderr } = await served.finished();
  assertEquals([code, stderr.endsWith("stopping\n")], [0, true], stderr);
});
