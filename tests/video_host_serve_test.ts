// `serve video-host` as a process: what it refuses at its start, and what it says that it deleted.

import { assertEquals, assertMatch } from "@std/assert";
import { Running } from "./cli_process.ts";

/** The permissions of the task `serve`. */
const permissions = ["--allow-net=127.0.0.1", "--allow-env=AWS_*,R2_*"];
/** Whoever runs the tests may have keys of their own. */
const NO_KEYS = {
  R2_ACCESS_KEY_ID: "",
  R2_SECRET_ACCESS_KEY: "",
  AWS_ACCESS_KEY_ID: "",
  AWS_SECRET_ACCESS_KEY: "",
};
const KEYS = { ...NO_KEYS, R2_ACCESS_KEY_ID: "id", R2_SECRET_ACCESS_KEY: "TOPSECRET" };

Deno.test("another's store without a key, or out of the permissions' reach, is refused at the start", async () => {
  const refused = async (endpoint: string, env: Record<string, string>, text: RegExp) => {
    const args = ["serve", "video-host", "--port=0", `--endpoint=${endpoint}`];
    await using child = new Running(args, { permissions, env });
    // By line: one that was not refused would run on.
    assertMatch(await child.errorLine(() => true), text);
    const { code, stdout, stderr } = await child.finished();
    assertEquals([code, stdout, stderr], [2, "", ""]);
  };
  await refused("http://127.0.0.1:1", NO_KEYS, /^error: --endpoint: .*R2_.*AWS_.*$/);
  await refused(
    "https://s3.example.com",
    KEYS,
    /^error: .*--allow-net=s3\.example\.com:443, or as deno task start$/,
  );
});

Deno.test("Ctrl-C says which clip it deleted", async () => {
  const args = ["serve", "object-store", "video-host", "--object-store-port=0"];
  await using child = new Running([...args, "--video-host-port=0"], { permissions, env: NO_KEYS });
  const line = await child.line((one) => one.trim().startsWith("video-host"));
  const upload = await fetch(`${line.trim().split(/\s+/)[1]}/api/upload`, { method: "POST" });
  const { done } = await upload.json();
  const [key] = done.split(" ");
  assertEquals(await child.errorLine((one) => one.includes(key)), `video-host: ${done}`);
  child.kill("SIGINT");
  const { code, stderr } = await child.finished();
  assertEquals([code, stderr], [0, `stopping\nvideo-host: deleted ${key}\n`]);
});
